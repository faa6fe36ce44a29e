"""Verdicts: whether one case is faster than another, slower, the same, or unsure, and why.

A difference counts only beyond a margin, and only if it would be surprising among all that are
looked at together.
"""

from collections.abc import Sequence
from math import exp, log, log1p
from typing import Literal, NamedTuple

from dlbench import units
from dlbench.analysis.pairs import Paired, remark
from dlbench.analysis.samples import ENOUGH
from dlbench.records.base import Record
from dlbench.stats.location import CONFIDENCE, Location
from dlbench.stats.multiple import benjamini_hochberg, holm

Verdict = Literal["faster", "slower", "same", "unsure"]


# Differences below 2 % are of no use to who chooses a framework, and within what a build changes.
MARGIN = 0.02


# The share of false differences among all that are called different.
ALPHA = 1 - CONFIDENCE


# A median does not notice fewer throttled rounds than this.
THROTTLED_SHARE = 0.1


# The logarithm of a ratio that is no speed any more, but a broken clock or an edited file.
LARGEST = log(1e9)


class Comparison(Record, frozen=True):
    """A case against its baseline, by id; ratio: of their times, above 1 is slower.

    p: how surprising the ratio would be if it were within the margin; None where nothing is
    claimed. p_display: adjusted by Benjamini and Hochberg, as the verdict takes it; p_gate: by
    Holm, for who must not raise one false alarm.
    """

    case: str
    baseline: str
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    verdict: Verdict
    reason: str
    p: float | None = None
    p_display: float | None = None
    p_gate: float | None = None
    busy: bool = False


class Margins(NamedTuple):
    """Beyond `different` there is a difference; within `same` there is none."""

    different: float
    same: float


class Measured(NamedTuple):
    """Two cases and where their log ratio lies; None where that is not known."""

    pair: Paired
    location: Location | None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Of the log ratio; None where none can be claimed."""
        _, low, high = self.location.interval() if self.location else (0.0, None, None)
        return None if low is None or high is None else (_bounded(low), _bounded(high))

    def is_beyond(self, margin: float) -> bool:
        """Whether the interval lies wholly on one side of the margin around 1."""
        low, high = self.interval or (0.0, 0.0)
        return low > log1p(margin) or high < -log1p(margin)

    def is_within(self, margin: float) -> bool:
        """Whether the interval lies wholly inside the margin around 1."""
        return self.interval is not None and max(map(abs, self.interval)) <= log1p(margin)


def compare(
    found: Sequence[Measured], margin: float = MARGIN, same: float | None = None
) -> list[Comparison]:
    """The verdicts on all pairs of a table, which are adjusted together.

    same: within which they are called so, where it is less than the margin: what a run cannot tell
    apart is not the same for that.
    """
    ps = [_p(one, margin) for one in found]
    adjusted = zip(found, ps, benjamini_hochberg(ps), holm(ps), strict=True)
    margins = Margins(margin, margin if same is None else same)
    return [_comparison(one, margins, *three) for one, *three in adjusted]


def _bounded(value: float) -> float:
    return min(max(value, -LARGEST), LARGEST)


def _p(one: Measured, margin: float) -> float | None:
    """None where a difference could not be defended: no interval, or a disturbed machine."""
    if one.pair.busy or is_throttled(one.pair) or one.location is None or one.interval is None:
        return None
    return one.location.p_beyond(log1p(margin))


def _comparison(
    one: Measured, margins: Margins, p: float | None, p_display: float | None, p_gate: float | None
) -> Comparison:
    verdict, reason = _verdict(one, margins, p_display)
    middle = one.location.value if one.location else one.pair.middle
    low, high = map(exp, one.interval) if one.interval else (None, None)
    return Comparison(
        case=one.pair.case,
        baseline=one.pair.baseline,
        ratio=None if middle is None else exp(_bounded(middle)),
        ratio_low=low,
        ratio_high=high,
        verdict=verdict,
        reason=reason,
        p=p,
        p_display=p_display,
        p_gate=p_gate,
        busy=one.pair.busy,
    )


def _verdict(one: Measured, margins: Margins, p: float | None) -> tuple[Verdict, str]:
    """The verdict and its reason: why, and after a colon the figures."""
    if one.interval is None or p is None:
        return "unsure", _silence(one.pair)
    limit = units.percent(margins.different)
    figures = f"{'–'.join(units.ratios(*map(exp, one.interval)))}{remark(one.pair)}"
    if one.is_within(margins.same):
        return "same", f"within the margin of {units.percent(margins.same)}: {figures}"
    if one.is_within(margins.different):
        return "unsure", f"no more than what a null pair of this run reaches, {limit}: {figures}"
    if not one.is_beyond(margins.different):
        return "unsure", f"the interval crosses the margin of {limit}: {figures}"
    if p > ALPHA:
        adjusted = units.significant(p, digits=2)
        return "unsure", f"chance, among so many comparisons: {figures}, adjusted p {adjusted}"
    verdict: Verdict = "slower" if one.interval[0] > 0 else "faster"
    return verdict, f"beyond the margin of {limit}: {figures}"


def _silence(pair: Paired) -> str:
    """Why nothing can be claimed of a pair."""
    if not pair.in_turns:
        return "not measured in turns: the ratio of the medians, without an interval"
    if pair.busy:
        told = f"the machine was busy: {pair.disturbed} of {pair.rounds} rounds under competition"
        lost = units.counted(pair.lost, "generation")
        return f"{told}, no quiet one in {lost}" if pair.lost else told
    if is_throttled(pair):
        count = f"{pair.throttled} of {pair.rounds}"
        return f"throttled: the cgroup's quota stopped a worker in {count} rounds"
    if sum(len(rounds) >= ENOUGH for rounds in pair.generations) == 1:
        return "one generation and no null: how far processes differ by luck is not known"
    return f"too few rounds for an interval: {pair.rounds}"


def is_throttled(pair: Paired) -> bool:
    """Whether the quota had a part in the ratio: which block it stops is the quota's choice."""
    return pair.throttled > THROTTLED_SHARE * pair.rounds


def why(reason: str) -> str:
    """A reason without its figures: what many cells of a table have in common."""
    return reason.partition(":")[0]
