"""The NVIDIA GPUs of the machine, as their driver describes them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import pynvml

T = TypeVar("T")

MEGA, GIGA = 1e6, 1e9


@dataclass(frozen=True)
class Accelerator:
    """A GPU. cores: its units for single precision; clock_ghz: the highest; None is unknown.

    free_bytes: the memory that no process has taken.
    """

    name: str
    cores: int | None
    clock_ghz: float | None
    memory_bytes: int | None
    free_bytes: int | None = None


def accelerators() -> tuple[Accelerator, ...]:
    """Return the GPUs by index; none without a working driver."""
    try:
        pynvml.nvmlInit()
        try:
            count = pynvml.nvmlDeviceGetCount()
            return tuple(_of(pynvml.nvmlDeviceGetHandleByIndex(index)) for index in range(count))
        finally:
            pynvml.nvmlShutdown()
    except pynvml.NVMLError:
        return ()


def _of(handle: Any) -> Accelerator:
    mhz = _known(lambda: pynvml.nvmlDeviceGetMaxClockInfo(handle, pynvml.NVML_CLOCK_SM))
    return Accelerator(
        name=str(pynvml.nvmlDeviceGetName(handle)),
        cores=_known(lambda: int(pynvml.nvmlDeviceGetNumGpuCores(handle))),
        clock_ghz=None if mhz is None else mhz * MEGA / GIGA,
        memory_bytes=_known(lambda: int(pynvml.nvmlDeviceGetMemoryInfo(handle).total)),
        free_bytes=_known(lambda: int(pynvml.nvmlDeviceGetMemoryInfo(handle).free)),
    )


def _known(read: Callable[[], T]) -> T | None:
    """Return what the driver says; None if it does not."""
    try:
        return read()
    except pynvml.NVMLError:
        return None
