"""Start weights of a user's own network: the same numbers in every framework.

A weight is drawn by its place, which is the layer and its number in it, and by its shape in the
common layout, in which a kernel is (inputs, units).
"""

from collections.abc import Sequence
from math import prod, sqrt
from zlib import crc32

import numpy as np

from dlbench.own.data import Array

# The spread of biases, and of scales around 1: small, but no 0, which would hide a missing one.
SMALL = 0.1


def drawn(start: Array, layer: int, number: int, seed: int) -> Array:
    """Return a weight in the shape of `start`, in float64.

    A kernel has the spread that keeps the size of what passes it (LeCun et al. 1998, Efficient
    BackProp, section 4.6): 1 over the root of its inputs. What starts as ones is a scale.
    """
    draws = np.random.default_rng([seed, crc32(f"{layer}/{number}/{start.shape}".encode())])
    values = draws.standard_normal(start.shape)
    if start.ndim > 1:
        return values / sqrt(prod(start.shape[:-1]))
    is_scale = start.size and bool((start == 1).all())
    return values * SMALL + (1.0 if is_scale else 0.0)


def longest_sum(shapes: Sequence[Sequence[int]]) -> int:
    """Return the longest sum of a product with one of these kernels."""
    return max((prod(shape[:-1]) for shape in shapes if len(shape) > 1), default=1)
