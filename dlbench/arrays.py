"""The array types that dlbench passes around."""

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Weights = dict[str, Array]

STORAGE = {"float32": "float32", "tf32": "float32", "float64": "float64"}


def cast(array: Array, dtype: str) -> Array:
    """The array in the storage type of `dtype`; integers (class labels) stay as they are."""
    return array if array.dtype.kind in "iu" else array.astype(STORAGE[dtype], copy=False)


def upcast(array: Array) -> Array:
    """The same values in float64, for the oracle; integers stay as they are."""
    return array if array.dtype.kind in "iu" else array.astype(np.float64)
