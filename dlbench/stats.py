"""Statistics of samples: pure functions, no file, no text."""

from collections.abc import Sequence
from math import comb
from statistics import median
from typing import NamedTuple

CONFIDENCE = 0.95


class Estimate(NamedTuple):
    """A median with its interval; low and high are None where none can be claimed."""

    value: float
    low: float | None
    high: float | None


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


def _below(j: int, n: int) -> float:
    """P(Binomial(n, 1/2) < j)."""
    return float(sum(comb(n, i) for i in range(j)) / 2**n)
