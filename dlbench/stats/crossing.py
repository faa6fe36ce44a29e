"""Where the log ratio of two times crosses 0 along an axis, from a few points; pure functions.

Two answers. The *bracket* lies between the last point at which one side is surely faster and the
first at which the other one is: it needs nothing but that the ratio rises or falls all the way. The
*interval* comes from a straight line through the points near the crossing, and is narrower.
"""

from collections.abc import Sequence
from itertools import groupby, pairwise
from math import inf, isfinite, log2, sqrt
from typing import NamedTuple

import numpy as np
from scipy.special import stdtrit

from dlbench.stats.location import CONFIDENCE, Variance

ALPHA = 1 - CONFIDENCE

# Points of a log ratio up to this (a factor of 1.4) are on the line, and the nearest ones in any
# case: further away the ratio of two costs is no straight line any more.
NEAR, FEWEST_NEAR = 0.35, 4

# A line through two points shows no lack of fit.
FEWEST_ON_LINE = 3

# Smaller errors of a point are not believed: turns cost more.
LEAST_ERROR = 1e-3

CHANGED_ONCE = 2


class Point(NamedTuple):
    """The natural logarithm of the right time over the left one, at a value of the axis.

    Above 0, the left side is faster. error: the standard error of the point's own rounds, infinite
    if nothing is known; luck: the variance that all points share, as their processes are the same.
    """

    value: int
    ratio: float
    error: float
    luck: Variance = Variance(0.0, 0)

    @property
    def x(self) -> float:
        """Return the place of the point on a logarithmic axis."""
        return log2(self.value)

    def side(self, alpha: float) -> int:
        """Return 1 if the left side is surely faster, -1 if the right one is, 0 if unsure.

        alpha: the error of both claims together.
        """
        if not isfinite(self.error):
            return 0
        reach = _reach(self.error**2, self.luck, alpha)
        return 1 if self.ratio > reach else -1 if self.ratio < -reach else 0


def _reach(variance: float, luck: Variance, alpha: float, df: float = inf) -> float:
    """Return half the width of Student's interval of a sum of two variances.

    The degrees of freedom are those of the sum (Satterthwaite 1946, Biometrics Bulletin 2).
    """
    whole = variance + luck.value
    shares = variance**2 / df + (luck.value**2 / luck.df if luck.df else 0.0)
    of_sum = whole**2 / shares if shares else inf
    return float(stdtrit(min(of_sum, _MOST_DF), 1 - alpha / 2)) * sqrt(whole)


# Student's distribution is the normal one from here on; the function takes no infinity.
_MOST_DF = 1e9


class Stretch(NamedTuple):
    """Neighbouring points at which the same side is surely faster. values: in ascending order."""

    side: int
    values: tuple[int, ...]

    @property
    def first(self) -> int:
        """Return the smallest value."""
        return self.values[0]

    @property
    def last(self) -> int:
        """Return the largest value."""
        return self.values[-1]


class Crossing(NamedTuple):
    """Where the faster side changes: the value, its 95 % interval, and the bracket around it.

    before: the side that is faster below, 1 for the left one; is_of_line: whether value and
    interval come from the line; otherwise the interval is the bracket.
    """

    value: float
    low: float
    high: float
    bracket_low: int
    bracket_high: int
    before: int
    is_of_line: bool


def stretches(points: Sequence[Point]) -> list[Stretch]:
    """Return the stretches with a sure side, in ascending order.

    Points near the crossing share the error (Bonferroni); those further away cost none.
    """
    claims = max(1, sum(abs(point.ratio) <= NEAR for point in points))
    alpha = 2 * ALPHA / claims  # a claim is wrong on one side alone
    sure = [(side, p.value) for p in sorted(points) if (side := p.side(alpha))]
    return [
        Stretch(side, tuple(value for _, value in those))
        for side, those in groupby(sure, key=lambda one: one[0])
    ]


def crossing(points: Sequence[Point]) -> Crossing | None:
    """Return where the faster side changes; None unless it surely changes exactly once."""
    found = stretches(points)
    if len(found) != CHANGED_ONCE:
        return None
    before, after = found
    ends = before.last, after.first
    line = _on_line(points, before.side)
    value, low, high = line or (sqrt(ends[0] * ends[1]), *map(float, ends))
    return Crossing(value, low, high, *ends, before.side, line is not None)


def _on_line(points: Sequence[Point], before: int) -> tuple[float, float, float] | None:
    """Return the zero of a line and its interval; None if the line shows no slope for certain.

    A weighted line in the logarithm of the axis, whose errors grow by its lack of fit (Birge 1932,
    Physical Review 40). The zero of a line has the interval of Fieller (1954), J. Royal Stat. Soc.
    B 16; the luck adds to the variance of the line's height. Ends lie within the measured values.
    """
    near = _near(points)
    if len(near) < FEWEST_ON_LINE:
        return None
    x = np.array([point.x for point in near])
    y = np.array([point.ratio for point in near])
    weights = np.array([max(point.error, LEAST_ERROR) for point in near]) ** -2.0
    middle = float(np.average(x, weights=weights))
    height = float(np.average(y, weights=weights))
    spread = float(weights @ (x - middle) ** 2)
    slope = float(weights @ ((x - middle) * y)) / spread
    if slope * before >= 0:
        return None
    df = len(near) - 2
    misfit = float(weights @ (y - height - slope * (x - middle)) ** 2) / df
    birge, df_line = (misfit, float(df)) if misfit > 1 else (1.0, inf)
    of_height, of_slope = birge / float(weights.sum()), birge / spread
    luck = max((point.luck for point in near), key=lambda one: one.value)
    zero = -height / slope
    variance = of_height + of_slope * zero**2
    t = _reach(variance, luck, ALPHA, df_line) / sqrt(variance + luck.value)
    roots = _fieller(height, slope, of_height + luck.value, of_slope, t)
    if roots is None:
        return None
    ends = min(point.value for point in points), max(point.value for point in points)
    value, low, high = (2 ** min(max(middle + one, -1.0), 64.0) for one in (zero, *roots))
    return (
        min(max(value, ends[0]), ends[1]),
        min(max(low, ends[0]), ends[1]),
        max(min(high, ends[1]), ends[0]),
    )


def _near(points: Sequence[Point]) -> list[Point]:
    known = sorted((p for p in points if isfinite(p.error)), key=lambda p: abs(p.ratio))
    if not known:
        return []
    most = max(NEAR, abs(known[:FEWEST_NEAR][-1].ratio))
    return [point for point in known if abs(point.ratio) <= most]


def _fieller(
    height: float, slope: float, of_height: float, of_slope: float, t: float
) -> tuple[float, float] | None:
    """Return the interval of the zero of `height + slope d`, whose variances are independent."""
    a, b, c = slope**2 - t**2 * of_slope, height * slope, height**2 - t**2 * of_height
    if a <= 0:
        return None
    root = sqrt(max(0.0, b**2 - a * c))
    return (-b - root) / a, (-b + root) / a


# --- which point to measure next ----------------------------------------------------------------

# Points at most: what a minute holds.
MOST_POINTS = 12

# Without a change of the sure side, so many points spread over the axis are enough.
FEWEST_POINTS = 5

# Neighbouring points are no closer than this many powers of two (a factor of 1.07).
FINEST = 0.1

# A new point lies between these shares of its gap: the ends say nothing new.
LEAST_SHARE, MOST_SHARE = 0.15, 0.85

# If one end is so many times as far from the crossing as the other, the ratio is no straight line
# between them, and the middle tells more than the zero of that line.
UNEQUAL = 4.0


def next_value(points: Sequence[Point], first: int, last: int) -> int | None:
    """Return the value of the axis to measure next; None if the points are enough.

    First both ends; then the place where the ratio should be 1, between the points that are surely
    on either side; then the gaps beside what cannot be told.
    """
    ordered = sorted(points)
    values = [point.value for point in ordered]
    for end in (first, last):
        if end not in values:
            return end
    if len(points) >= MOST_POINTS:
        return None
    sure = [point for point in ordered if point.side(ALPHA)]
    change = next(((a, b) for a, b in pairwise(sure) if a.side(ALPHA) != b.side(ALPHA)), None)
    if change is None:
        return _in_widest(list(pairwise(values))) if len(points) < FEWEST_POINTS else None
    return _within(*change, [one for one in ordered if change[0] < one < change[1]])


def _in_widest(gaps: Sequence[tuple[int, int]]) -> int | None:
    """Return the middle of the widest gap that has room for another point."""
    wide = [gap for gap in gaps if _is_open(*gap)]
    return _place(*max(wide, key=lambda gap: gap[1] / gap[0]), 0.5) if wide else None


def _within(a: Point, b: Point, unsure: Sequence[Point]) -> int | None:
    """Return a value between two points on different sides, given those in between."""
    if not unsure:
        return _place(a.value, b.value, _share(a, b)) if _is_open(a.value, b.value) else None
    return _in_widest([(a.value, unsure[0].value), (unsure[-1].value, b.value)])


def _share(a: Point, b: Point) -> float:
    """Return where between two points the ratio should be 1, as a share of their distance."""
    ours, theirs = abs(a.ratio), abs(b.ratio)
    if max(ours, theirs) > UNEQUAL * min(ours, theirs):
        return 0.5
    return min(max(ours / (ours + theirs), LEAST_SHARE), MOST_SHARE)


def _is_open(low: int, high: int) -> bool:
    return high - low > 1 and log2(high / low) > FINEST


def _place(low: int, high: int, share: float) -> int:
    """Return a whole number strictly between two, at this share of their distance in powers."""
    return min(max(round(low * (high / low) ** share), low + 1), high - 1)
