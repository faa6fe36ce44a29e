"""Find where the level of a series changes: propose, then test. Pure functions of logarithms.

A search alone finds steps in every series that wanders. So each proposed step must also be larger
than a margin beyond doubt, and few points that resemble each other count as fewer.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import log, log1p, sqrt
from statistics import fmean, median, pvariance
from typing import NamedTuple

import numpy as np
from scipy.special import stdtr

from dlbench.stats.multiple import holm
from dlbench.stats.ramp import SD_BY_MAD

# A level needs so many points: two may both be bad days.
LEAST_POINTS = 3

# The price of a step, in squared standard deviations, for each unit of log n: a step of one point
# in many is noise. That of the Bayesian information criterion is 1 to 2; more tests follow here.
PENALTY = 3.0

# The error of all steps of a series together: nobody looks again at what a history calls a step.
ALPHA = 0.01

# The noise of a series is at least 0.01 %: a constant one has steps of rounding errors.
LEAST_SD = 1e-4

# Where neighbours resemble each other more, a short series would count as less than one point.
MOST_CORRELATION = 0.8


class Step(NamedTuple):
    """The level changes from point `at` on: by `change`, a logarithm. p: adjusted for all steps."""

    at: int
    change: float
    p: float


def steps(values: Sequence[float], margin: float) -> list[Step]:
    """Return the steps of a series of logarithms, in order. margin: a share; smaller ones do not
    count.
    """
    proposed = propose(values)
    if not proposed:
        return []
    ends = [0, *proposed, len(values)]
    parts = [values[start:end] for start, end in pairwise(ends)]
    correlation = _correlation(parts)
    tests = [_test(before, after, correlation, margin) for before, after in pairwise(parts)]
    adjusted = holm([p for _, p in tests])
    return [
        Step(at, change, p)
        for at, (change, _), p in zip(proposed, tests, adjusted, strict=True)
        if p is not None and p <= ALPHA
    ]


def propose(values: Sequence[float]) -> list[int]:
    """Return where a new level may begin: the best division by squared errors with a penalty.

    Optimal partitioning with the pruning of PELT: Killick, Fearnhead & Eckley (2012), Journal of
    the American Statistical Association 107(500).
    """
    count = len(values)
    if count < 2 * LEAST_POINTS:
        return []
    scaled = np.asarray(values, dtype=float) / max(_noise(values), LEAST_SD)
    sums = np.concatenate([[0.0], np.cumsum(scaled)])
    squares = np.concatenate([[0.0], np.cumsum(scaled**2)])
    penalty = PENALTY * log(count)
    best, before = np.full(count + 1, np.inf), np.zeros(count + 1, dtype=int)
    best[0] = -penalty
    starts = np.array([0])
    for end in range(LEAST_POINTS, count + 1):
        sizes = end - starts
        costs = squares[end] - squares[starts] - (sums[end] - sums[starts]) ** 2 / sizes
        totals = best[starts] + costs + penalty
        found = int(np.argmin(totals))
        best[end], before[end] = totals[found], starts[found]
        # a start that is worse without a penalty is worse for all later ends
        kept = starts[best[starts] + costs <= best[end]]
        starts = np.append(kept, end - LEAST_POINTS + 1)
        starts = starts[np.isfinite(best[starts])]
    return _traced([int(start) for start in before], count)


def _traced(before: Sequence[int], count: int) -> list[int]:
    """Return the beginnings of all levels but the first."""
    found, at = list[int](), before[count]
    while at > 0:
        found.insert(0, at)
        at = before[at]
    return found


def _noise(values: Sequence[float]) -> float:
    """Return the robust standard deviation of a point, from the differences of neighbours."""
    changes = np.diff(np.asarray(values, dtype=float))
    return SD_BY_MAD * float(np.median(np.abs(changes - np.median(changes)))) / sqrt(2)


def _correlation(parts: Sequence[Sequence[float]]) -> float:
    """Return the correlation of neighbours around their levels, of all levels together."""
    centred = [np.asarray(part) - fmean(part) for part in parts]
    squares = sum(float(part @ part) for part in centred)
    products = sum(float(part[1:] @ part[:-1]) for part in centred)
    return min(max(products / squares, 0.0), MOST_CORRELATION) if squares else 0.0


def _test(
    before: Sequence[float], after: Sequence[float], correlation: float, margin: float
) -> tuple[float, float]:
    """Return the change of the median, and the p-value that it is within the margin.

    Welch (1947), Biometrika 34, with the effective numbers of points (Bayley & Hammersley 1946).
    """
    change = median(after) - median(before)
    share = (1 - correlation) / (1 + correlation)
    counts = [max(2.0, len(part) * share) for part in (before, after)]
    errors = [
        max(_spread(part), LEAST_SD**2) / count
        for part, count in zip((before, after), counts, strict=True)
    ]
    whole = sum(errors)
    df = whole**2 / sum(error**2 / (count - 1) for error, count in zip(errors, counts, strict=True))
    return change, float(stdtr(df, -(abs(change) - log1p(margin)) / sqrt(whole)))


def _spread(part: Sequence[float]) -> float:
    return pvariance(part) * len(part) / (len(part) - 1)
