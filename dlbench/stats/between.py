"""Two measurements that were not made together: what differs between runs. Pure functions.

All values are natural logarithms, of seconds or of ratios.
"""

from collections.abc import Sequence
from math import pi
from statistics import fmean, median
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq

from dlbench.stats.location import Variance
from dlbench.stats.luck import USUAL, Spread, pooled

# The time of the same step differs between two runs on different days by 10 %, as the whole machine
# may be slower: kept runs of one machine differ by up to 21 %. A prior, worth what USUAL is worth.
USUAL_OF_TIMES = Variance(2 * 0.1**2, USUAL.df)

# No variance is known better than this: the mean of many is taken as exact.
MANY_DF = 1e6

# A variance of 0 has no weight; (0.0001 %)² is below any clock.
LEAST_VARIANCE = 1e-12


class Anchor(NamedTuple):
    """The change that is common to all unchanged cases: that of the machine.

    value: its log ratio; between: the variance of the log ratio of one case between two runs, less
    that within the runs; parts: the variances of the value; targets, cases: how many it rests on.
    """

    value: float
    between: Variance
    parts: tuple[Variance, ...] = ()
    targets: int = 0
    cases: int = 0


NO_ANCHOR = Anchor(0.0, USUAL_OF_TIMES)
"""Without unchanged cases, times are compared as they are."""


class Unchanged(NamedTuple):
    """A case whose software is the same in both runs: log ratio, and its variance within them."""

    target: str
    value: float
    variance: float


def excess_variance(values: Sequence[float], variances: Sequence[float]) -> float:
    """Return the variance that values have beyond what is known of each; 0 if they have none.

    Paule & Mandel (1982), Journal of Research of the National Bureau of Standards 87(5): the one
    with which the weighted squares come to their degrees of freedom.
    """
    found, known = np.asarray(values), np.maximum(np.asarray(variances), LEAST_VARIANCE)
    count = len(found)

    def surplus(excess: float) -> float:
        weights = 1 / (known + excess)
        mean = weights @ found / weights.sum()
        return float(weights @ (found - mean) ** 2) - (count - 1)

    if count < 2 or surplus(0.0) <= 0:  # noqa: PLR2004 - one value does not vary
        return 0.0
    # with all squares as the excess alone, no more than their number is left
    most = float(((found - found.mean()) ** 2).sum())
    return float(brentq(surplus, 0.0, most, rtol=1e-6))


def anchor_of(unchanged: Sequence[Unchanged], usual: Variance) -> Anchor | None:
    """Return the common change of unchanged cases; None without any.

    usual: the variance of the log ratio of two processes on this machine. The variance between
    runs is that, pooled with what these cases show. Cases of a target share processes and so their
    luck: the targets are counted, not the cases.
    """
    if not unchanged:
        return None
    targets = len({one.target for one in unchanged})
    value = median(one.value for one in unchanged)
    between = usual
    if targets > 1:
        excess = excess_variance(
            [one.value for one in unchanged], [one.variance for one in unchanged]
        )
        # the mean follows what cases of a target share; so much of it is lost
        shown = Spread(excess * targets / (targets - 1), targets - 1)
        between = pooled(usual, shown)
    share = of_median(targets)
    within = fmean(one.variance for one in unchanged)
    parts = (Variance(share * within, MANY_DF),)
    return Anchor(value, between, parts, targets, len(unchanged))


def of_median(count: int) -> float:
    """Return the variance of the median of so many normal values, as a share of that of one.

    Within 2 % of the exact values 0.449, 0.287 and 0.210 for 3, 5 and 7.
    """
    return (pi / 2) / (count + pi / 2 - 1)


def between_runs(anchor: Anchor) -> tuple[Variance, ...]:
    """Return the variances that an anchored ratio has beyond those within the runs.

    That of the case and that of the anchor come from one estimate, so they are one part of the sum.
    """
    factor = 1 + (of_median(anchor.targets) if anchor.targets else 0.0)
    return (Variance(factor * anchor.between.value, anchor.between.df), *anchor.parts)


def added(parts: Sequence[Variance]) -> Variance:
    """Return the sum of independent variances, with its degrees of freedom.

    Satterthwaite (1946), Biometrics Bulletin 2.
    """
    whole = sum(one.value for one in parts)
    squares = sum(one.value**2 / one.df for one in parts if one.df)
    return Variance(whole, whole**2 / squares if squares else 1.0)
