"""Decide whether one case is faster than another, slower, the same, or unsure; and give a reason.

A difference counts only if it exceeds a margin and is significant after adjustment for the number
of comparisons.
"""

from collections.abc import Sequence
from math import exp, expm1, log, log1p
from typing import Literal, NamedTuple

from dlbench import units
from dlbench.analysis.pairs import Pair, remark
from dlbench.analysis.samples import ENOUGH
from dlbench.records.base import Record
from dlbench.stats.location import CONFIDENCE, Location
from dlbench.stats.multiple import benjamini_hochberg, holm

Verdict = Literal["faster", "slower", "same", "unsure"]


# Differences below 2 % do not matter for the choice of a framework; another build of the same
# version changes as much.
MARGIN = 0.02


# Accepted share of false differences among all reported ones (false discovery rate).
ALPHA = 1 - CONFIDENCE


# A smaller share of throttled rounds does not move a median.
THROTTLED_SHARE = 0.1


# The reason of a verdict on a case without one time.
UNSTEADY = "the time of a step kept changing, also without a pause"


# Log of the largest plausible ratio: a larger one comes from a broken clock or an edited file.
LARGEST = log(1e9)


class Comparison(Record, frozen=True):
    """A case compared with its baseline, both by id.

    ratio: the case's time divided by the baseline's; busy: whether other programs disturbed it.
    p: p-value of the hypothesis that the true ratio is within the margin; None if nothing can be
    claimed. p_display: adjusted by Benjamini and Hochberg, used for the verdict; p_gate: adjusted
    by Holm, for an automatic check, where any false alarm is costly.
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
    """Margins of the verdicts: *faster* or *slower* beyond `different`, *same* within `same`."""

    different: float
    same: float


class LocatedPair(NamedTuple):
    """Two cases and the location of their log ratio; None if unknown.

    doubt: how far the ratio may be wrong because turns cost one of the cases time, a logarithm: no
    number of rounds removes it. unsteady: whether the time of one of the cases never stopped
    changing.
    """

    pair: Pair
    location: Location | None
    doubt: float = 0.0
    unsteady: bool = False

    @property
    def interval(self) -> tuple[float, float] | None:
        """Return the interval of the log ratio; None if none can be claimed."""
        _, low, high = self.location.interval() if self.location else (0.0, None, None)
        if low is None or high is None:
            return None
        return _bounded(low - self.doubt), _bounded(high + self.doubt)

    def is_beyond(self, margin: float) -> bool:
        """Return whether the interval lies wholly on one side of the margin around 1."""
        low, high = self.interval or (0.0, 0.0)
        return low > log1p(margin) or high < -log1p(margin)

    def is_within(self, margin: float) -> bool:
        """Return whether the interval lies wholly inside the margin around 1."""
        return self.interval is not None and max(map(abs, self.interval)) <= log1p(margin)


def compare(
    pairs: Sequence[LocatedPair], margin: float = MARGIN, same: float | None = None
) -> list[Comparison]:
    """Decide on all pairs of a table; their p-values are adjusted together.

    same: the margin for *same*, if it is not `margin`. It is never widened: failing to see a
    difference does not show that there is none.
    """
    ps = [_p(pair, margin) for pair in pairs]
    adjusted = zip(pairs, ps, benjamini_hochberg(ps), holm(ps), strict=True)
    margins = Margins(margin, margin if same is None else same)
    return [_comparison(located, margins, *three) for located, *three in adjusted]


def _bounded(value: float) -> float:
    return min(max(value, -LARGEST), LARGEST)


def _p(located: LocatedPair, margin: float) -> float | None:
    """Return the p-value; None without an interval, or if the pair was busy or throttled."""
    if located.unsteady or located.pair.busy or is_throttled(located.pair):
        return None
    if located.location is None or located.interval is None:
        return None
    return located.location.p_beyond(log1p(margin) + located.doubt)


def _comparison(
    located: LocatedPair,
    margins: Margins,
    p: float | None,
    p_display: float | None,
    p_gate: float | None,
) -> Comparison:
    verdict, reason = _verdict(located, margins, p_display)
    middle = located.location.value if located.location else located.pair.middle
    low, high = map(exp, located.interval) if located.interval else (None, None)
    return Comparison(
        case=located.pair.case,
        baseline=located.pair.baseline,
        ratio=None if middle is None else exp(_bounded(middle)),
        ratio_low=low,
        ratio_high=high,
        verdict=verdict,
        reason=reason,
        p=p,
        p_display=p_display,
        p_gate=p_gate,
        busy=located.pair.busy,
    )


def _verdict(located: LocatedPair, margins: Margins, p: float | None) -> tuple[Verdict, str]:
    """Decide, and give the reason with its figures in parentheses."""
    if located.interval is None or p is None:
        return "unsure", UNSTEADY if located.unsteady else _why_undecided(located.pair)
    limit = units.percent(margins.different)
    low, high = located.interval
    figures, noted = _interval(low, high), _in_turns(located) + remark(located.pair)
    if located.is_within(margins.same):
        return "same", f"at most {units.percent(margins.same)} apart ({figures}){noted}"
    if located.is_within(margins.different):
        return "unsure", f"smaller than this run's own noise of {limit} ({figures}){noted}"
    if not located.is_beyond(margins.different):
        doubt = f"too close to call: the true difference may be below {limit}"
        return "unsure", f"{doubt} ({figures}){noted}"
    if p > ALPHA:
        adjusted = f"adjusted p = {units.significant(p, digits=2)}"
        doubt = "may be chance, given the number of comparisons"
        return "unsure", f"{doubt} ({figures}, {adjusted}){noted}"
    verdict: Verdict = "slower" if low > 0 else "faster"
    figures = figures if low > 0 else _interval(-high, -low)
    return verdict, f"{verdict} by more than {limit} ({figures}){noted}"


def _in_turns(located: LocatedPair) -> str:
    """Say how far turns may have changed the ratio; empty if they did not."""
    if not located.doubt:
        return ""
    most = units.percent(expm1(located.doubt))
    return f"; turns may have changed the ratio by up to {most}, which the interval allows for"


def _interval(low: float, high: float) -> str:
    """Write an interval of log ratios, such as `1.07–1.32x`."""
    return f"{'–'.join(units.ratios(exp(low), exp(high)))}x"


def _why_undecided(pair: Pair) -> str:
    """Say why nothing can be claimed about a pair, with the figures in parentheses."""
    if not pair.interleaved:
        return "not measured side by side (plain ratio of medians, no interval)"
    if pair.busy:
        lost = units.counted(pair.lost, "repetition")
        without = f"; {lost} without a quiet round" if pair.lost else ""
        return f"other programs were running (in {pair.disturbed} of {pair.rounds} rounds{without})"
    if is_throttled(pair):
        count = f"{pair.throttled} of {pair.rounds}"
        return f"the container's CPU limit interrupted rounds ({count})"
    if sum(len(rounds) >= ENOUGH for rounds in pair.generations) == 1:
        return "measured in one process without a self-check: noise unknown"
    return f"too few rounds for an interval ({pair.rounds})"


def is_throttled(pair: Pair) -> bool:
    """Return whether the cgroup's quota may have changed the ratio, by stopping either case."""
    return pair.throttled > THROTTLED_SHARE * pair.rounds


def without_figures(reason: str) -> str:
    """Cut the figures off a reason, so that many cells of a table can share it."""
    return reason.partition(" (")[0]
