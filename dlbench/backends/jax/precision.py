"""The number types of dlbench in JAX, on the device and in NumPy.

https://docs.jax.dev/en/latest/jax.numpy.html: jax.numpy.bfloat16 is a type of NumPy, too.
"""

from typing import Any

import jax.numpy as jnp
import numpy as np

from dlbench.records.base import DTYPES
from dlbench.reference.arrays import Array, cast


def as_given(array: Array, dtype: str) -> Array:
    """Return the array in the type in memory, as users of JAX hold it in NumPy."""
    values = cast(array, dtype)
    return values if values.dtype.kind in "iu" else values.astype(native(dtype), copy=False)


def native(dtype: str) -> Any:
    """Return JAX's type of the numbers in memory."""
    return jnp.dtype(DTYPES[dtype].storage)


def wide(dtype: Any) -> Any:
    """Return the type to add up many numbers of a type: of 16 bits, sums stand still."""
    return jnp.promote_types(dtype, np.float32)
