"""What is odd about a series of blocks: a drift, two modes. Pure functions, no file, no text.

All values are natural logarithms of seconds, or of ratios; times are seconds.
"""

from collections.abc import Iterable, Sequence
from math import ceil, isnan, log1p, sqrt
from statistics import median
from typing import NamedTuple

import numpy as np
from scipy.stats import theilslopes

from dlbench.stats.location import CONFIDENCE, effective_count

# Below, the normal approximation of Kendall's tau, on which the slope's interval rests, is poor.
LEAST_DRIFTING = 8


# Two modes are told from one skewed or flat one from here on: of samples of 20 values, one in ten
# exponential ones looks as split as a mixture of two modes 6 sd apart.
LEAST_MODAL = 30


# A mode holds at least this share of the values: below, it is a tail or a few outliers.
LEAST_SHARE = 0.15


# Ashman's D of the best split of large samples: at most 2.7 if normal, 3.5 if uniform, and 6 if
# there are two modes 6 sd apart. The best split of few values looks better than it is, by about
# this much over n. Simulated with 30, 40, 60 and 120 values: at most 2 % of samples of one mode
# (normal, lognormal, exponential, t(3), uniform, AR(1) of 0.8) pass, and of mixtures 6 sd apart
# 88 % with 30 and 95 % or more from 40 on.
LEAST_SEPARATION = 4.0


SMALL_SAMPLE = 27


# Modes nearer than 2 %, the margin of a verdict, do not matter.
LEAST_DISTANCE = log1p(0.02)


# Values of which the slopes of all pairs are taken at most: 80 000 slopes.
MOST_DRIFTING = 400


class Drift(NamedTuple):
    """A slope per second, with its interval of 95 %: 0.01 is 1 % more every second."""

    slope: float
    low: float
    high: float

    @property
    def clear(self) -> bool:
        """Whether the interval excludes 0."""
        return self.low > 0 or self.high < 0


class Modes(NamedTuple):
    """The centres (means) of two modes, and the share of the values in the lower one."""

    low: float
    high: float
    share: float


def drift(values: Sequence[float], times: Sequence[float]) -> Drift | None:
    """The Theil-Sen slope of values over times: Sen (1968), J. Amer. Stat. Assoc. 63.

    Its interval is stretched by sqrt(n/effective n) of what is left after the slope, else
    correlated blocks pass for a drift: Yue & Wang (2004), Water Resources Management 18(3).
    None below LEAST_DRIFTING values or where all times are equal. Of very many values, evenly
    chosen ones are taken: the slopes of all pairs take memory by the square.
    """
    every = max(1, -(-len(values) // MOST_DRIFTING))
    values, times = values[::every], times[::every]
    if len(values) < LEAST_DRIFTING or min(times) == max(times):
        return None
    with np.errstate(invalid="ignore"):  # of hardly anything but ties the variance is no number
        found = theilslopes(values, times, alpha=CONFIDENCE)
    slope, _, low, high = (float(part) for part in found)
    if isnan(low) or isnan(high):
        return None
    left = np.asarray(values, dtype=float) - slope * np.asarray(times, dtype=float)
    stretch = sqrt(len(values) / effective_count(left.tolist()))
    return Drift(slope, slope - (slope - low) * stretch, slope + (high - slope) * stretch)


def centred(
    groups: Iterable[Sequence[tuple[float, float]]],
) -> tuple[list[float], list[float]]:
    """Values and times of several processes, for one drift; given as (time, value).

    Each process counts from its own beginning and around its own median: between two of them a
    value may jump, which is no drift.
    """
    values: list[float] = []
    times: list[float] = []
    for group in filter(None, groups):
        middle = median(value for _, value in group)
        values += [value - middle for _, value in group]
        times += [time - group[0][0] for time, _ in group]
    return values, times


def modes(values: Sequence[float]) -> Modes | None:
    """The two modes of the values, or None where there is one, or too few values to tell.

    The split with the least variance within (Otsu 1979, IEEE Trans. Systems, Man, Cybernetics
    9(1)) counts if its sides are separate by the D of Ashman, Bird & Zepf (1994), Astronomical
    Journal 108, and differ by enough to matter. Far outliers hide modes, and do not feign them.
    """
    n = len(values)
    if n < LEAST_MODAL:
        return None
    ordered = np.sort(np.asarray(values, dtype=float))
    at = _best_split(ordered)
    low, high = ordered[:at], ordered[at:]
    distance = high.mean() - low.mean()
    spread = sqrt((low.var(ddof=1) + high.var(ddof=1)) / 2)
    if distance < max(LEAST_DISTANCE, (LEAST_SEPARATION + SMALL_SAMPLE / n) * spread):
        return None
    return Modes(float(low.mean()), float(high.mean()), at / n)


def _best_split(ordered: np.ndarray) -> int:
    """How many of the ordered values go to the left, for the most variance between both sides."""
    n = len(ordered)
    least = ceil(LEAST_SHARE * n)
    left = np.arange(least, n - least + 1)
    sums = np.cumsum(ordered - ordered.mean())[left - 1]
    return int(left[np.argmax(sums**2 / (left * (n - left)))])
