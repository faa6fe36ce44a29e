"""Evaluate the null pairs of a run: the same case measured twice, in two processes (A/A test).

A measuring system that finds a difference between equal cases cannot be trusted on unequal ones:
Kohavi, Tang & Xu (2020), Trustworthy Online Controlled Experiments, ch. 19.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import expm1, log, log1p, sqrt
from statistics import NormalDist, fmean, median

from msgspec.structs import replace

from dlbench.analysis.pairing.contest import ALPHA, Contest
from dlbench.analysis.pairing.located import LARGEST, Knowledge, LocatedPair, located
from dlbench.analysis.pairing.pairs import Pair, pair_rounds
from dlbench.analysis.samples import CaseSamples
from dlbench.analysis.verdicts import MARGIN, with_baseline
from dlbench.records.base import Record
from dlbench.records.case import Case
from dlbench.records.plan import Plan
from dlbench.stats.best import share
from dlbench.stats.location import Location, Variance

# A run "sees" an effect that it would detect with this probability, the usual power of a test.
POWER = 0.8

# Cases further behind the fastest are told from it by any run; what a run can detect matters for
# the near ones.
NEAR = 1.5

NullPair = tuple[Case, Pair]
"""A case, and itself measured twice."""


class Nulls(Record, frozen=True):
    """Findings from the null pairs of a run; shares, not percent; None where unknown.

    pairs: number measured on a quiet machine; busy: number measured on a busy one; failed: the
    workloads whose null came out different; spread: standard deviation of the log ratio of a
    generation, whose true value is 0; visible_low, visible_high: the smallest effect that is
    visible (`smallest_visible`), of the best and of the worst workload; margin: the margin in use.
    """

    pairs: int
    busy: int
    failed: tuple[str, ...]
    spread: float | None
    margin: float
    visible_low: float | None = None
    visible_high: float | None = None


def evaluate(pairs: Sequence[NullPair], luck: Variance, margin: float = MARGIN) -> Nulls:
    """Evaluate the null pairs. luck: of the run's other pairs, or what is usual."""
    quiet = [(case, pair) for case, pair in pairs if not pair.busy and pair.generations]
    known = Knowledge(luck)
    found = with_baseline([located(pair, known) for _, pair in quiet], margin)
    failed = [
        case.workload.id
        for (case, _), one in zip(quiet, found, strict=True)
        if one.verdict in {"faster", "slower"}
    ]
    squares = [median(logs) ** 2 for _, pair in quiet for logs in pair.generations]
    return Nulls(
        pairs=len(quiet),
        busy=sum(pair.busy for _, pair in pairs),
        failed=tuple(failed),
        spread=sqrt(fmean(squares)) if squares else None,
        margin=margin,
    )


def null_pairs(plan: Plan, samples_by_case: Mapping[str, CaseSamples]) -> list[NullPair]:
    """Pair every null with the case that it repeats, if both were measured without failure."""
    twins = [
        (null, case)
        for group in plan.groups
        for null in group.copies
        if (case := group.repeated_by(null)) is not None
    ]
    known = [
        (case, samples_by_case[null.id], samples_by_case[case.id])
        for null, case in twins
        if null.id in samples_by_case and case.id in samples_by_case
    ]
    return [
        (case, pair_rounds(twin, own))
        for case, twin, own in known
        if twin.status == "ok" and own.status == "ok"
    ]


def smallest_visible(pairs: Iterable[LocatedPair], margin: float, alpha: float) -> float | None:
    """Return the smallest effect that 4 of 5 such runs detect between two of these cases.

    The margin and the reach of the median pair are added as logarithms. alpha: the one-sided error
    of a comparison, which tells how many there are.
    """
    reaches = [
        _power_reach(one.lows[0], alpha) + one.doubt
        for one in pairs
        if one.is_judged and one.basis == "measured"
    ]
    return expm1(min(log1p(margin) + median(reaches), LARGEST)) if reaches else None


def _power_reach(location: Location, alpha: float) -> float:
    """Return the least distance from the margin to detect a value: (t + z √(1 + t²/2df)) · error.

    t · error is half the width of the interval; z is the normal quantile of the power, 0.84; the
    root accounts for the error being estimated (noncentral t: Johnson & Welch 1940, Biometrika 31).
    """
    error, df = location.error or 0.0, location.df or 1.0
    _, low, _ = location.interval(1 - 2 * alpha)
    half_width = location.value - (location.value if low is None else low)
    z = NormalDist().inv_cdf(POWER)
    return half_width + z * sqrt(error**2 + half_width**2 / (2 * df))


def with_visible(found: Nulls, contests: Iterable[Contest]) -> Nulls:
    """Add the smallest visible effect of the best and of the worst workload."""
    visible = []
    for contest in contests:
        alpha = share(ALPHA, len(contest.cases))
        near = [
            one
            for one in contest.pairs.values()
            if one.pair.baseline in contest.contenders and abs(one.bounded_middle) <= log(NEAR)
        ]
        effect = smallest_visible(near, found.margin, alpha)
        visible += [] if effect is None else [effect]
    if not visible:
        return found
    return replace(found, visible_low=min(visible), visible_high=max(visible))
