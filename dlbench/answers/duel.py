"""A duel: the best of one side of a question against the best of another, for one workload."""

from collections.abc import Callable, Mapping, Sequence
from math import log1p
from typing import NamedTuple

from dlbench.analysis.pairing.contest import ALPHA, Contest
from dlbench.analysis.pairing.located import LocatedPair
from dlbench.analysis.verdicts import MARGIN, Verdict
from dlbench.stats.best import Between, best_against_best
from dlbench.stats.location import Estimate

# The p-value is searched between these errors, by halving the interval of its logarithm so often.
LEAST_P, HALVINGS = 1e-9, 24


class Duel(NamedTuple):
    """The log ratio of the best right case to the best left one: above 0, the left is faster.

    left, right: the ids of the cases that come out best; ratio: its interval bounds the ratio of
    the truly best ones; verdict: on the right case; p: of the hypothesis that it is within the
    margin, None if nothing can be claimed; pair: both cases.
    """

    left: str
    right: str
    ratio: Estimate
    verdict: Verdict
    p: float | None
    pair: LocatedPair


def duel(
    contest: Contest,
    left: Sequence[str],
    right: Sequence[str],
    seconds: Mapping[str, float],
    margin: float = MARGIN,
) -> Duel:
    """Compare two groups of cases of a workload by their best; seconds: of a step, by case."""
    sides = [contest.among(cases) for cases in (left, right)]
    best = [side.reference(seconds) for side in sides]
    pair = contest.pairs[best[1], best[0]]
    contenders = [side.contenders for side in sides]
    found = _bounds(contest, contenders, ALPHA)
    edge = log1p(max(margin, pair.least_margin))
    verdict = _verdict(found, edge, log1p(margin), is_measured=pair.basis == "measured")
    # with any error, not with ALPHA alone: so contenders must not have been chosen by it
    p = _p(lambda alpha: _bounds(contest, (left, right), alpha), edge)
    return Duel(best[0], best[1], _around(pair.bounded_middle, found), verdict, p, pair)


def _bounds(contest: Contest, sides: Sequence[Sequence[str]], alpha: float) -> Between:
    """Both ends share the error, and each is shared among those that may be the best."""
    ours, theirs = sides
    return best_against_best(
        _ends(contest, theirs, ours, LocatedPair.lower, alpha / 2 / len(ours)),
        _ends(contest, theirs, ours, LocatedPair.upper, alpha / 2 / len(theirs)),
    )


def _around(middle: float, bounds: Between) -> Estimate:
    """Return the estimate with its interval; another pair than the one shown may bound it."""
    low, high = bounds
    return Estimate(
        middle,
        None if low is None else min(low, middle),
        None if high is None else max(high, middle),
    )


def _ends(
    contest: Contest,
    rows: Sequence[str],
    columns: Sequence[str],
    end: Callable[[LocatedPair, float], float | None],
    alpha: float,
) -> list[list[float | None]]:
    return [[end(contest.pairs[a, b], alpha) for b in columns] for a in rows]


def _verdict(bounds: Between, edge: float, same: float, *, is_measured: bool) -> Verdict:
    low, high = bounds
    if low is not None and low > edge:
        return "slower"
    if high is not None and high < -edge:
        return "faster"
    if is_measured and low is not None and high is not None and max(-low, high) <= same:
        return "same"
    return "unsure"


def _p(bounds: Callable[[float], Between], edge: float) -> float | None:
    """Return the smallest error with which the interval lies beyond the margin; at most 1."""
    if bounds(ALPHA) == Between(None, None):
        return None

    def is_beyond(alpha: float) -> bool:
        low, high = bounds(alpha)
        return (low is not None and low > edge) or (high is not None and high < -edge)

    low, high = LEAST_P, 1.0
    if is_beyond(low):
        return low
    if not is_beyond(high):
        return 1.0
    for _ in range(HALVINGS):
        middle = (low * high) ** 0.5
        low, high = (low, middle) if is_beyond(middle) else (middle, high)
    return high
