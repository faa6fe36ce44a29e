"""The mean log ratio of several workloads, whose measurements share processes. Pure functions."""

from collections.abc import Sequence
from math import sqrt
from statistics import fmean, stdev

from scipy.special import stdtrit

from dlbench.stats.location import CONFIDENCE, Estimate


def of_generations(ratios: Sequence[Sequence[float]], confidence: float = CONFIDENCE) -> Estimate:
    """Return the mean of workloads' log ratios with its interval; all logarithms.

    ratios: for each workload, one per generation. All workloads of a generation are measured in the
    same processes, whose luck they share: their mean is one independent number per generation.
    """
    by_generation = [fmean(values) for values in zip(*ratios, strict=True)]
    middle, count = fmean(by_generation), len(by_generation)
    if count == 1:
        return Estimate(middle, None, None)
    reach = float(stdtrit(count - 1, (1 + confidence) / 2)) * stdev(by_generation) / sqrt(count)
    return Estimate(middle, middle - reach, middle + reach)


def of_intervals(estimates: Sequence[Estimate]) -> Estimate:
    """Return the mean of estimates, with the mean of their ends: as if all luck were shared.

    An end is None if one of theirs is.
    """
    lows, highs = [one.low for one in estimates], [one.high for one in estimates]
    return Estimate(fmean(one.value for one in estimates), _mean(lows), _mean(highs))


def _mean(ends: Sequence[float | None]) -> float | None:
    known = [end for end in ends if end is not None]
    return fmean(known) if known and len(known) == len(ends) else None
