"""What the null pairs of a run say: how far two processes that do the same are apart by luck.

Kohavi, Tang & Xu (2020), Trustworthy Online Controlled Experiments, ch. 19: a system that finds
differences where there are none is not to be believed where there might be one.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import expm1, log1p, sqrt
from statistics import NormalDist, fmean, median

from msgspec.structs import replace

from dlbench.analysis.pairs import Paired, locate, paired
from dlbench.analysis.samples import History
from dlbench.analysis.verdicts import MARGIN, Measured, compare
from dlbench.records.base import Record
from dlbench.records.plan import Plan
from dlbench.stats.location import Location, Luck

# An effect is visible if it would be found so often.
POWER = 0.8


class Nulls(Record, frozen=True):
    """What is known of a run from its null pairs; shares, not percent; None where unknown.

    pairs: how many were measured undisturbed, busy: how many others on a busy machine; differing:
    how many were called faster or slower; spread: standard deviation of the log ratio of a
    generation around the truth, which is 0; visible: the smallest effect that this run sees, see
    `smallest_visible`; margin: as used, asked: as asked for. A null pair that lies beyond the
    margin asked for widens it for differences; who is called the same still lies within what was
    asked for. `differing` rests on verdicts, which take less (a quota, how many pairs there are).
    """

    pairs: int
    busy: int
    differing: int
    spread: float | None
    visible: float | None
    margin: float
    asked: float

    @property
    def failed(self) -> bool:
        """Whether a null pair had to widen the margin."""
        return self.margin > self.asked


def of(
    plan: Plan, histories: Mapping[str, History], margin: float = MARGIN
) -> tuple[Nulls, list[Measured]]:
    """The report, not yet with the smallest visible effect, and the null pairs."""
    pairs = null_pairs(plan, histories)
    quiet = [pair for pair in pairs if not pair.busy and pair.generations]
    located = [_measured(pair, quiet) for pair in quiet]
    judged = compare(located, margin)
    luck = lucks(quiet)
    report = Nulls(
        pairs=len(quiet),
        busy=sum(pair.busy for pair in pairs),
        differing=sum(one.verdict in {"faster", "slower"} for one in judged),
        spread=sqrt(luck.variance) if luck else None,
        visible=None,
        margin=max([margin, *(_reach(one) for one in located if one.is_beyond(margin))]),
        asked=margin,
    )
    return report, located


def null_pairs(plan: Plan, histories: Mapping[str, History]) -> list[Paired]:
    """Every null and the case that it repeats, where both went well."""
    twins = [
        (group.null.id, case.id)
        for group in plan.groups
        for case in group.cases
        if group.null and case.target == group.null.target
    ]
    known = [
        (histories[null], histories[case])
        for null, case in twins
        if null in histories and case in histories
    ]
    return [paired(*both) for both in known if all(one.status == "ok" for one in both)]


def _measured(pair: Paired, pairs: Sequence[Paired]) -> Measured:
    """A null pair with the luck of the others: with its own it could never surprise."""
    return Measured(pair, locate(pair, lucks(other for other in pairs if other is not pair)))


def lucks(pairs: Iterable[Paired]) -> Luck | None:
    """How far generations of null pairs are from 0: the mean square of their median log ratios."""
    squares = [median(logs) ** 2 for pair in pairs for logs in pair.generations]
    return Luck(fmean(squares), len(squares)) if squares else None


def luck_in(row: Sequence[Paired], run: Sequence[Paired]) -> Luck | None:
    """The luck of processes in a row, by its own null pairs and by those of the whole run.

    Luck is that of a workload: tiny steps have more of it. Where the row's own null has several
    generations it speaks for itself; where it has one, all rows speak together, and none is
    believed to have less luck than its own null shows.
    """
    own, pooled = lucks(row), lucks(run)
    if own is None or pooled is None or own.count > 1:
        return own or pooled
    return Luck(max(own.variance, pooled.variance), pooled.count)


def _reach(one: Measured) -> float:
    """The margin that covers the whole interval."""
    return expm1(max(map(abs, one.interval or (0.0,))))


def smallest_visible(found: Iterable[Measured], margin: float) -> float | None:
    """The smallest effect found in 4 of 5 such runs: margin + reach of the typical pair, in logs.

    What is lost to the adjustment for many comparisons is not in it.
    """
    reaches = [
        _power_reach(one.interval, one.location)
        for one in found
        if one.location and one.interval and not one.pair.busy
    ]
    return expm1(log1p(margin) + median(reaches)) if reaches else None


def _power_reach(interval: tuple[float, float], location: Location) -> float:
    """How far from the margin a value must lie: (t + z √(1 + t²/2df)) · error.

    t · error is the interval's half-width; z is the normal quantile of the power, 0.84; the root is
    there because the error itself is estimated (noncentral t: Johnson & Welch 1940, Biometrika 31).
    """
    error, df = location.error or 0.0, location.df or 1.0
    half_width = (interval[1] - interval[0]) / 2
    z = NormalDist().inv_cdf(POWER)
    return half_width + z * sqrt(error**2 + half_width**2 / (2 * df))


def seen(report: Nulls, found: Iterable[Measured]) -> Nulls:
    """The report with the smallest effect visible among all pairs of the run."""
    return replace(report, visible=smallest_visible(found, report.margin))
