"""Decide whether one case is faster than another, slower, the same, or unsure; and give a reason.

A difference counts only if it exceeds a margin and is significant after adjustment for the number
of comparisons in the row.
"""

from collections.abc import Iterable, Sequence
from math import exp, expm1, inf, log1p
from typing import Literal, NamedTuple

from msgspec.structs import replace

from dlbench import units
from dlbench.analysis.pairing.contest import ALPHA, Contest
from dlbench.analysis.pairing.located import Basis, LocatedPair
from dlbench.analysis.pairing.pairs import Pair, remark
from dlbench.records.base import Record
from dlbench.stats.multiple import holm

Verdict = Literal["faster", "slower", "same", "unsure"]


# Differences below 2 % do not matter for the choice of a framework; another build of the same
# version changes as much.
MARGIN = 0.02


# The reason of a verdict on a case without one time.
UNSTEADY = "the time of a step kept changing, also without a pause"


class Comparison(Record, frozen=True):
    """A case compared with its baseline, both by id.

    ratio: the case's time divided by the baseline's; ratio_low, ratio_high: its interval; basis:
    what the interval rests on; busy: whether other programs disturbed it.
    p: one-sided p-value of the hypothesis that the true ratio is within the margin; None if nothing
    can be claimed. p_display: adjusted by Holm for the comparisons of the row, used for the
    verdict; p_gate: for those of the table, as a headline or an automatic check needs it.
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
    basis: Basis | None = None
    busy: bool = False


class _Ends(NamedTuple):
    """The interval of a log ratio; the ends within which it must lie for *same*."""

    low: float
    high: float
    same_low: float
    same_high: float

    def are_within(self, margin: float) -> bool:
        """Return whether the ratio is 1, up to the margin; both are logarithms."""
        return max(abs(self.same_low), abs(self.same_high)) <= margin

    def are_beyond(self, margin: float) -> bool:
        """Return whether the interval lies wholly on one side of the margin around 1."""
        return self.low > margin or self.high < -margin


def with_baseline(row: Sequence[LocatedPair], margin: float = MARGIN) -> list[Comparison]:
    """Compare the cases of a row with one baseline, each by its 95 % interval.

    *Same* needs two one-sided tests at 5 %, which is the 90 % interval: Schuirmann (1987), Journal
    of Pharmacokinetics and Biopharmaceutics 15(6).
    """
    ps = [_two_sided(one, margin) for one in row]
    return [
        _comparison(one, _ends(one), margin, p, adjusted)
        for one, p, adjusted in zip(row, ps, holm(ps), strict=True)
    ]


def with_best(contest: Contest, reference: str, margin: float = MARGIN) -> list[Comparison]:
    """Compare the cases of a row with the fastest, whichever that truly is.

    reference: the case whose ratio is shown. The interval is that of the ratio to the true fastest
    (stats/best.py), as the reference is chosen from the same data.
    """
    found = []
    for case in contest.cases:
        if case == reference:
            continue
        one, standing = contest.pairs[case, reference], contest.standings[case]
        p = contest.p_not_best(case, margin)
        ends = None
        if standing.at_least is not None:
            high = inf if standing.at_most is None else standing.at_most
            ends = _Ends(standing.at_least, high, standing.at_least, high)
        found.append(_comparison(one, ends, margin, p, p))
    return found


def with_gates(rows: Iterable[Sequence[Comparison]]) -> list[Comparison]:
    """Adjust the p-values of all rows of a table together."""
    every = [comparison for row in rows for comparison in row]
    gates = holm([one.p_display for one in every])
    return [replace(one, p_gate=gate) for one, gate in zip(every, gates, strict=True)]


def _two_sided(one: LocatedPair, margin: float) -> float | None:
    """Return the smaller of both one-sided p-values, doubled; None if nothing can be claimed."""
    ps = one.p_slower(margin), one.p_faster(margin)
    known = [p for p in ps if p is not None]
    return min(1.0, 2 * min(known)) if known else None


def _ends(one: LocatedPair) -> _Ends | None:
    ends = [
        end(one, alpha)
        for alpha in (ALPHA / 2, ALPHA)
        for end in (LocatedPair.lower, LocatedPair.upper)
    ]
    known = [end for end in ends if end is not None]
    return _Ends(*known) if len(known) == len(ends) else None


def _comparison(
    one: LocatedPair, ends: _Ends | None, margin: float, p: float | None, adjusted: float | None
) -> Comparison:
    verdict, reason = _verdict(one, ends, margin, adjusted)
    return Comparison(
        case=one.pair.case,
        baseline=one.pair.baseline,
        ratio=None if one.middle is None else exp(one.bounded_middle),
        # another rival than the one shown may bound the ratio
        ratio_low=exp(min(ends.low, one.bounded_middle)) if ends else None,
        ratio_high=exp(max(ends.high, one.bounded_middle)) if ends and ends.high < inf else None,
        verdict=verdict,
        reason=reason,
        p=p,
        p_display=adjusted,
        basis=one.basis,
        busy=one.pair.busy,
    )


def _verdict(
    one: LocatedPair, ends: _Ends | None, margin: float, p: float | None
) -> tuple[Verdict, str]:
    """Decide, and give the reason with its figures in parentheses."""
    if ends is None or p is None:
        return "unsure", UNSTEADY if one.unsteady else _why_undecided(one.pair)
    noted = _in_turns(one) + remark(one.pair)
    edge = log1p(max(margin, one.least_margin))
    limit, figures = units.percent(expm1(edge)), _interval(ends.low, ends.high)
    if one.basis == "measured" and ends.are_within(log1p(margin)):
        return "same", f"at most {units.percent(margin)} apart ({figures}){noted}"
    if p <= ALPHA and ends.are_beyond(edge):
        verdict: Verdict = "slower" if ends.low > 0 else "faster"
        figures = figures if ends.low > 0 else _interval(-ends.high, -ends.low)
        return verdict, f"{verdict} by more than {limit} ({figures}){_beside(one)}{noted}"
    return "unsure", f"{_why_unsure(one, ends, edge, p)}{noted}"


def _why_unsure(one: LocatedPair, ends: _Ends, edge: float, p: float) -> str:
    """Say why an interval decides nothing."""
    if one.basis != "measured":
        return _why_undecided(one.pair)
    figures = _interval(ends.low, ends.high)
    if ends.are_beyond(edge):
        adjusted = f"adjusted p = {units.significant(p, digits=2)}"
        return f"may be chance among so many ({figures}, {adjusted})"
    limit = units.percent(expm1(edge))
    return f"too close to call: the true difference may be below {limit} ({figures})"


def _beside(one: LocatedPair) -> str:
    """Say in spite of what the verdict holds; empty if nothing disturbed the pair."""
    pair = one.pair
    if one.basis == "disturbed":
        return f", although other programs ran in {pair.disturbed} of {pair.rounds} rounds"
    if one.basis == "throttled":
        return ", with and without the time in which the container's CPU limit stopped it"
    return f", by only {units.counted(pair.rounds, 'round')}" if one.basis == "few" else ""


def _in_turns(one: LocatedPair) -> str:
    """Say how far turns may have changed the ratio; empty if they did not."""
    if not one.doubt:
        return ""
    most = units.percent(expm1(one.doubt))
    return f"; turns may have changed the ratio by up to {most}, which the interval allows for"


def _interval(low: float, high: float) -> str:
    """Write an interval of log ratios, such as `1.07–1.32x`, or `at least 1.07x`."""
    if high == inf:
        return f"at least {units.ratios(exp(low))[0]}x"
    return f"{'–'.join(units.ratios(exp(low), exp(high)))}x"


def _why_undecided(pair: Pair) -> str:
    """Say why nothing can be claimed about a pair, with the figures in parentheses."""
    if not pair.interleaved:
        return "not measured side by side (plain ratio of medians, no interval)"
    if pair.busy:
        lost = units.counted(pair.lost, "repetition")
        without = f"; {lost} without a quiet round" if pair.lost else ""
        return f"other programs were running (in {pair.disturbed} of {pair.rounds} rounds{without})"
    if pair.is_throttled:
        count = f"{pair.throttled} of {pair.rounds}"
        return f"the container's CPU limit interrupted rounds ({count})"
    return f"too few rounds for an interval ({pair.rounds})"


def without_figures(reason: str) -> str:
    """Cut the figures off a reason, so that many cells of a table can share it."""
    return reason.partition(" (")[0]
