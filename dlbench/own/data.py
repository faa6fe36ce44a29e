"""A batch for a user's own network: from the file, or random by the shape of its inputs."""

import hashlib
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from dlbench.errors import DlbenchError
from dlbench.own import chance, file
from dlbench.records.own import OwnNetwork

Array = npt.NDArray[Any]

# The classes of random labels follow from the outputs; these losses take whole numbers.
SPARSE = "sparse_categorical_crossentropy"
ONE_HOT = "categorical_crossentropy"

# Rows and one axis of values. Frameworks put the classes of more axes in different places.
MATRIX = 2


def inputs(network: OwnNetwork, rows: int, seed: int, shape: tuple[int, ...] | None) -> Array:
    """Return random inputs. shape: of one sample, by the model, if the file does not say."""
    known = network.inputs or shape
    if known is None:
        raise DlbenchError(
            f"the network {network.name} has no batch(n), and the shape of its inputs is not known",
            hint="Add batch(n) that returns x and y, or a line such as: inputs = (28, 28)",
        )
    return np.random.default_rng(seed).standard_normal((rows, *known))


def given(network: OwnNetwork, rows: int, seed: int) -> tuple[Array, Array] | None:
    """Return x and y of the file's `batch`; None if it has none. Old generators get the seed."""
    if network.makes_batch is None:
        return None
    function = file.function(network, network.makes_batch)
    chance.seed_all(seed, chance.nothing)
    made = function(rows)
    place = f"{network.makes_batch.name}({rows})"
    try:
        x, y = (np.asarray(one) for one in made)
    except (TypeError, ValueError) as error:
        raise DlbenchError(f"{place} must return x and y", value=type(made).__name__) from error
    for name, array in (("x", x), ("y", y)):
        if array.dtype.kind not in "biuf":
            raise DlbenchError(f"{place}: {name} holds no numbers", value=str(array.dtype))
        if not len(array.shape) or len(array) != rows:
            raise DlbenchError(f"{place}: {name} has another number of rows", value=array.shape)
    return _plain(x), _plain(y)


def fitting(network: OwnNetwork, y: Array, outputs: tuple[int, ...]) -> Array:
    """Return the labels as the loss takes them; DlbenchError if they do not fit the outputs."""
    is_sparse = network.loss == SPARSE
    if len(outputs) > MATRIX:
        return y if is_sparse else y.astype(np.float64)
    wanted = outputs[:-1] if is_sparse else outputs
    if y.size != prod(wanted):
        raise _misfit(network, f"y has the shape {y.shape} and must be {wanted}", outputs)
    if not is_sparse:
        return y.astype(np.float64).reshape(wanted)
    if y.dtype.kind != "i" or not 0 <= y.min() <= y.max() < outputs[-1]:
        raise _misfit(network, f"y must be whole numbers from 0 to {outputs[-1] - 1}", outputs)
    return y.reshape(wanted)


def _misfit(network: OwnNetwork, what: str, outputs: tuple[int, ...]) -> DlbenchError:
    return DlbenchError(
        f"the loss {network.loss} does not fit: {what}, as the outputs have the shape {outputs}",
        hint="Change the loss, the last layer, or batch(n)",
    )


def labels(network: OwnNetwork, outputs: tuple[int, ...], seed: int) -> Array:
    """Return random labels that fit outputs of this shape and the loss."""
    draws = np.random.default_rng(seed + 1)
    if network.loss == SPARSE:
        return draws.integers(0, outputs[-1], outputs[:-1])
    if network.loss == ONE_HOT:
        return np.eye(outputs[-1])[draws.integers(0, outputs[-1], outputs[:-1])]
    if network.loss == "binary_crossentropy":
        return draws.integers(0, 2, outputs).astype(np.float64)
    if network.loss == "hinge":
        return draws.choice([-1.0, 1.0], outputs)
    return draws.standard_normal(outputs)


def _plain(array: Array) -> Array:
    """Return whole numbers as int64, all others as they are; copied, so that nothing is shared."""
    return array.astype(np.int64) if array.dtype.kind in "biu" else array.copy()


def digest(*arrays: Array) -> str:
    """Return a digest of the values, whatever their order: frameworks lay out images otherwise."""
    found = hashlib.sha256()
    for array in arrays:
        found.update(np.sort(array, axis=None).astype(np.float64).tobytes())
    return found.hexdigest()
