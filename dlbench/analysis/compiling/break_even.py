"""Estimate the number of steps after which compiling pays off: N = C / (t_dynamic - t_static).

C is what the first calls of the static mode take longer than those of the dynamic one, t the time
of a step. Pure functions of estimates: no file, no text.
"""

from collections.abc import Iterable
from math import exp, expm1, log, sqrt
from typing import Literal, NamedTuple

from msgspec import Struct

from dlbench.stats.location import Estimate, Location

State = Literal["pays", "at once", "never", "unsure"]


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

    state: pays: the static mode is faster; at once: its first calls cost no more either, so it is
    ahead from the first step on; never: it is slower or equal; unsure: the data cannot tell, or the
    static mode is ahead only at first. If unsure, `low` may be known: the static mode is not ahead
    before. epoch_steps: steps in an epoch of the data, None if unknown.
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


# One repetition does not show how much the cost of first calls scatters. In 87 cases of the stored
# run of suite graphs, two repetitions differed by less than a factor of 2.3 in 95 %; so one is
# within the root of it, by the square root of two, of the truth.
FIRST_CALLS_SPREAD = 1.8

NEVER = BreakEven(None, None, None, "never")
UNSURE = BreakEven(None, None, None, "unsure")


def extra_cost(static: Estimate, dynamic: Estimate) -> Estimate:
    """Return how many seconds more the first calls of the static mode cost; may be negative.

    The intervals may be asymmetric; they are combined by the squares of their lengths on each side
    (MOVER, see break_even). A cost without an interval has that of FIRST_CALLS_SPREAD.
    """
    static, dynamic = _with_interval(static), _with_interval(dynamic)
    below = _length([_below(static), _above(dynamic)])
    above = _length([_above(static), _below(dynamic)])
    value = static.value - dynamic.value
    return Estimate(
        value,
        None if below is None else value - below,
        None if above is None else value + above,
    )


def _with_interval(cost: Estimate) -> Estimate:
    """Return the cost, with the interval of a single repetition if it has none."""
    if cost.low is not None or cost.high is not None or cost.value <= 0:
        return cost
    return Estimate(cost.value, cost.value / FIRST_CALLS_SPREAD, cost.value * FIRST_CALLS_SPREAD)


def break_even(extra: Estimate, dynamic: Estimate, ratio: Location | None) -> BreakEven:
    """Estimate the break-even and its interval.

    extra: seconds that the first calls of the static mode cost more; dynamic: seconds of a dynamic
    step; ratio: log of the time of a static step by that of a dynamic one, None if unknown.
    """
    if ratio is None or dynamic.value <= 0:
        return UNSURE
    value, low, high = ratio.interval()
    if low is None or high is None:
        return BreakEven(_steps(extra.value, dynamic.value, value), None, None, "unsure")
    if low >= 0:
        is_dearer = extra.value > 0 and (extra.low is None or extra.low >= 0)
        return NEVER if is_dearer else UNSURE
    if high >= 0:
        steps = _steps(extra.value, dynamic.value, value)
        return BreakEven(steps, _at_least(extra.low, dynamic, low), None, "unsure")
    return _paying(extra, dynamic, Estimate(value, low, high))


def _paying(extra: Estimate, dynamic: Estimate, ratio: Estimate) -> BreakEven:
    """Estimate the steps where every one of them gains time.

    log N = log C - log t_dynamic - log(1 - t_static/t_dynamic). The intervals of the three terms
    may be asymmetric; they are combined by the squares of their lengths on each side (MOVER: Zou,
    Huang & Zhang 2009, Computational Statistics and Data Analysis 53). A C of 0 or less has no
    logarithm: such an end is 0 steps, and beside one the other end takes the worst of each term.
    """
    most = extra.value if extra.high is None else extra.high
    if extra.high is not None and extra.high <= 0:
        return BreakEven(0.0, 0.0, 0.0, "at once")
    if extra.value <= 0 and extra.high is None:
        return UNSURE
    if extra.value <= 0:
        return BreakEven(0.0, 0.0, _at_most(most, dynamic, ratio), "pays")
    time = _minus(_logs(dynamic))
    gain = _minus(Estimate(*(log(-expm1(end)) for end in _ends(ratio))))
    low, high = _combined(_logs_of_cost(extra), time, gain)
    if extra.low is not None and extra.low <= 0:
        low = 0.0
    return BreakEven(_steps(extra.value, dynamic.value, ratio.value), low, high, "pays")


def _ends(ratio: Estimate) -> tuple[float, float, float]:
    """The value and both ends of a ratio as those of its gain, which is small where it is high."""
    value, low, high = ratio
    return value, value if high is None else high, value if low is None else low


def _steps(extra_s: float, dynamic_s: float, ratio: float) -> float | None:
    return extra_s / (dynamic_s * -expm1(ratio)) if ratio < 0 < extra_s else None


def _at_least(least_s: float | None, dynamic: Estimate, low: float) -> float | None:
    """Lower bound: the least cost, the slowest dynamic and the fastest static step."""
    return None if least_s is None else _steps(least_s, dynamic.high or dynamic.value, low)


def _at_most(most_s: float, dynamic: Estimate, ratio: Estimate) -> float | None:
    """Upper bound: the largest cost, the fastest dynamic and the slowest static step."""
    high = ratio.value if ratio.high is None else ratio.high
    return _steps(most_s, dynamic.low or dynamic.value, high)


def _logs_of_cost(extra: Estimate) -> Estimate:
    """Convert to logs; an end without one is None."""
    value, low, high = extra
    return Estimate(
        log(value),
        log(low) if low is not None and low > 0 else None,
        None if high is None else log(high),
    )


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
    low, high = _length(map(_below, parts)), _length(map(_above, parts))
    return (
        None if low is None else exp(middle - low),
        None if high is None else exp(middle + high),
    )


def _below(of: Estimate) -> float | None:
    """Return how far the interval reaches below the value."""
    return None if of.low is None else of.value - of.low


def _above(of: Estimate) -> float | None:
    """Return how far the interval reaches above the value."""
    return None if of.high is None else of.high - of.value


def _length(reaches: Iterable[float | None]) -> float | None:
    """Return the square root of the sum of squares; None if a reach is unknown."""
    every = list(reaches)
    known = [reach for reach in every if reach is not None]
    return sqrt(sum(reach**2 for reach in known)) if len(known) == len(every) else None
