"""Evaluate the null pairs of a run: the same case measured twice, in two processes (A/A test).

A measuring system that finds a difference between equal cases cannot be trusted on unequal ones:
Kohavi, Tang & Xu (2020), Trustworthy Online Controlled Experiments, ch. 19.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import expm1, log1p, sqrt
from statistics import NormalDist, fmean, median

from msgspec.structs import replace

from dlbench.analysis.pairs import Pair, locate, pair_rounds
from dlbench.analysis.samples import CaseSamples
from dlbench.analysis.verdicts import MARGIN, LocatedPair, compare
from dlbench.records.base import Record
from dlbench.records.plan import Plan
from dlbench.stats.location import Location, Variance

# A run "sees" an effect that it would detect with this probability, the usual power of a test.
POWER = 0.8


class Nulls(Record, frozen=True):
    """Findings from the null pairs of a run; shares, not percent; None where unknown.

    pairs: number measured on a quiet machine; busy: number measured on a busy one; differing:
    number with the verdict faster or slower; spread: standard deviation of the log ratio of a
    generation, whose true value is 0; visible: see `smallest_visible`; margin: the margin in use;
    asked: the margin requested. If a null pair exceeds the requested margin, differences must
    exceed the wider one; *same* keeps the requested one.
    `differing` may be smaller than the number of pairs beyond the margin: verdicts also consider
    the cgroup's quota and the number of comparisons.
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
        """Return whether a null pair exceeded the requested margin."""
        return self.margin > self.asked


def evaluate(
    plan: Plan, samples_by_case: Mapping[str, CaseSamples], margin: float = MARGIN
) -> tuple[Nulls, list[LocatedPair]]:
    """Evaluate the null pairs; return Nulls, still without `visible`, and the located pairs."""
    pairs = null_pairs(plan, samples_by_case)
    quiet = [pair for pair in pairs if not pair.busy and pair.generations]
    located = [_locate(pair, quiet) for pair in quiet]
    comparisons = compare(located, margin)
    between = variance_between_processes(quiet)
    nulls = Nulls(
        pairs=len(quiet),
        busy=sum(pair.busy for pair in pairs),
        differing=sum(comparison.verdict in {"faster", "slower"} for comparison in comparisons),
        spread=sqrt(between.value) if between else None,
        visible=None,
        margin=max([margin, *(_reach(pair) for pair in located if pair.is_beyond(margin))]),
        asked=margin,
    )
    return nulls, located


def null_pairs(plan: Plan, samples_by_case: Mapping[str, CaseSamples]) -> list[Pair]:
    """Pair every null with the case that it repeats, if both were measured without failure."""
    twins = [
        (group.null.id, case.id)
        for group in plan.groups
        for case in group.cases
        if group.null and case.target == group.null.target
    ]
    known = [
        (samples_by_case[null], samples_by_case[case])
        for null, case in twins
        if null in samples_by_case and case in samples_by_case
    ]
    return [pair_rounds(*both) for both in known if all(samples.status == "ok" for samples in both)]


def _locate(pair: Pair, pairs: Sequence[Pair]) -> LocatedPair:
    """Locate a null pair by the variance of the others: by its own it would never stand out."""
    others = (other for other in pairs if other is not pair)
    return LocatedPair(pair, locate(pair, variance_between_processes(others)))


def variance_between_processes(pairs: Iterable[Pair]) -> Variance | None:
    """Estimate the variance from null pairs: mean square of the median log ratio of a generation.

    The true log ratio is 0, so each generation is one degree of freedom.
    """
    squares = [median(logs) ** 2 for pair in pairs for logs in pair.generations]
    return Variance(fmean(squares), len(squares)) if squares else None


def row_variance(row: Sequence[Pair], run: Sequence[Pair]) -> Variance | None:
    """Return the variance between processes for one workload, by its null pairs and the run's.

    The variance depends on the workload: short steps vary more. A workload whose null has several
    generations uses its own variance. With one generation it uses that of all null pairs, but
    never less than its own null shows.
    """
    own, pooled = variance_between_processes(row), variance_between_processes(run)
    if own is None or pooled is None or own.df > 1:
        return own or pooled
    return Variance(max(own.value, pooled.value), pooled.df)


def _reach(located: LocatedPair) -> float:
    """Return the margin that would cover the whole interval."""
    return expm1(max(map(abs, located.interval or (0.0,))))


def smallest_visible(pairs: Iterable[LocatedPair], margin: float) -> float | None:
    """Return the smallest effect that 4 of 5 such runs detect: margin + reach of the median pair.

    Both are added as logarithms. The adjustment for many comparisons, which makes it a little
    larger, is left out.
    """
    reaches = [
        _power_reach(located.interval, located.location)
        for located in pairs
        if located.location and located.interval and not located.pair.busy
    ]
    return expm1(log1p(margin) + median(reaches)) if reaches else None


def _power_reach(interval: tuple[float, float], location: Location) -> float:
    """Return the least distance from the margin to detect a value: (t + z √(1 + t²/2df)) · error.

    t · error is half the width of the interval; z is the normal quantile of the power, 0.84; the
    root accounts for the error being estimated (noncentral t: Johnson & Welch 1940, Biometrika 31).
    """
    error, df = location.error or 0.0, location.df or 1.0
    half_width = (interval[1] - interval[0]) / 2
    z = NormalDist().inv_cdf(POWER)
    return half_width + z * sqrt(error**2 + half_width**2 / (2 * df))


def with_visible(nulls: Nulls, pairs: Iterable[LocatedPair]) -> Nulls:
    """Add the smallest visible effect, computed from all pairs of the run."""
    return replace(nulls, visible=smallest_visible(pairs, nulls.margin))
