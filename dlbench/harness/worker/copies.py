"""Copies between the memory of the host and that of a device, as a gauge.

One copy is a step, and it is waited for: that is what feeding a batch costs.
"""

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from dlbench.backends.base import Backend
from dlbench.errors import DlbenchError, Unavailable

# Directions, and whether the memory of the host is page-locked.
NAMES = {
    "up": ("up", False),
    "down": ("down", False),
    "up_pinned": ("up", True),
    "down_pinned": ("down", True),
}


class Buffers(Protocol):
    """Memory of so many bytes on the host and on the device."""

    def up(self) -> None:
        """Copy from the host to the device, and wait."""

    def down(self) -> None:
        """Copy from the device to the host, and wait."""

    def survive(self) -> bool:
        """Return whether bytes come back as they were sent."""


@runtime_checkable
class HasBuffers(Protocol):
    """A device of a framework that can copy."""

    def buffers(self, size: int, *, pinned: bool) -> Buffers:
        """Return memory of so many bytes. pinned: whether that of the host is page-locked."""


class Copy:
    """A copy in one direction. name: see NAMES; size: in bytes."""

    def __init__(self, backend: Backend, name: str, size: int) -> None:
        device = backend.device
        if not isinstance(device, HasBuffers):
            raise Unavailable("the backend cannot copy to a device on its own")
        direction, pinned = NAMES[name]
        self.buffers = device.buffers(size, pinned=pinned)
        self.parts: Sequence[Callable[[], None]] = [getattr(self.buffers, direction)]

    def check(self) -> None:
        """Send bytes to the device and back."""
        if not self.buffers.survive():
            raise DlbenchError("bytes are lost on their way to the device and back")
