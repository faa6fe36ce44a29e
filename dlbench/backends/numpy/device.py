"""The CPU as NumPy uses it."""

from typing import Any

import numpy as np
from threadpoolctl import threadpool_info

from dlbench.reference.arrays import Array


class NumpyDevice:
    """The host itself."""

    def wait(self) -> None:
        """NumPy returns only when it is done."""

    def clock(self) -> None:
        """The host is the device."""

    def place(self, tensor: Any) -> tuple[str, str]:
        """NumPy knows one place."""
        return "cpu", str(np.asarray(tensor).dtype)

    def array(self, tensor: Any) -> Array:
        """A copy."""
        return np.array(tensor)

    def threads(self) -> int | None:
        """Threads of the BLAS; None where threadpoolctl knows none, as for Accelerate."""
        return max((pool["num_threads"] for pool in threadpool_info()), default=None)

    def facts(self) -> dict[str, str | int | None]:
        """The version, and which BLAS."""
        pools = {f"{pool['internal_api']} {pool['version']}" for pool in threadpool_info()}
        return {"numpy": np.__version__, "blas": ", ".join(sorted(pools)) or None}

    def is_out_of_memory(self, error: BaseException) -> bool:
        """NumPy raises MemoryError."""
        return isinstance(error, MemoryError)
