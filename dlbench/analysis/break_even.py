"""Estimate the number of steps after which compiling pays off: N = C / (t_dynamic - t_static).

C is the compile time, t the time of a step. Pure functions of estimates: no file, no text.
"""

from collections.abc import Sequence
from math import exp, expm1, log, sqrt
from typing import Literal, NamedTuple

from msgspec import Struct

from dlbench.stats.location import Estimate, Location

State = Literal["pays", "never", "unsure"]


class TotalTime(NamedTuple):
    """Total seconds as a straight line: start_s once, and step_s for every step."""

    start_s: float
    step_s: float

    def of(self, steps: float) -> float:
        """Seconds of this number of steps."""
        return self.start_s + steps * self.step_s

    def crossing(self, slower: "TotalTime") -> float:
        """Number of steps from which this line is below another one, whose steps are slower."""
        return (self.start_s - slower.start_s) / (slower.step_s - self.step_s)


class BreakEven(Struct, frozen=True):
    """Steps after which the static mode is ahead, with their interval; None if unknown.

    state: pays: the static mode is faster; never: it is slower or equal; unsure: the data cannot
    tell. If unsure, `low` may be known: the static mode is not ahead before. epoch_steps: steps in
    an epoch of the data, None if unknown.
    """

    steps: float | None = None
    low: float | None = None
    high: float | None = None
    state: State | None = None
    epoch_steps: float | None = None

    @property
    def epochs(self) -> float | None:
        """Epochs after which the static mode is ahead."""
        return self._in_epochs(self.steps)

    @property
    def epochs_low(self) -> float | None:
        """Lower end of the interval of `epochs`."""
        return self._in_epochs(self.low)

    @property
    def epochs_high(self) -> float | None:
        """Upper end of the interval of `epochs`."""
        return self._in_epochs(self.high)

    def _in_epochs(self, steps: float | None) -> float | None:
        return None if steps is None or self.epoch_steps is None else steps / self.epoch_steps


NEVER = BreakEven(None, None, None, "never")


def break_even(cost: Location, dynamic: Estimate, ratio: Location | None) -> BreakEven:
    """Estimate the break-even and its interval.

    cost: log seconds of compiling; dynamic: seconds of a dynamic step; ratio: log of the time of a
    static step by that of a dynamic one, None if unknown.

    log N = log C - log t_dynamic - log(1 - t_static/t_dynamic). The intervals of the three terms
    may be asymmetric; they are combined by the squares of their lengths on each side (MOVER: Zou,
    Huang & Zhang 2009, Computational Statistics and Data Analysis 53).
    """
    if ratio is None or dynamic.value <= 0:
        return BreakEven(None, None, None, "unsure")
    value, low, high = ratio.interval()
    steps = _steps(cost.value, dynamic.value, value)
    if low is None or high is None:
        return BreakEven(steps, None, None, "unsure")
    if low >= 0:
        return NEVER
    if high >= 0:
        return BreakEven(steps, _at_least(cost, dynamic, low), None, "unsure")
    time = _minus(_logs(dynamic))
    gain = _minus(Estimate(*(log(-expm1(end)) for end in (value, high, low))))
    low, high = _combined(cost.interval(), time, gain)
    return BreakEven(steps, low, high, "pays")


def _steps(cost: float, dynamic_s: float, ratio: float) -> float | None:
    return exp(cost) / (dynamic_s * -expm1(ratio)) if ratio < 0 else None


def _at_least(cost: Location, dynamic: Estimate, low: float) -> float | None:
    """Lower bound: the least cost, the slowest dynamic and the fastest static step."""
    least = cost.interval().low
    return None if least is None else exp(least) / ((dynamic.high or dynamic.value) * -expm1(low))


def _logs(seconds: Estimate) -> Estimate:
    """Convert to logs; without an interval the value counts as exact."""
    value, low, high = seconds
    return Estimate(log(value), log(low or value), log(high or value))


def _minus(of: Estimate) -> Estimate:
    value, low, high = of
    return Estimate(-value, None if high is None else -high, None if low is None else -low)


def _combined(*parts: Estimate) -> tuple[float | None, float | None]:
    """Interval of exp(sum of the parts); an end is None if any part has none there."""
    middle = sum(part.value for part in parts)
    below = [None if part.low is None else part.value - part.low for part in parts]
    above = [None if part.high is None else part.high - part.value for part in parts]
    low, high = _length(below), _length(above)
    return (
        None if low is None else exp(middle - low),
        None if high is None else exp(middle + high),
    )


def _length(reaches: Sequence[float | None]) -> float | None:
    known = [reach for reach in reaches if reach is not None]
    return sqrt(sum(reach**2 for reach in known)) if len(known) == len(reaches) else None
