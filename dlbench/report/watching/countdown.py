"""The time left as it is shown: it counts down, and never grows without a word."""

from typing import NamedTuple

from dlbench import units

# Time left that is shown stands still rather than grow, up to this factor or so many seconds. A
# rise beyond is told.
STILL_FACTOR, STILL_S = 1.2, 2.0
# A rise is told for so many seconds.
TOLD_S = 10.0
# Nobody counts the last seconds.
FEW_S = 5.0


class Left(NamedTuple):
    """The seconds left. is_least: whether what is being done is late, so that it may take more."""

    seconds: float
    is_least: bool = False


class Countdown:
    """What is shown of the time left: it never grows without a word.

    It stands still where the estimate grows a little. Where it grows more, it says what it was.
    """

    def __init__(self) -> None:
        self.shown: float | None = None
        self.was: float | None = None
        self.rose = 0.0

    def text(self, left: Left | None, now: float) -> str:
        """Return the time left in words: `0:40 left`; empty if it is unknown."""
        if left is None:
            return ""
        self._update(left.seconds, now)
        shown_s = self.shown or 0.0
        if left.is_least:
            return f"at least {units.minutes(shown_s)} left" if shown_s >= FEW_S else ""
        if shown_s < FEW_S:
            return "a few seconds left"
        was = f" (was {units.minutes(self.was)})" if self.was is not None else ""
        return f"{units.minutes(shown_s)} left{was}"

    def _update(self, seconds: float, now: float) -> None:
        if self.was is not None and now - self.rose > TOLD_S:
            self.was = None
        if self.shown is None or seconds <= self.shown:
            self.shown = seconds
        elif seconds > max(STILL_FACTOR * self.shown, self.shown + STILL_S):
            self.was = self.shown if self.was is None else self.was
            self.shown, self.rose = seconds, now
