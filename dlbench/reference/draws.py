"""Draw initial weights and random batches with NumPy, the same for all frameworks.

Weights have names such as `layer0.kernel`. Kernels have shape (inputs, units) or (height,
width, channels, filters). Biases are zero, but for the forget gate of an LSTM.
"""

from collections.abc import Callable
from math import prod, sqrt
from zlib import crc32

import numpy as np

from dlbench.records.layer import Shape
from dlbench.records.network import Network
from dlbench.reference.arrays import Array, Weights

# Standard deviation of a standard normal that is cut off at two standard deviations. Divided by it,
# the cut-off distribution has the variance 2/fan_in of He et al. (2015), as in Keras.
_TRUNCATED_STD = 0.87962566103423978


_CUT = 2


def initial_weights(network: Network, seed: int) -> Weights:
    """Draw the weights in float64; the network's name and the seed determine them."""
    generator = np.random.default_rng([seed, crc32(network.name.encode())])
    weights: Weights = {}
    for index, (layer, shape) in enumerate(network.shaped_layers()):
        for name, weight in layer.weights(shape).items():
            weights[f"layer{index}.{name}"] = _STARTS[weight.start](generator, weight.shape)
    return weights


def _glorot_uniform(generator: np.random.Generator, shape: Shape) -> Array:
    """Draw a kernel, uniform within ± sqrt(6 / (inputs + units)): Glorot and Bengio (2010).

    A kernel of windows, (height, width, channels, filters), has as many inputs and units as all
    places of a window, as in Keras.
    """
    places = prod(shape[:-2])
    limit = sqrt(6 / (places * sum(shape[-2:])))
    return generator.uniform(-limit, limit, shape)


def _he_normal(generator: np.random.Generator, shape: Shape) -> Array:
    """Draw a kernel, normal with variance 2/inputs, cut off at two sd: He et al. (2015)."""
    values = generator.standard_normal(shape)
    while (outside := np.abs(values) > _CUT).any():
        values[outside] = generator.standard_normal(int(outside.sum()))
    return values * sqrt(2 / prod(shape[:-1])) / _TRUNCATED_STD


def _orthogonal(generator: np.random.Generator, shape: Shape) -> Array:
    """Draw a kernel with orthonormal rows or columns: Saxe et al. (2014)."""
    columns, rows = sorted(shape)
    basis, triangle = np.linalg.qr(generator.standard_normal((rows, columns)))
    basis = basis * np.sign(np.diag(triangle))
    return basis if shape[0] == rows else basis.T


def _forget_gate(_: np.random.Generator, shape: Shape) -> Array:
    """Return a bias of 1 for the second of four gates and 0 for the others."""
    return np.repeat([0.0, 1.0, 0.0, 0.0], shape[0] // 4)


# Of an embedding, as in Keras.
_UNIFORM_LIMIT = 0.05


def _uniform(generator: np.random.Generator, shape: Shape) -> Array:
    """Draw small values, uniform within a fixed limit."""
    return generator.uniform(-_UNIFORM_LIMIT, _UNIFORM_LIMIT, shape)


_STARTS: dict[str, Callable[[np.random.Generator, Shape], Array]] = {
    "glorot_uniform": _glorot_uniform,
    "he_normal": _he_normal,
    "orthogonal": _orthogonal,
    "uniform": _uniform,
    "forget_gate": _forget_gate,
    "zeros": lambda _, shape: np.zeros(shape),
    "ones": lambda _, shape: np.ones(shape),
}


Rng = np.random.Generator


def batch(network: Network, rows: int, seed: int) -> tuple[Array, Array]:
    """Draw inputs (rows, *inputs) from [0, 1) or tokens, and targets in the form of the loss."""
    rng = np.random.default_rng(seed)
    x = inputs(network, rng, rows)
    return x, _TARGETS[network.loss](rng, rows, network.outputs)


def inputs(network: Network, rng: Rng, rows: int) -> Array:
    """Draw inputs (rows, *inputs): tokens if the network takes these, else from [0, 1)."""
    shape = (rows, *network.inputs)
    if network.vocabulary:
        return rng.integers(network.vocabulary, size=shape).astype(np.float32)
    return rng.random(shape, np.float32)


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
    """Draw one class per row, padded with -1, the form that torch.nn.MultiLabelMarginLoss takes."""
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
