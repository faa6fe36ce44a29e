"""Estimate medians, ratios and their intervals from samples; pure functions.

From `lag1` on, all values are natural logarithms (of seconds, or of ratios within a round): callers
exponentiate. Three effects make an interval wider than independent samples suggest: successive
samples are correlated (`effective_count`); processes differ in speed (`location`); and a few
generations do not show by how much, which the other pairs of the run do (`Variance`, luck.py).
"""

from collections.abc import Sequence
from math import comb, inf, pi, sqrt
from statistics import fmean, median
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri, stdtr, stdtrit

CONFIDENCE = 0.95


# How far the ends of a normal interval lie from its middle, in standard errors.
NORMAL_REACH = float(ndtri((1 + CONFIDENCE) / 2))


# Smallest number of values for which the order-statistic interval of the median reaches 95 %.
LEAST_VALUES = 6


# Upper limit of an estimated autocorrelation, which may exceed 1: there the effective number of
# values would be 0 or negative.
MOST_CORRELATION = 0.95


# A prior variance, estimated from other targets, counts as at most this many degrees of freedom.
# Simulated with targets whose own variances differ by a factor of 2 (sd of the log 0.7), two
# generations and nine null ratios: 95 % intervals contain the true value in 93 % of cases with 4,
# 91 % with 6 and 90 % with all nine; with equal targets in 95 % or more with 4.
MOST_BORROWED = 4


# The correlation of a row's samples counts at most as this; where it is larger, the few samples of
# a row would count as less than one.
MOST_LENT_CORRELATION = 0.8


# Degrees of freedom of the variance of a median: so many at least, as one would make intervals
# explode; and this share of those of the variance of a mean. Simulated with AR(1) of 0 to 0.8 and 6
# to 48 normal samples: 95 % intervals contain the true value in 93.6 to 99.6 % of cases.
LEAST_DF = 2.0
MEDIAN_SHARE = 0.6


class Estimate(NamedTuple):
    """A median with its interval; low and high are None if none can be claimed."""

    value: float
    low: float | None
    high: float | None


class Variance(NamedTuple):
    """A variance between processes, estimated from other cases, with its degrees of freedom."""

    value: float
    df: float


class Location(NamedTuple):
    """Estimate of a log ratio: value, standard error, degrees of freedom, number of generations.

    error and df are None if no interval can be claimed.
    """

    value: float
    error: float | None
    df: float | None
    groups: int

    def interval(self, confidence: float = CONFIDENCE) -> Estimate:
        """Return the interval of Student's t (1908) around the value; all are logarithms."""
        if self.error is None or self.df is None:
            return Estimate(self.value, None, None)
        reach = float(stdtrit(self.df, (1 + confidence) / 2)) * self.error
        return Estimate(self.value, self.value - reach, self.value + reach)

    def p_above(self, margin: float) -> float | None:
        """Return the one-sided p-value of the hypothesis "the true value is at most the margin".

        It is below 0.05 exactly if the lower end of the 90 % interval lies above the margin.
        """
        if self.error is None or self.df is None:
            return None
        return float(stdtr(self.df, -_over(self.value - margin, self.error)))


def median_with_interval(values: Sequence[float], confidence: float = CONFIDENCE) -> Estimate:
    """Return the median and its narrowest symmetric order-statistic interval of this coverage.

    The interval from the j-th smallest to the j-th largest of n independent values contains the
    median with probability 1 - 2 P(Binomial(n, 1/2) < j): Le Boudec (2010), Performance
    Evaluation of Computer and Communication Systems, theorem 2.1. With fewer than 6 values no
    such interval reaches 95 %.
    """
    ordered, n = sorted(values), len(values)
    inside = [j for j in range(1, n // 2 + 1) if 1 - 2 * _below(j, n) >= confidence]
    if not inside:
        return Estimate(median(ordered), None, None)
    return Estimate(median(ordered), ordered[inside[-1] - 1], ordered[-inside[-1]])


def lag1(values: Sequence[float]) -> float | None:
    """Estimate the autocorrelation at lag 1.

    The mean product of neighbours over the mean square, plus (1 + 3r)/n to correct its bias:
    Kendall (1954) and Marriott & Pope (1954), Biometrika 41. It may exceed 1. None for fewer than
    LEAST_VALUES values or if all are equal.
    """
    n = len(values)
    if n < LEAST_VALUES or min(values) == max(values):
        return None
    deviations = np.asarray(values, dtype=float) - fmean(values)
    r = float(deviations[1:] @ deviations[:-1] / (deviations @ deviations)) * n / (n - 1)
    return r + (1 + 3 * r) / n


def rank_correlation(values: Sequence[float]) -> float:
    """Return the autocorrelation at lag 1 of the ranks, from 0 on; 0 if unknown.

    Of ranks (Bartels 1982, J. Amer. Stat. Assoc. 77), because a few spikes hide the correlation of
    the values but do not move a median: with AR(1) of 0.6 and spikes in a tenth of 40 values, a
    95 % interval covers 80 % with values, 92 % with ranks.
    """
    return max(lag1(_ranks(values)) or 0.0, 0.0)


def effective_count(values: Sequence[float]) -> float:
    """Return the effective sample size of correlated values: n (1 - r)/(1 + r).

    Bayley & Hammersley (1946), J. Royal Stat. Soc. Supplement 8(2), for an AR(1) process. r is
    the autocorrelation of the ranks.
    """
    r = min(rank_correlation(values), MOST_CORRELATION)
    return len(values) * (1 - r) / (1 + r)


def median_error(values: Sequence[float], effective: float | None = None) -> float | None:
    """Return the standard error of the median; None for fewer than LEAST_VALUES values.

    Half the distance between the values of rank n/2 ± z sqrt(n)/2 (Le Boudec 2010, theorem 2.1 with
    the normal approximation; fractional ranks interpolated), divided by z, and multiplied by
    sqrt(n/effective n). No density is estimated, so heavy tails do not widen it, and with two modes
    of equal weight it reaches from one to the other. If the ranks lie beyond the smallest and
    largest value, the distance between these is scaled up.

    effective: the effective number of values; None estimates it from the values.
    """
    n = len(values)
    if n < LEAST_VALUES:
        return None
    effective = effective_count(values) if effective is None else effective
    step, middle = sqrt(n) / 2, (n - 1) / 2
    reach = min(NORMAL_REACH * step, middle)
    ordered = sorted(values)
    low, high = _between(ordered, middle - reach), _between(ordered, middle + reach)
    return float(high - low) / 2 * step / reach * sqrt(n / effective)


def _between(ordered: Sequence[float], rank: float) -> float:
    """Return the value of a fractional rank, from 0; a line between two ranks."""
    below = min(int(rank), len(ordered) - 2)
    return (ordered[below + 1] - ordered[below]) * (rank - below) + ordered[below]


def location(
    groups: Sequence[Sequence[float]],
    luck: Variance | None = None,
    correlation: float | None = None,
) -> Location:
    """Estimate the log ratio from the samples of each generation (a group).

    The value is the median of all samples, with equal weight for every generation. Its error
    contains the variance between processes, for which `luck` is used too. With one generation and
    no luck, the error is only that within this generation. Generations of fewer than LEAST_VALUES
    samples count only if all are so short; then no error is claimed. ValueError if all groups are
    empty.

    correlation: of successive samples, by ranks; None estimates it from the samples.
    """
    filled = [group for group in groups if len(group)]
    if not filled:
        raise ValueError("no values: a location needs at least one group that is not empty")
    groups = [group for group in filled if len(group) >= LEAST_VALUES]
    if not groups:
        middle = fmean(float(median(group)) for group in filled)
        return Location(middle, None, None, len(filled))
    luck = luck or Variance(0.0, 0)
    if len(groups) > 1:
        return _of_several(groups, luck)
    [group] = groups
    return _of_one(group, luck, rank_correlation(group) if correlation is None else correlation)


def _of_one(group: Sequence[float], luck: Variance, correlation: float) -> Location:
    """Locate one generation: the variances of its samples and of processes add.

    The degrees of freedom are those of the sum (Satterthwaite 1946, Biometrics Bulletin 2). Those
    of the variance of n correlated values, as of an AR(1) process: n (1 - r²)/(1 + r²) (Bartlett
    1946, J. Royal Stat. Soc. Supplement 8), of which a median has about MEDIAN_SHARE.
    """
    n, r = len(group), min(max(correlation, 0.0), MOST_LENT_CORRELATION)
    effective = max(1.0, n * (1 - r) / (1 + r))
    of_samples = (median_error(group, effective) or 0.0) ** 2
    df = max(LEAST_DF, MEDIAN_SHARE * (n * (1 - r**2) / (1 + r**2) - 1))
    together = of_samples + luck.value
    if together and luck.df:
        df = together**2 / (of_samples**2 / df + luck.value**2 / luck.df)
    return Location(float(median(group)), sqrt(together), df, 1)


def _of_several(groups: Sequence[Sequence[float]], luck: Variance) -> Location:
    """Locate several generations, with a variance moderated by that of others (Smyth 2004).

    Statistical Applications in Genetics and Molecular Biology 3(1), article 3 (limma): own and lent
    variance, weighted by their degrees of freedom. The medians of generations are
    independent, so their distances from the value contain every source of variation, also that
    within a generation; no assumption about it is needed. The value is a median, because a single
    generation that was disturbed unnoticed could carry the mean away.
    """
    value = _balanced_median(groups)
    own, borrowed = len(groups) - 1, min(luck.df, MOST_BORROWED)
    spread = sum((float(median(group)) - value) ** 2 for group in groups)
    moderated = (spread + borrowed * luck.value) / (own + borrowed)
    error = sqrt(moderated * _inefficiency(len(groups)) / len(groups))
    return Location(value, error, float(own + borrowed), len(groups))


def _balanced_median(groups: Sequence[Sequence[float]]) -> float:
    """Return the median of all values, with equal total weight for every group."""
    values = np.concatenate([np.asarray(group, dtype=float) for group in groups])
    weights = np.concatenate([np.full(len(group), 1 / len(group)) for group in groups])
    order = np.argsort(values, kind="stable")
    below, half = np.cumsum(weights[order]), len(groups) / 2
    ends = np.searchsorted(below, (half - _TIE, half + _TIE))
    return float(values[order][np.minimum(ends, len(values) - 1)].mean())


# Tolerance for rounding in sums of weights; the smallest weight is about a millionth.
_TIE = 1e-9


def _inefficiency(groups: int) -> float:
    """Return the factor by which (mean square around the median)/n understates its variance.

    For normal values, and in the worst case, in which samples vary little within a generation. The
    variance of the median of n values is that of one value times (π/2)/(n + π/2 - 1), which tends
    to π/2n, and is within 2 % of the exact 0.449, 0.287 and 0.210 for 3, 5 and 7. The mean square
    around the median exceeds that around the mean by the squared difference of the two. For n = 2
    the factor is 1, because the median is the mean.
    """
    of_median = (pi / 2) / (groups + pi / 2 - 1)
    around = 1 + groups * (of_median - 1 / groups) / (groups - 1)
    return groups * of_median / around


def _ranks(values: Sequence[float]) -> list[float]:
    """Return twice the rank of each value plus a constant; equal values share their mean rank."""
    array = np.asarray(values, dtype=float)
    ordered = np.sort(array)
    places = np.searchsorted(ordered, array, "left") + np.searchsorted(ordered, array, "right")
    return [float(place) for place in places]


def _over(distance: float, error: float) -> float:
    """Return distance / error; without an error, infinity with the sign of the distance."""
    if error:
        return distance / error
    return inf if distance > 0 else -inf


def _below(j: int, n: int) -> float:
    """Return P(Binomial(n, 1/2) < j)."""
    return float(sum(comb(n, i) for i in range(j)) / 2**n)
