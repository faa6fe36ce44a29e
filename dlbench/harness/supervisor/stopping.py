"""When a row has been measured enough; every rule is told by name in the measurements.

The data is looked at only at preset numbers of rounds: to stop as soon as the numbers look good
is to stop too early (Jennison & Turnbull 2000, Group Sequential Methods, ch. 1).
"""

from collections.abc import Sequence
from math import log

from dlbench.records.measurement import Sample, StopReason
from dlbench.records.plan import Sampling
from dlbench.stats.location import median_error

# Rounds at which the precision is looked at: each time about 1.4 times as many as before.
FIRST_LOOK = 8
MOST_LOOKS = 40  # after 6 million rounds
LOOKS = tuple(round(FIRST_LOOK * 2 ** (number / 2) / 4) * 4 for number in range(MOST_LOOKS))

# Disturbed rounds are replaced, until there are so many times as many as were asked for: on a
# machine that is always busy more of them bring nothing.
PATIENCE = 2

# A half-width of a 95 % interval in standard errors.
HALF_WIDTH = 1.96

# On a plateau so many looks in a row have not brought the half-width below this share of what it
# was; independent rounds would bring it to 0.7 each time. The first look is too rough to count.
PLATEAU_LOOKS = 4
PLATEAU_SHARE = 0.9


class Stop:
    """The rules for one row in one generation; it remembers the precision of earlier looks."""

    def __init__(self, sampling: Sampling) -> None:
        self.sampling = sampling
        self.half_widths: list[float] = []
        self.looked = 0
        self.quiet = 0  # rounds that nothing disturbed

    def reason(self, cases: Sequence[Sequence[Sample]], seconds_left: float) -> StopReason | None:
        """Why no further round is needed, or None.

        cases: for every case that is still measured, its samples round by round. Rounds in which
        one of them was disturbed do not count. seconds_left: of the row's share.
        """
        if not cases or not cases[0]:
            return None
        steps_s = quiet_rounds(cases)
        rounds = self.quiet = len(steps_s[0])
        if rounds in LOOKS and rounds > self.looked and (reason := self._look(steps_s)):
            return reason
        if rounds >= self.sampling.blocks or len(cases[0]) >= PATIENCE * self.sampling.blocks:
            return "blocks"
        return "budget" if seconds_left <= 0 else None

    def _look(self, steps_s: Sequence[Sequence[float]]) -> StopReason | None:
        self.looked = len(steps_s[0])
        half_width = widest(steps_s)
        if half_width is None:
            return None
        self.half_widths.append(half_width)
        if half_width <= self.sampling.precision:
            return "precision"
        return "plateau" if self._on_plateau() else None

    def _on_plateau(self) -> bool:
        recent = self.half_widths[1:][-PLATEAU_LOOKS - 1 :]
        return len(recent) > PLATEAU_LOOKS and min(recent[1:]) > PLATEAU_SHARE * recent[0]


def quiet_rounds(cases: Sequence[Sequence[Sample]]) -> list[list[float]]:
    """Seconds of a step, case by case, in the rounds in which none of them was disturbed."""
    whole = zip(*cases, strict=False)
    kept = [turns for turns in whole if not any(sample.is_disturbed for sample in turns)]
    return [[turns[index].step_s for turns in kept] for index in range(len(cases))]


def widest(steps_s: Sequence[Sequence[float]]) -> float | None:
    """The largest half-width of the ratios to the fastest case; of the time where it is alone."""
    logs = [[log(step_s) for step_s in case if step_s > 0] for case in steps_s]
    if len({len(case) for case in logs}) != 1:
        return None  # a block below the clock's resolution, or a case that has just failed
    fastest = min(logs, key=_middle)
    others = [case for case in logs if case is not fastest]
    pairs = [[a - b for a, b in zip(case, fastest, strict=True)] for case in others]
    errors = [median_error(values) for values in pairs or logs]
    known = [error for error in errors if error is not None]
    return HALF_WIDTH * max(known) if len(known) == len(errors) else None


def _middle(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2]
