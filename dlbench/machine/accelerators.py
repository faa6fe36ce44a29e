"""The GPUs that a program sees, as `dlbench hardware` shows them."""

from collections.abc import Iterable
from dataclasses import dataclass

from dlbench.machine.gpu.devices import devices
from dlbench.records.machine.device import Device

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
    """Return the GPUs by their number in dlbench; none without a working driver."""
    return described(devices())


def described(cards: Iterable[Device]) -> tuple[Accelerator, ...]:
    """Return the cards that are not hidden."""
    return tuple(
        Accelerator(
            name=one.name,
            cores=one.cores,
            clock_ghz=None if one.core_mhz is None else one.core_mhz * MEGA / GIGA,
            memory_bytes=one.memory_bytes,
            free_bytes=one.free_bytes,
        )
        for one in cards
        if one.device
    )
