"""How much the speed of a machine has changed between two processes that do the same."""

from collections.abc import Sequence
from math import exp, log

from dlbench.stats.location import Estimate, Location, Variance, location


def shift(before: Sequence[float], after: Sequence[float], luck: Variance) -> Estimate | None:
    """Return how many times as long steps take after than before, with the 95 % interval.

    before, after: seconds of a step, above 0, in one process each; luck: the variance of the log
    ratio of two processes. The variances of both medians and of luck add; the degrees of freedom
    are those of the sum (Satterthwaite 1946, Biometrics Bulletin 2). None without values; without
    an interval if there are too few for one.
    """
    if not before or not after:
        return None
    first, second = location([_logs(before)]), location([_logs(after)], luck)
    value = second.value - first.value
    if None in {first.error, second.error}:
        return Estimate(exp(value), None, None)
    variance, df = _sum(first, second)
    low, high = Location(value, variance**0.5, df, 1).interval()[1:]
    return Estimate(exp(value), exp(low or 0.0), exp(high or 0.0))


def _logs(seconds: Sequence[float]) -> list[float]:
    return [log(one) for one in seconds]


def _sum(*parts: Location) -> tuple[float, float]:
    """Return the sum of the variances, and its degrees of freedom."""
    variances = [(one.error or 0.0) ** 2 for one in parts]
    whole = sum(variances)
    squares = sum(
        variance**2 / one.df for variance, one in zip(variances, parts, strict=True) if one.df
    )
    return whole, whole**2 / squares if squares else 1.0
