"""Find where the level of a series changes: propose, then test. Pure functions of logarithms.

A search alone finds steps in every series that wanders. So each proposed step must also be larger
than a margin beyond doubt, and few points that resemble each other count as fewer.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import log, log1p, sqrt
from statistics import fmean, median
from typing import NamedTuple

import numpy as np
from scipy.special import stdtr

from dlbench.stats.ramp import SD_BY_MAD

# A level needs so many points: two may both be bad days.
LEAST_POINTS = 3

# The price of a step, in squared standard deviations, for each unit of log n: a step of one point
# in many is noise. That of the Bayesian information criterion is 1 to 2; more tests follow here.
PENALTY = 3.0

# A series with more steps than these wanders: what it does beyond is its noise.
FEWEST_STEPS, POINTS_PER_STEP = 2, 20

# The error of all steps of a series together: nobody looks again at what a history calls a step.
ALPHA = 0.01

# The noise of a series is at least 0.01 %: a constant one has steps of rounding errors.
LEAST_SD = 1e-4

# Where neighbours resemble each other more, a short series would count as less than one point.
MOST_CORRELATION = 0.8


class Step(NamedTuple):
    """The level changes from point `at` on by `change`, a logarithm; p: adjusted for all places."""

    at: int
    change: float
    p: float


def steps(values: Sequence[float], margin: float) -> list[Step]:
    """Return the steps of a series of logarithms, in order. margin: a share; smaller ones do not
    count.

    As long as a proposed step does not stand the test, the weakest one is dropped, and what it
    explained is taken as the noise of the series.
    """
    proposed = propose(values)
    most = max(FEWEST_STEPS, len(values) // POINTS_PER_STEP)
    while proposed:
        found = _tested(values, proposed, margin)
        weakest = max(range(len(found)), key=lambda n: found[n].p)
        if len(found) <= most and found[weakest].p <= ALPHA:
            return found
        del proposed[weakest]
    return []


def _tested(values: Sequence[float], proposed: Sequence[int], margin: float) -> list[Step]:
    """Return the proposed steps with their p-values, adjusted for all places that were searched.

    Bonferroni among as many places as fit levels into the series; that is more than Holm does among
    the proposed ones.
    """
    parts = [values[start:end] for start, end in pairwise([0, *proposed, len(values)])]
    noise = _noise_of(parts)
    tests = [_test(before, after, noise, margin) for before, after in pairwise(parts)]
    places = len(values) / LEAST_POINTS
    return [
        Step(at, change, min(1.0, places * p))
        for at, (change, p) in zip(proposed, tests, strict=True)
    ]


class _Noise(NamedTuple):
    """The variance around the levels, and the effective share of the points that it has."""

    variance: float
    share: float


def _noise_of(parts: Sequence[Sequence[float]]) -> _Noise:
    """Return the noise of all levels together: neighbours that resemble each other count less."""
    centred = [np.asarray(part) - fmean(part) for part in parts]
    squares = sum(float(part @ part) for part in centred)
    products = sum(float(part[1:] @ part[:-1]) for part in centred)
    count = sum(map(len, parts))
    correlation = min(max(products / squares, 0.0), MOST_CORRELATION) if squares else 0.0
    variance = max(squares / max(1, count - len(parts)), LEAST_SD**2)
    return _Noise(variance, (1 - correlation) / (1 + correlation))


def _test(
    before: Sequence[float], after: Sequence[float], noise: _Noise, margin: float
) -> tuple[float, float]:
    """Return the change of the median, and the p-value that it is within the margin.

    Student's test with the effective numbers of points (Bayley & Hammersley 1946, J. Royal Stat.
    Soc. Supplement 8), at least one each, and the noise of the whole series.
    """
    change = median(after) - median(before)
    counts = [max(1.0, len(part) * noise.share) for part in (before, after)]
    error = sqrt(noise.variance * sum(1 / count for count in counts))
    df = max(1.0, sum(counts) - 2)
    return change, float(stdtr(df, -(abs(change) - log1p(margin)) / error))


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
