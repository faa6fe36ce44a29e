"""Initial weights, drawn once by NumPy for all frameworks, named `layer0.kernel` and so on.

Kernels have shape (inputs, units); biases are zero.
"""

from collections.abc import Callable
from math import sqrt
from zlib import crc32

import numpy as np

from dlbench.arrays import Array, Weights
from dlbench.layers import Shape
from dlbench.network import Network

# Standard deviation of a standard normal cut off at two standard deviations: dividing by it
# gives the cut-off distribution the variance 2/fan_in of He et al. (2015), as Keras does.
_TRUNCATED_STD = 0.87962566103423978
_CUT = 2


def initial_weights(network: Network, seed: int) -> Weights:
    """Weights in float64, a function of the network's name and of the seed."""
    generator = np.random.default_rng([seed, crc32(network.name.encode())])
    weights: Weights = {}
    for index, (layer, shape) in enumerate(network.shaped_layers()):
        for name, weight in layer.weights(shape).items():
            weights[f"layer{index}.{name}"] = _STARTS[weight.start](generator, weight.shape)
    return weights


def _glorot_uniform(generator: np.random.Generator, shape: Shape) -> Array:
    """Glorot and Bengio (2010): uniform within sqrt(6 / (inputs + units))."""
    limit = sqrt(6 / sum(shape))
    return generator.uniform(-limit, limit, shape)


def _he_normal(generator: np.random.Generator, shape: Shape) -> Array:
    """He et al. (2015), variance 2/inputs, cut off at two standard deviations."""
    values = generator.standard_normal(shape)
    while (outside := np.abs(values) > _CUT).any():
        values[outside] = generator.standard_normal(int(outside.sum()))
    return values * sqrt(2 / shape[0]) / _TRUNCATED_STD


_STARTS: dict[str, Callable[[np.random.Generator, Shape], Array]] = {
    "glorot_uniform": _glorot_uniform,
    "he_normal": _he_normal,
    "zeros": lambda _, shape: np.zeros(shape),
    "ones": lambda _, shape: np.ones(shape),
}
