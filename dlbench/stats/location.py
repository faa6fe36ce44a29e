"""Statistics of samples: pure functions, no file, no text.

From `lag1` on, all values are natural logarithms (of seconds, or of ratios of same-round blocks):
callers exponentiate. Three things make an interval wider than blocks alone suggest, and each is
accounted for: successive blocks resemble each other (`effective_count`), every generation of
processes has prior of its own (`location`), and few generations do not show how much prior there
is, which the run's null pairs do (`Variance`).
"""

from collections.abc import Sequence
from math import comb, inf, pi, sqrt
from statistics import fmean, median
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri, stdtr, stdtrit

CONFIDENCE = 0.95


# The order-statistic interval of the median reaches 95 % from here on; below, no spread is claimed.
LEAST_VALUES = 6


# An estimate of the autocorrelation may exceed 1; from here on it only says "hardly any news".
MOST_CORRELATION = 0.95


# What targets have in common of their prior counts as much as so many degrees of freedom of a
# target's own. Simulated with targets whose prior differs by a factor of 2 (sd of the log 0.7), two
# generations and nine null ratios, intervals of 95 % hold the truth in 93 % of cases with 4,
# 91 % with 6 and 90 % with all nine; with alike targets in 95 % or more with 4.
MOST_BORROWED = 4


class Estimate(NamedTuple):
    """A median with its interval; low and high are None where none can be claimed."""

    value: float
    low: float | None
    high: float | None


class Variance(NamedTuple):
    """What the run's null pairs, whose true log ratio is 0, say of the prior of processes.

    variance: the mean square of their log ratios, one a generation; count: how many.
    """

    variance: float
    count: int  # type: ignore[assignment]  # hides tuple.count


class Location(NamedTuple):
    """Where a log ratio lies: value, standard error, degrees of freedom, number of generations.

    error and df are None where no spread can be claimed.
    """

    value: float
    error: float | None
    df: float | None
    groups: int

    def interval(self, confidence: float = CONFIDENCE) -> Estimate:
        """The interval of Student's t (1908) around the value, itself a logarithm."""
        if self.error is None or self.df is None:
            return Estimate(self.value, None, None)
        reach = float(stdtrit(self.df, (1 + confidence) / 2)) * self.error
        return Estimate(self.value, self.value - reach, self.value + reach)

    def p_beyond(self, margin: float) -> float | None:
        """The p-value of "the true value is within ± margin", a logarithm of at least 0.

        Twice the one-sided p at the nearer edge, at most 1: it is below 0.05 exactly where the
        interval of 95 % lies beyond the margin. A half of it would be valid too (Berger & Hsu
        1996, Statistical Science 11(4)), but would disagree with the interval.
        """
        if self.error is None or self.df is None:
            return None
        return min(1.0, 2 * float(stdtr(self.df, -_over(abs(self.value) - margin, self.error))))


def median_with_interval(values: Sequence[float], confidence: float = CONFIDENCE) -> Estimate:
    """The median and the narrowest symmetric order-statistic interval of the given coverage.

    The interval from the j-th smallest to the j-th largest of n independent values holds the
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
    """How much successive values resemble each other: the autocorrelation at lag 1.

    The mean product of neighbours over the mean square, plus (1 + 3r)/n, as it is too low by that:
    Kendall (1954) and Marriott & Pope (1954), Biometrika 41. It may exceed 1. None below
    LEAST_VALUES values or where all are equal.
    """
    n = len(values)
    if n < LEAST_VALUES or min(values) == max(values):
        return None
    deviations = np.asarray(values, dtype=float) - fmean(values)
    r = float(deviations[1:] @ deviations[:-1] / (deviations @ deviations)) * n / (n - 1)
    return r + (1 + 3 * r) / n


def effective_count(values: Sequence[float]) -> float:
    """How many independent values say as much as these: n (1 - r)/(1 + r).

    Bayley & Hammersley (1946), J. Royal Stat. Soc. Supplement 8(2), for an AR(1) process. r is
    that of the ranks (Bartels 1982, J. Amer. Stat. Assoc. 77): a few spikes hide the correlation
    of values (with AR(1) of 0.6 and spikes in a tenth of 40 values, the interval of 95 % covers
    80 % that way, 92 % with ranks), but do not move a median. Below 0 it counts as 0.
    """
    r = lag1(_ranks(values)) or 0.0
    r = min(max(r, 0.0), MOST_CORRELATION)
    return len(values) * (1 - r) / (1 + r)


def median_error(values: Sequence[float]) -> float | None:
    """The standard error of the median; None below LEAST_VALUES values.

    Half the distance between the ranks n/2 ± z sqrt(n)/2 (Le Boudec 2010, theorem 2.1 with the
    normal approximation; fractional ranks interpolated), over z. The distance is stretched by
    sqrt(n/effective n). No density is estimated: heavy tails do not widen it, and where there are
    two modes of like weight it reaches from one to the other. Ranks beyond the ends are scaled up.
    """
    n = len(values)
    if n < LEAST_VALUES:
        return None
    step = n / sqrt(effective_count(values)) / 2
    middle = (n - 1) / 2
    reach = min(float(ndtri((1 + CONFIDENCE) / 2)) * step, middle)
    low, high = np.interp((middle - reach, middle + reach), np.arange(n), sorted(values))
    return float(high - low) / 2 * step / reach


def location(groups: Sequence[Sequence[float]], prior: Variance | None = None) -> Location:
    """Where the log ratio lies that the blocks of each generation (a group) show.

    The median of all blocks, every generation counting the same; its error knows of the prior of
    processes and of what null pairs say about that luck. Without prior given, one generation says
    nothing of other processes: its error is that within these processes alone. Generations of
    fewer than LEAST_VALUES blocks, whose medians say little, count only where all are so; then no
    spread is claimed.
    """
    filled = [group for group in groups if len(group)]
    if not filled:
        raise ValueError("no values: a location needs at least one group that is not empty")
    groups = [group for group in filled if len(group) >= LEAST_VALUES]
    if not groups:
        middle = fmean(float(median(group)) for group in filled)
        return Location(middle, None, None, len(filled))
    prior = prior or Variance(0.0, 0)
    return _of_one(groups[0], prior) if len(groups) == 1 else _of_several(groups, prior)


def _of_one(group: Sequence[float], prior: Variance) -> Location:
    """With prior, the larger of both variances, and no more degrees of freedom than prior has.

    Also where the blocks vary more than the null pairs did: a null ratio that is small by chance
    proves nothing. Simulated with one null ratio and prior as large as the noise, intervals of 95 %
    would hold the truth in 92 % of cases with the blocks' own degrees of freedom there, and in
    88 % with prior three times the noise; with these, in 100 %.
    """
    error = median_error(group) or 0.0
    df = max(1.0, effective_count(group) - 1)
    if prior.df:
        df = min(df, prior.df, MOST_BORROWED)
    return Location(float(median(group)), max(error, sqrt(prior.value)), df, 1)


def _of_several(groups: Sequence[Sequence[float]], prior: Variance) -> Location:
    """The variance between generations, moderated as by Smyth (2004).

    Statistical Applications in Genetics and Molecular Biology 3(1), article 3 (limma): the own
    variance and the luck's, weighted with their degrees of freedom. The generations' medians are
    independent, so how far they lie from the value holds all that moves them: what blocks within a
    generation vary by too, of which nothing need be assumed. The value is a median and not the
    mean of the medians, which a single generation could carry off that was disturbed unnoticed.
    """
    value = _balanced_median(groups)
    own, borrowed = len(groups) - 1, min(prior.df, MOST_BORROWED)
    spread = sum((float(median(group)) - value) ** 2 for group in groups)
    moderated = (spread + borrowed * prior.value) / (own + borrowed)
    error = sqrt(moderated * _inefficiency(len(groups)) / len(groups))
    return Location(value, error, float(own + borrowed), len(groups))


def _balanced_median(groups: Sequence[Sequence[float]]) -> float:
    """The median of all values, those of a group weighing as much together as any other's."""
    values = np.concatenate([np.asarray(group, dtype=float) for group in groups])
    weights = np.concatenate([np.full(len(group), 1 / len(group)) for group in groups])
    order = np.argsort(values, kind="stable")
    below, half = np.cumsum(weights[order]), len(groups) / 2
    ends = np.searchsorted(below, (half - _TIE, half + _TIE))
    return float(values[order][np.minimum(ends, len(values) - 1)].mean())


# How far sums of weights may round: a weight is a millionth at least.
_TIE = 1e-9


def _inefficiency(groups: int) -> float:
    """How much the mean square around a median of so many normal values understates its variance.

    At worst, where blocks vary little within a generation. The variance of the median of n is that
    of a value times (π/2)/(n + π/2 - 1), asymptotically π/2n, and within 2 % of the exact 0.449,
    0.287 and 0.210 of 3, 5 and 7; the mean square around the median is larger than around the
    mean by what the two differ by. Of two it is 1: their median is their mean.
    """
    of_median = (pi / 2) / (groups + pi / 2 - 1)
    around = 1 + groups * (of_median - 1 / groups) / (groups - 1)
    return groups * of_median / around


def _ranks(values: Sequence[float]) -> list[float]:
    """Twice the rank of each value, plus a constant; equal values share their mean rank."""
    given = np.asarray(values, dtype=float)
    ordered = np.sort(given)
    places = np.searchsorted(ordered, given, "left") + np.searchsorted(ordered, given, "right")
    return [float(place) for place in places]


def _over(distance: float, error: float) -> float:
    """Distance in errors; infinite where there is no error, and none where it is 0 or less."""
    if error:
        return distance / error
    return inf if distance > 0 else -inf


def _below(j: int, n: int) -> float:
    """P(Binomial(n, 1/2) < j)."""
    return float(sum(comb(n, i) for i in range(j)) / 2**n)
