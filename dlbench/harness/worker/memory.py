"""The memory that a case takes: of its process, and of the device where the framework counts it.

It must not know any framework.
"""

from typing import Protocol, runtime_checkable

from dlbench.backends.base import Backend
from dlbench.machine.memory import PeakMemory
from dlbench.records.measurement import Memory


@runtime_checkable
class CountsMemory(Protocol):
    """A device of a backend whose framework counts the bytes that it holds there."""

    def begin_peak(self) -> None:
        """Count from now on."""

    def peak_bytes(self) -> int | None:
        """Return the most bytes held since the beginning; None if that is not known."""


class CaseMemory:
    """The memory of a worker from `begin` on."""

    def __init__(self, backend: Backend) -> None:
        device = backend.device
        self.device = device if isinstance(device, CountsMemory) else None
        self.process: PeakMemory | None = None

    def begin(self) -> None:
        """Count from now on."""
        self.process = PeakMemory()
        if self.device is not None:
            self.device.begin_peak()

    def peak(self) -> Memory:
        """Return the most that was held since the beginning.

        Whatever counts the rise of the process's memory meanwhile begins anew: ask before it, too.
        """
        return Memory(
            self.process.peak() if self.process else None,
            self.device.peak_bytes() if self.device else None,
        )
