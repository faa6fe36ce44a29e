"""Two targets along an axis: which is faster where, and what each costs.

It needs one run whose rows are those of the axis, measured by the same processes.
"""

from collections.abc import Mapping, Sequence
from math import inf, isfinite
from typing import Literal, NamedTuple

import numpy as np
from msgspec import Struct

from dlbench.analysis.locator import Locator
from dlbench.analysis.pairing.located import LocatedPair
from dlbench.analysis.pairing.luck import Luck
from dlbench.analysis.rows import Row, is_timed
from dlbench.analysis.run import RunAnalysis
from dlbench.stats import crossing
from dlbench.stats.crossing import ALPHA, Crossing, Point, Stretch
from dlbench.stats.line import fitted
from dlbench.stats.location import Variance

Side = Literal["left", "right"]

# Half the width of a normal 95 % interval, in standard errors.
HALF_WIDTH = 1.96

NO_LUCK = Variance(0.0, 0)

# A cost line has two numbers.
FEWEST_ON_LINE = 3


class Place(Struct, frozen=True):
    """Both targets at a value of the axis. flops: floating-point operations of a step.

    left_s, right_s: seconds of a step, None if not measured; ratio: the right time over the left
    one, measured side by side, with its 95 % interval, None if nothing can be told; faster: the
    side that is surely faster.
    """

    value: int
    flops: int
    left_s: float | None = None
    right_s: float | None = None
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    faster: Side | None = None


class CostLine(Struct, frozen=True):
    """The time of a step as t = start_s + value / rate_per_s, fitted by relative errors.

    flops_per_s: the rate in floating-point operations; rate_per_s: in values of the axis, such as
    samples, None where work does not grow in proportion; worst: the largest deviation of a time
    from the line, a share.
    """

    start_s: float
    flops_per_s: float | None
    rate_per_s: float | None
    worst: float

    def seconds(self, flops: float) -> float:
        """Return the seconds of a step of so many floating-point operations."""
        return self.start_s + (flops / self.flops_per_s if self.flops_per_s else 0.0)


class Sure(Struct, frozen=True):
    """Neighbouring values at which the same side is surely faster."""

    side: Side
    first: int
    last: int


class Change(Struct, frozen=True):
    """The value from which the other side is faster, with its 95 % interval.

    below: the side that is faster below; last_below, first_above: the measured values between
    which the answer surely changes; how: `line` if the interval comes from a line through the
    points near it, `bracket` if it is these two.
    """

    value: float
    low: float
    high: float
    below: Side
    last_below: int
    first_above: int
    how: Literal["line", "bracket"]


class Comparison(Struct, frozen=True):
    """Two targets along an axis. places: in ascending order; sure: where a side is surely faster.

    change: where the faster side changes, None unless it does exactly once; left_cost, right_cost:
    None with too few times.
    """

    axis: str
    left: str
    right: str
    places: tuple[Place, ...]
    sure: tuple[Sure, ...]
    change: Change | None
    left_cost: CostLine | None
    right_cost: CostLine | None


class _Pair(NamedTuple):
    """Both rows at a value, and the ratio of the right one to the left one."""

    left: Row
    right: Row
    point: Point | None
    ratio: LocatedPair | None


def points_of(
    analysis: RunAnalysis, values: Mapping[str, int], left: str, right: str
) -> list[Point]:
    """Return the measured points. values: by the id of the workload; left, right: targets' ids."""
    pairs = _pairs(analysis, values, left, right).values()
    return [pair.point for pair in pairs if pair.point is not None]


def compared(
    analysis: RunAnalysis, axis: str, values: Mapping[str, int], left: str, right: str
) -> Comparison:
    """Compare two targets along an axis; the arguments are those of `points_of`."""
    pairs = _pairs(analysis, values, left, right)
    points = [pair.point for pair in pairs.values() if pair.point is not None]
    sure = crossing.stretches(points)
    found = crossing.crossing(points)
    return Comparison(
        axis=axis,
        left=left,
        right=right,
        places=tuple(_place(value, pair, sure) for value, pair in pairs.items()),
        sure=tuple(Sure(_side(one.side), one.first, one.last) for one in sure),
        change=None if found is None else _change(found),
        left_cost=_cost({value: pair.left for value, pair in pairs.items()}),
        right_cost=_cost({value: pair.right for value, pair in pairs.items()}),
    )


def _pairs(
    analysis: RunAnalysis, values: Mapping[str, int], left: str, right: str
) -> dict[int, _Pair]:
    """Return both rows of every value, in ascending order of the values."""
    rows = {(row.workload.id, row.target.id): row for row in analysis.rows}
    alone = Locator(Luck(NO_LUCK, NO_LUCK), analysis.locator.noise)
    found = {}
    for workload, value in sorted(values.items(), key=lambda one: one[1]):
        ours, theirs = rows.get((workload, left)), rows.get((workload, right))
        if ours is None or theirs is None:
            continue
        contest = analysis.contests.get(workload)
        whole = None if contest is None else contest.pairs.get((theirs.case, ours.case))
        point = None
        if whole is not None:
            of_rounds = alone.contest([ours, theirs], [whole.pair]).pairs[theirs.case, ours.case]
            luck = analysis.locator.luck.of(workload, (right, left))
            point = _point(value, of_rounds, luck)
        found[value] = _Pair(ours, theirs, point, whole)
    return found


def _point(value: int, own: LocatedPair, luck: Variance) -> Point | None:
    """Return a point with the error of its own rounds, as wide as its wider side."""
    if own.middle is None:
        return None
    low, high, middle = own.lower(ALPHA / 2), own.upper(ALPHA / 2), own.bounded_middle
    if low is None or high is None:
        return Point(value, middle, inf, luck)
    return Point(value, middle, max(middle - low, high - middle) / HALF_WIDTH, luck)


def _place(value: int, pair: _Pair, sure: Sequence[Stretch]) -> Place:
    left_s, right_s = (
        row.time.seconds if is_timed(row) else None for row in (pair.left, pair.right)
    )
    ratio, flops = pair.ratio, pair.left.workload.work.flops
    if ratio is None or ratio.middle is None:
        return Place(value, flops, left_s, right_s)
    low, high = ratio.lower(ALPHA / 2), ratio.upper(ALPHA / 2)
    return Place(
        value,
        flops,
        left_s,
        right_s,
        ratio=float(np.exp(ratio.bounded_middle)),
        low=None if low is None else float(np.exp(min(low, ratio.bounded_middle))),
        high=None if high is None else float(np.exp(max(high, ratio.bounded_middle))),
        faster=_side_at(value, sure),
    )


def _side_at(value: int, sure: Sequence[Stretch]) -> Side | None:
    return next((_side(one.side) for one in sure if value in one.values), None)


def _side(sign: int) -> Side:
    return "left" if sign > 0 else "right"


def _change(found: Crossing) -> Change:
    return Change(
        value=found.value,
        low=found.low,
        high=found.high,
        below=_side(found.before),
        last_below=found.bracket_low,
        first_above=found.bracket_high,
        how="line" if found.is_of_line else "bracket",
    )


def _cost(rows: Mapping[int, Row]) -> CostLine | None:
    """Fit t = t0 + work / rate (stats/line.py); None for fewer than FEWEST_ON_LINE times."""
    timed = {value: row for value, row in rows.items() if is_timed(row) and row.time.seconds}
    if len(timed) < FEWEST_ON_LINE:
        return None
    work = [float(row.workload.work.flops) for row in timed.values()]
    line = fitted(work, [row.time.seconds or 0.0 for row in timed.values()])
    flops_per_s = line.rate_per_s
    per_value = {row.workload.work.flops / value for value, row in timed.items()}
    is_proportional = len(per_value) == 1 and flops_per_s is not None and isfinite(flops_per_s)
    return CostLine(
        start_s=line.start_s,
        flops_per_s=flops_per_s,
        rate_per_s=flops_per_s / per_value.pop() if is_proportional and flops_per_s else None,
        worst=line.worst,
    )
