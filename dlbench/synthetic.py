"""A batch of random data for a network: where the real data cannot be had, or there is none.

It says something about speed and nothing about accuracy.
"""

from collections.abc import Callable

import numpy as np

from dlbench.arrays import Array
from dlbench.network import Network

Rng = np.random.Generator


def batch(network: Network, rows: int, seed: int) -> tuple[Array, Array]:
    """Inputs uniform in [0, 1), (rows, *inputs), and random targets as the loss wants them."""
    rng = np.random.default_rng(seed)
    x = rng.random((rows, *network.inputs), np.float32)
    return x, _TARGETS[network.loss](rng, rows, network.outputs)


def _classes(rng: Rng, rows: int, units: int) -> Array:
    return rng.integers(units, size=rows)


def _values(rng: Rng, rows: int, units: int) -> Array:
    return rng.random((rows, units), np.float32)


def _bits(rng: Rng, rows: int, units: int) -> Array:
    return rng.integers(2, size=(rows, units)).astype(np.float32)


def _signs(rng: Rng, rows: int, units: int) -> Array:
    return 2 * _bits(rng, rows, units) - 1


def _one_hot(rng: Rng, rows: int, units: int) -> Array:
    return np.eye(units, dtype=np.float32)[_classes(rng, rows, units)]


def _one_label(rng: Rng, rows: int, units: int) -> Array:
    """One true class a row, padded with -1 as torch.nn.MultiLabelMarginLoss has it."""
    labels = np.full((rows, units), -1)
    labels[:, 0] = _classes(rng, rows, units)
    return labels


_TARGETS: dict[str, Callable[[Rng, int, int], Array]] = {
    "mse": _values,
    "half_mse": _values,
    "mae": _values,
    "binary_crossentropy": _bits,
    "categorical_crossentropy": _one_hot,
    "sparse_categorical_crossentropy": _classes,
    "nll": _classes,
    "hinge": _signs,
    "logistic": _signs,
    "zero_one": _signs,
    "multilabel_margin": _one_label,
}
