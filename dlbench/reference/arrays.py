"""The types of arrays and weights, and their conversion between dtypes."""

from typing import Any

import numpy as np
import numpy.typing as npt

from dlbench.records.base import DTYPES

Array = npt.NDArray[Any]


Weights = dict[str, Array]


def cast(array: Array, dtype: str) -> Array:
    """Return the array in the storage type of `dtype`; integers (class labels) stay as they are."""
    is_label = array.dtype.kind in "iu"
    return array if is_label else array.astype(DTYPES[dtype].storage, copy=False)


def upcast(array: Array) -> Array:
    """Return the same values in float64, for the oracle; integers stay as they are."""
    return array if array.dtype.kind in "iu" else array.astype(np.float64)
