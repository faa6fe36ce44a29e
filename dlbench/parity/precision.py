"""Prove that products are computed in TF32 where that was asked for.

Every tolerance of TF32 lets float32 pass. So a GPU without TF32, a library that does not use it or
a variable that switches it off would show the time of float32 under the name of TF32. It must not
know any framework.
"""

import numpy as np

from dlbench.backends.base import Backend, Framework
from dlbench.errors import Unavailable

# Rows and columns: libraries use the tensor units for large products alone.
SIZE = 1024

# Rounded to the 10 bits of TF32, 1 + this is 1. In float32 it is exact.
BEYOND_TF32 = 2.0**-12

HINT = (
    "A GPU older than Ampere has no TF32, and NVIDIA_TF32_OVERRIDE=0 switches it off. "
    "Or choose --dtype float32"
)


def assert_tf32(backend: Backend) -> None:
    """Raise Unavailable unless a large product of the backend rounds its operands to TF32.

    It multiplies a matrix of 1 + 2^-12 by the identity: the result is 1 in TF32, and the same
    matrix in float32. A static mode computes with the same setting: nothing is compiled for it, as
    that would add a graph to those of the case.
    """
    step = backend.matmul(
        np.full((SIZE, SIZE), 1 + BEYOND_TF32, np.float32), np.eye(SIZE, dtype=np.float32)
    )
    if isinstance(backend, Framework):
        product = backend.product(*step.inputs.values())
    else:
        product = step.run()
    backend.device.wait()
    values = backend.device.array(step.tensors(product)["product"])
    beyond = float(np.abs(values - 1).max())
    if not beyond < BEYOND_TF32 / 2:
        raise Unavailable(
            f"tf32 was asked for, and products are computed in float32: 1 + 2^-12 times 1 is "
            f"{1 + beyond:.6f}, not 1",
            hint=HINT,
        )
