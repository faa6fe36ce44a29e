"""Luck: how much processes that do the same differ in speed, from the ratios of many pairs.

A few repetitions do not show how much those of one pair differ. The other pairs of the run do, and
lend what they know. Pure functions.
"""

from collections.abc import Sequence
from math import exp, inf, log
from statistics import fmean
from typing import NamedTuple

from scipy.optimize import brentq
from scipy.special import polygamma, psi

from dlbench.stats.location import MOST_BORROWED, Variance

# Fewer variances than this say too little about how they differ among each other.
FEWEST_VARIANCES = 6

# What is usual, where nothing else is known: the standard deviation of the log ratio of two
# processes is 3 %, and that is worth two repetitions. Fitted to four kept runs on two machines:
# 3.2 % and 2.4, 4.1 % and 1.5, 2.5 % and 1.8.
USUAL = Variance(0.03**2, 2)

# A variance of 0 has no logarithm; (0.01 %)² is below what processes differ by anywhere.
LEAST_VARIANCE = 1e-8

# Variances that differ wildly would be worth nearly nothing, and intervals would explode.
LEAST_WORTH = 1.0


class Spread(NamedTuple):
    """The variance of the medians of one pair's repetitions, and its degrees of freedom."""

    value: float
    df: int


def fitted(spreads: Sequence[Spread]) -> Variance | None:
    """Return the variance that a pair may borrow, and the degrees of freedom it is worth.

    The variances of pairs are taken as scaled F: Smyth (2004), Statistical Applications in Genetics
    and Molecular Biology 3(1), section 6.2. None for fewer than FEWEST_VARIANCES.
    """
    if len(spreads) < FEWEST_VARIANCES:
        return None
    centred = [
        log(max(value, LEAST_VARIANCE)) - float(psi(df / 2)) + log(df / 2) for value, df in spreads
    ]
    middle, count = fmean(centred), len(centred)
    scatter = sum((one - middle) ** 2 for one in centred) / (count - 1)
    excess = scatter - fmean(float(polygamma(1, df / 2)) for _, df in spreads)
    worth = max(2 * inverse_trigamma(excess), LEAST_WORTH)
    shift = 0.0 if worth == inf else float(psi(worth / 2)) - log(worth / 2)
    return Variance(exp(middle + shift), min(worth, MOST_BORROWED))


def inverse_trigamma(value: float) -> float:
    """Return x with ψ'(x) = value; infinity for values up to 0."""
    if value <= 0:
        return inf
    # 1/x < ψ'(x) < 1/x + 1/x²
    low, high = 1 / (value + 1), 1 / value + 1
    low = min(low, value**-0.5)
    return float(brentq(lambda x: float(polygamma(1, x)) - value, low, high))


def pooled(usual: Variance, own: Spread) -> Variance:
    """Return the variance of a pair that has shown some of its own, and its degrees of freedom.

    Both are weighted by their degrees of freedom: Smyth (2004), as above, equation 3.
    """
    df = usual.df + own.df
    return Variance((usual.df * usual.value + own.df * own.value) / df, df)


def raised(usual: Variance, nulls: Sequence[float]) -> Variance:
    """Return the usual variance, raised by what null ratios show, never lowered.

    nulls: log ratios of a case to itself, one per process: their true value is 0.
    """
    df = usual.df + len(nulls)
    value = (usual.df * usual.value + sum(one**2 for one in nulls)) / df
    return Variance(value, min(df, max(MOST_BORROWED, usual.df))) if value > usual.value else usual
