"""Detect a drift and two modes in a series of samples. Pure functions, no file, no text.

All values are natural logarithms of seconds, or of ratios; times are seconds.
"""

from collections.abc import Iterable, Sequence
from math import ceil, expm1, isnan, log, log1p, sqrt
from statistics import median
from typing import NamedTuple

import numpy as np
from scipy.stats import theilslopes

from dlbench.stats.location import CONFIDENCE, effective_count

# Smallest number of values for a drift: the interval of the slope uses the normal approximation of
# Kendall's tau, which is poor for fewer.
LEAST_DRIFTING = 8


# Smallest number of values for two modes. With 20 values, one in ten exponential samples looks as
# split as a mixture of two modes 6 sd apart.
LEAST_MODAL = 30


# Smallest share of the values that is called a mode; a smaller one is a tail or a few outliers.
LEAST_SHARE = 0.15


# Smallest separation of two modes (Ashman's D). The best split of a large sample has D of at most
# 2.7 if the values are normal, 3.5 if uniform, and 6 if there are two modes 6 sd apart.
LEAST_SEPARATION = 4.0


# The best split of n values has too large a D, by about this over n. Simulated with 30, 40, 60 and
# 120 values: at most 2 % of samples with one mode (normal, lognormal, exponential, t(3), uniform,
# AR(1) of 0.8) pass, and of mixtures 6 sd apart 88 % with 30 values and 95 % or more from 40 on.
SMALL_SAMPLE = 27


# Modes less than 2 % apart, the default margin of a verdict, do not matter.
LEAST_DISTANCE = log1p(0.02)


# Most values used for a drift: the slopes of all their pairs are 80 000 numbers.
MOST_DRIFTING = 400


# The logarithm of the largest plausible change; absurd times must not overflow.
LARGEST = log(1e9)


class Drift(NamedTuple):
    """Slope per second with its 95 % interval: 0.01 is 1 % more every second."""

    slope: float
    low: float
    high: float

    @property
    def clear(self) -> bool:
        """Return whether the interval excludes 0."""
        return self.low > 0 or self.high < 0

    def change(self, seconds: float) -> float:
        """Return the whole change in these seconds, as a share: 0.01 is 1 % more."""
        return expm1(min(self.slope * seconds, LARGEST))


class Modes(NamedTuple):
    """Means of two modes, and the share of the values in the lower one."""

    low: float
    high: float
    share: float


def drift(values: Sequence[float], times: Sequence[float]) -> Drift | None:
    """Estimate the Theil-Sen slope of values over times: Sen (1968), J. Amer. Stat. Assoc. 63.

    Its interval is widened by sqrt(n/effective n) of the residuals, because correlated samples
    would look like a drift: Yue & Wang (2004), Water Resources Management 18(3). None for fewer
    than LEAST_DRIFTING values or if all times are equal. Of more than MOST_DRIFTING values, evenly
    spaced ones are used, because memory grows with the square of their number.
    """
    every = max(1, -(-len(values) // MOST_DRIFTING))
    values, times = values[::every], times[::every]
    if len(values) < LEAST_DRIFTING or min(times) == max(times):
        return None
    with np.errstate(invalid="ignore"):  # with mostly equal values the variance is nan
        fit = theilslopes(values, times, alpha=CONFIDENCE)
    slope, _, low, high = (float(part) for part in fit)
    if isnan(low) or isnan(high):
        return None
    residuals = np.asarray(values, dtype=float) - slope * np.asarray(times, dtype=float)
    stretch = sqrt(len(values) / effective_count(residuals.tolist()))
    return Drift(slope, slope - (slope - low) * stretch, slope + (high - slope) * stretch)


def centre(
    groups: Iterable[Sequence[tuple[float, float]]],
) -> tuple[list[float], list[float]]:
    """Centre the samples of several processes for one common drift; return values and times.

    groups: for each process its samples, as (time, value). Times count from the first sample of the
    process, values from its median, because a jump between two processes is not a drift.
    """
    values: list[float] = []
    times: list[float] = []
    for group in filter(None, groups):
        middle = median(value for _, value in group)
        values += [value - middle for _, value in group]
        times += [time - group[0][0] for time, _ in group]
    return values, times


def modes(values: Sequence[float]) -> Modes | None:
    """Find two modes; None if there is one, or fewer than LEAST_MODAL values.

    The split with the smallest variance within its sides (Otsu 1979, IEEE Trans. Systems, Man,
    Cybernetics 9(1)) counts if the D of Ashman, Bird & Zepf (1994), Astronomical Journal 108,
    separates the sides, and if their distance matters. Far outliers may hide modes but do not
    produce them.
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
    """Return the size of the lower part of the split with the largest variance between parts."""
    n = len(ordered)
    least = ceil(LEAST_SHARE * n)
    left = np.arange(least, n - least + 1)
    sums = np.cumsum(ordered - ordered.mean())[left - 1]
    return int(left[np.argmax(sums**2 / (left * (n - left)))])
