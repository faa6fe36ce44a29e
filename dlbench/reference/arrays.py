"""The types of arrays and weights, and their conversion between dtypes."""

from typing import Any

import numpy as np
import numpy.typing as npt

from dlbench.records.base import DTYPES

Array = npt.NDArray[Any]


Weights = dict[str, Array]

# The significant bits of the type that NumPy lacks.
BFLOAT16_BITS = 8


def cast(array: Array, dtype: str) -> Array:
    """Return the values in `dtype`, in NumPy's type for it; integers (class labels) stay."""
    if array.dtype.kind in "iu":
        return array
    kind = DTYPES[dtype]
    values = array.astype(kind.array, copy=False)
    return _rounded(values) if kind.storage == "bfloat16" else values


def _rounded(values: Array) -> Array:
    """Return float32 values with the bits of bfloat16: to the nearest, ties to even."""
    mantissa, exponent = np.frexp(values)
    bits = 2.0**BFLOAT16_BITS
    return np.ldexp(np.rint(mantissa * bits) / bits, exponent).astype(values.dtype)


def upcast(array: Array) -> Array:
    """Return the same values in float64, for the oracle; integers stay as they are."""
    return array if array.dtype.kind in "iu" else array.astype(np.float64)
