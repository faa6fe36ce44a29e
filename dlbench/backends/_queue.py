"""How a device is kept at work while steps are asked for, so that it never waits for the host."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol


class Spinner(Protocol):
    """A device that can spin for so many of its cycles, and note the time between two steps.

    A spin ends by itself: whatever follows it, it cannot block for ever.
    """

    def spin(self, cycles: int) -> None:
        """Ask the device to spin."""

    def mark(self) -> Any:
        """Return a mark: the device notes its time there, after all earlier work."""

    def has_passed(self, mark: Any) -> bool:
        """Return whether the device has got as far as the mark."""

    def seconds(self, start: Any, end: Any) -> float:
        """Return the seconds between two marks that the device has passed."""


@dataclass(frozen=True)
class Blocker:
    """Work for a device that has no marks. ask: asks for some milliseconds of it, and returns."""

    ask: Callable[[], object]


Queue = Spinner | Blocker

# The work of a blocker: so many products of square matrices of so many rows, one after the other.
# By published peaks that is some milliseconds in float32: 3 on an H200, 17 on a T4.
PRODUCTS, SIDE = 8, 2048
