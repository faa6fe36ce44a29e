"""The stopping rules of a row; the measurements record the name of the rule.

The data is looked at only at preset numbers of rounds: stopping as soon as the numbers look good
would be too early (Jennison & Turnbull 2000, Group Sequential Methods, ch. 1).
"""

from collections.abc import Sequence
from math import log
from statistics import median

from dlbench.grouping import grouped
from dlbench.harness.supervisor.schedule import FEWEST_TURNS
from dlbench.records.measurement import Sample, StopReason
from dlbench.records.plan import Sampling
from dlbench.stats.location import median_error

# Numbers of rounds at which to look at the precision; each is about 1.4 times the one before.
FIRST_LOOK = 8
MOST_LOOKS = 40  # after 6 million rounds
LOOKS = tuple(round(FIRST_LOOK * 2 ** (number / 2) / 4) * 4 for number in range(MOST_LOOKS))

# Disturbed rounds are replaced, up to this multiple of the planned rounds: on a machine that is
# always busy, more rounds bring nothing.
MOST_ROUNDS_FACTOR = 2

# Half-width of a 95 % interval, in standard errors.
HALF_WIDTH = 1.96

# Plateau: in so many looks in a row, the half-width stayed above this share of its value before;
# independent rounds would bring it to 0.7 each time. The first look is too rough to count.
PLATEAU_LOOKS = 4
PLATEAU_SHARE = 0.9

# A case whose ratio to each other case is at least this, or its inverse, in every turn so far needs
# no more: processes differ by some percent by luck, so no more turns could change a verdict.
FAR = 2.0


class Stop:
    """The stopping rules for one row in one generation, with the precision at earlier looks.

    blocks: of a turn. What disturbs a turn disturbs all of its blocks, so the precision is that of
    the turns' medians.
    """

    def __init__(self, sampling: Sampling, blocks: int = 1) -> None:
        self.sampling, self.blocks = sampling, blocks
        self.half_widths: list[float] = []
        self.last_look = 0
        self.quiet = 0  # undisturbed rounds
        self.decided: list[int] = []  # places of the cases that the last look decided

    def reason(self, cases: Sequence[Sequence[Sample]], seconds_left: float) -> StopReason | None:
        """Return why to stop now, or None.

        cases: for every active case, its samples; a round with a disturbed sample does not count.
        seconds_left: of the row's share.
        """
        self.decided = []
        if not cases or not all(cases):
            return None  # a case without a sample, too, waits for its next turn
        quiet = quiet_rounds(cases)
        rounds = self.quiet = len(quiet)
        look = max((look for look in LOOKS if look <= rounds), default=0)
        if look > self.last_look:
            turns = self._turns(cases, quiet)
            if reason := self._look(turns, look):
                return reason
            self.decided = far_from_all(turns)
        planned = self.sampling.blocks
        if rounds >= planned or len(cases[0]) >= MOST_ROUNDS_FACTOR * planned:
            return "blocks"
        return "budget" if seconds_left <= 0 else None

    def _turns(self, cases: Sequence[Sequence[Sample]], quiet: Sequence[int]) -> list[list[float]]:
        """Return the median seconds of a step in the quiet rounds of each turn, case by case."""
        by_turn = grouped(quiet, lambda number: number // self.blocks).values()
        by_round = [{sample.round: sample.step_s for sample in case} for case in cases]
        return [[median(case[n] for n in rounds) for rounds in by_turn] for case in by_round]

    def _look(self, steps_s: Sequence[Sequence[float]], look: int) -> StopReason | None:
        """Return why to stop at this look, or None."""
        self.last_look = look
        half_width = largest_half_width(steps_s)
        if half_width is None:
            return None
        self.half_widths.append(half_width)
        if half_width <= self.sampling.precision:
            return "precision"
        return "plateau" if self._is_on_plateau() else None

    def _is_on_plateau(self) -> bool:
        recent = self.half_widths[1:][-PLATEAU_LOOKS - 1 :]
        return len(recent) > PLATEAU_LOOKS and min(recent[1:]) > PLATEAU_SHARE * recent[0]


def far_from_all(steps_s: Sequence[Sequence[float]]) -> list[int]:
    """Return the places of the cases that are far from each other case in every turn.

    The fastest case stays, as the others are compared with it. None before FEWEST_TURNS turns: a
    single disturbed one must not decide.
    """
    if len(steps_s[0]) < FEWEST_TURNS:
        return []
    fastest = min(range(len(steps_s)), key=lambda place: _middle(steps_s[place]))
    return [
        place
        for place, case in enumerate(steps_s)
        if place != fastest and all(_is_far(case, other) for other in steps_s if other is not case)
    ]


def _is_far(case: Sequence[float], other: Sequence[float]) -> bool:
    pairs = list(zip(case, other, strict=True))
    is_slower = all(a >= FAR * b for a, b in pairs)
    return is_slower or all(b >= FAR * a for a, b in pairs)


def quiet_rounds(cases: Sequence[Sequence[Sample]]) -> list[int]:
    """Return the numbers of the rounds of all cases without a disturbed sample."""
    by_round = [{sample.round: sample for sample in case} for case in cases]
    rounds = [number for number in by_round[0] if all(number in case for case in by_round)]
    return [n for n in rounds if not any(case[n].is_disturbed for case in by_round)]


def largest_half_width(steps_s: Sequence[Sequence[float]]) -> float | None:
    """Return the largest half-width of ratios to the fastest case, or of a single case's time.

    None if a time is 0, or if the cases have different numbers of rounds.
    """
    logs = [[log(step_s) for step_s in case if step_s > 0] for case in steps_s]
    if len({len(case) for case in logs}) != 1:
        return None  # a block was below the clock's resolution, or a case has just failed
    fastest = min(logs, key=_middle)
    others = [case for case in logs if case is not fastest]
    pairs = [[a - b for a, b in zip(case, fastest, strict=True)] for case in others]
    errors = [median_error(values) for values in pairs or logs]
    known = [error for error in errors if error is not None]
    return HALF_WIDTH * max(known) if len(known) == len(errors) else None


def _middle(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2]
