"""The number types of dlbench in TensorFlow, on the device and in NumPy."""

from typing import Any

import tensorflow as tf

from dlbench.records.base import DTYPES
from dlbench.reference.arrays import Array, cast


def native(dtype: str) -> Any:
    """Return TensorFlow's type of the numbers in memory."""
    return tf.as_dtype(DTYPES[dtype].storage)


def as_given(array: Array, dtype: str) -> Array:
    """Return the array in the type in memory, as users of TensorFlow hold it in NumPy."""
    values = cast(array, dtype)
    own = native(dtype).as_numpy_dtype
    return values if values.dtype.kind in "iu" else values.astype(own, copy=False)


def wide(dtype: Any) -> Any:
    """Return the type to add up many numbers of a type: of 16 bits, sums stand still."""
    return tf.float32 if dtype in {tf.bfloat16, tf.float16} else dtype


def widened(value: Any) -> Any:
    """Return a number in the type to add it up; other types stay without an operation."""
    return value if wide(value.dtype) == value.dtype else tf.cast(value, wide(value.dtype))
