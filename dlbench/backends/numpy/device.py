"""The CPU as NumPy uses it."""

from typing import Any

import numpy as np
from threadpoolctl import threadpool_info

from dlbench.machine import allocators
from dlbench.reference.arrays import Array


class NumpyDevice:
    """The host itself."""

    def wait(self) -> None:
        """Do nothing: NumPy's calls return when they are done."""

    def queue(self) -> None:
        """Return None: the host computes by itself."""

    def place(self, tensor: Any) -> tuple[str, str]:
        """Return `cpu` and the dtype."""
        return "cpu", str(np.asarray(tensor).dtype)

    def array(self, tensor: Any) -> Array:
        """Return a copy."""
        return np.array(tensor)

    def threads(self) -> int | None:
        """Return the threads of the BLAS; None if unknown to threadpoolctl, as for Accelerate."""
        return max((pool["num_threads"] for pool in threadpool_info()), default=None)

    def facts(self) -> dict[str, str | int | None]:
        """Return the version and the BLAS."""
        pools = {f"{pool['internal_api']} {pool['version']}" for pool in threadpool_info()}
        return {"numpy": np.__version__, "blas": ", ".join(sorted(pools)) or None}

    def is_out_of_memory(self, error: BaseException) -> bool:
        """Return whether it is MemoryError, which NumPy raises, or says so."""
        return allocators.is_out_of_memory(error)
