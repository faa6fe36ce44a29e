"""Where a ratio crosses 1, on points of known truth."""

import os
from math import exp, inf, log, log2, sqrt

import numpy as np
import pytest
from scipy.optimize import brentq

from dlbench.stats import crossing
from dlbench.stats.crossing import MOST_POINTS, Point, next_value, stretches
from dlbench.stats.location import Variance

# How many times as many runs as in the gate: `nox -s simulate` takes five.
WHOLE = int(os.environ.get("DLBENCH_SIMULATE", "1"))

FIRST, LAST = 1, 4096


def line(*pairs: tuple[int, float], error: float = 0.01, luck: float = 0.0) -> list[Point]:
    """Points with the same error."""
    return [Point(value, ratio, error, Variance(luck**2, 4)) for value, ratio in pairs]


def straight(zero: float, slope: float, *values: int) -> list[Point]:
    """Points on a line in the logarithm of the axis that is 0 at a value."""
    return line(*((value, slope * log2(value / zero)) for value in values))


# --- what points say ----------------------------------------------------------------------------
def test_a_side_is_sure_beyond_its_error_alone() -> None:
    assert Point(1, 0.03, 0.01).side(0.05) == 1
    assert Point(1, -0.03, 0.01).side(0.05) == -1
    assert Point(1, 0.015, 0.01).side(0.05) == 0
    assert Point(1, 9.0, inf).side(0.05) == 0


def test_luck_makes_a_side_unsure() -> None:
    assert Point(1, 0.1, 0.01, Variance(0.02**2, 4)).side(0.05) == 1
    assert Point(1, 0.1, 0.01, Variance(0.05**2, 4)).side(0.05) == 0


def test_neighbours_on_the_same_side_are_a_stretch_whatever_is_unsure_between_them() -> None:
    found = stretches(line((1, 1.0), (2, 0.001), (4, 0.8), (8, 0.0), (16, -0.5), (64, -2.0)))
    assert [(one.side, one.values) for one in found] == [(1, (1, 4)), (-1, (16, 64))]
    assert (found[0].first, found[0].last) == (1, 4)


def test_the_crossing_of_a_straight_line_is_found_to_its_error() -> None:
    found = crossing.crossing(straight(100, -0.3, 1, 32, 64, 128, 256, 4096))
    assert found is not None
    assert found.value == pytest.approx(100, rel=1e-6)
    assert 95 < found.low < 100 < found.high < 105.3
    assert (found.bracket_low, found.bracket_high, found.before) == (64, 128, 1)
    assert found.is_of_line


def test_the_right_side_may_be_faster_below() -> None:
    found = crossing.crossing(straight(100, 0.3, 1, 32, 64, 128, 256, 4096))
    assert found is not None
    assert found.before == -1
    assert found.value == pytest.approx(100, rel=1e-6)


def test_shared_luck_moves_all_points_so_it_widens_the_interval() -> None:
    points = straight(100, -0.3, 1, 32, 64, 128, 256, 4096)
    lucky = [point._replace(luck=Variance(0.03**2, 4)) for point in points]
    plain, wide = crossing.crossing(points), crossing.crossing(lucky)
    assert plain is not None
    assert wide is not None
    reach = 2.776 * sqrt(0.03**2) / 0.3  # Student's t with 4, in powers of two
    assert log2(wide.high / wide.value) == pytest.approx(reach, rel=0.1)
    assert log(wide.high / wide.low) > 4 * log(plain.high / plain.low)


def test_points_beside_the_line_widen_the_interval() -> None:
    points = straight(100, -0.3, 1, 32, 64, 128, 256, 4096)
    bent = [
        one._replace(ratio=one.ratio + (0.05 if one.value in {64, 256} else 0.0)) for one in points
    ]
    plain, wide = crossing.crossing(points), crossing.crossing(bent)
    assert plain is not None
    assert wide is not None
    assert log(wide.high / wide.low) > 2 * log(plain.high / plain.low)


def test_without_a_slope_for_certain_the_interval_is_the_bracket() -> None:
    found = crossing.crossing(line((1, 0.5), (64, -0.5), error=0.1))
    assert found is not None
    assert not found.is_of_line
    assert (found.value, found.low, found.high) == (8.0, 1.0, 64.0)


def test_ends_lie_within_the_measured_values() -> None:
    found = crossing.crossing(line((1, 0.3), (2, 0.1), (3, -0.25), (4, -0.3), error=0.08, luck=0.0))
    assert found is None or 1 <= found.low <= found.value <= found.high <= 4


@pytest.mark.parametrize(
    "points",
    [
        [],
        line((1, 1.0), (4096, 0.5)),
        line((1, 0.001), (4096, -0.5)),
        line((1, 1.0), (8, -1.0), (64, 1.0)),
        line((1, 1.0), (4096, -1.0), error=inf),
    ],
    ids=["nothing", "one side", "one sure end", "twice", "unknown errors"],
)
def test_no_crossing_is_claimed_unless_the_side_surely_changes_once(points) -> None:
    assert crossing.crossing(points) is None


# --- which point next ---------------------------------------------------------------------------
def test_both_ends_come_first() -> None:
    assert next_value([], 1, 4096) == 1
    assert next_value(line((1, 1.0)), 1, 4096) == 4096


def test_the_next_point_is_where_the_ratio_should_be_1() -> None:
    assert next_value(line((1, 1.0), (4096, -1.0)), 1, 4096) == 64
    assert next_value(line((1, 2.0), (4096, -1.0)), 1, 4096) == 256


def test_an_end_that_is_far_away_tells_nothing_of_the_other_so_the_middle_is_next() -> None:
    assert next_value(line((1, 5.0), (4096, -0.1)), 1, 4096) == 64


def test_gaps_beside_what_cannot_be_told_are_halved() -> None:
    points = line((1, 1.0), (64, 0.001), (4096, -1.0))
    assert next_value(points, 1, 4096) in {8, 512}
    closer = [*points, *line((512, -0.6))]
    assert next_value(closer, 1, 4096) == 8


def test_neighbours_have_nothing_between_them() -> None:
    assert next_value(line((1, 1.0), (7, 0.5), (8, -0.5), (9, -1.0)), 1, 9) is None


def test_one_side_everywhere_takes_five_points() -> None:
    values = []
    while (value := next_value(line(*((v, 1.0) for v in values)), 1, 4096)) is not None:
        values.append(value)
    assert values[:2] == [1, 4096]
    assert sorted(values) == [1, 8, 64, 512, 4096]


def test_a_short_axis_is_measured_whole() -> None:
    values = []
    while (value := next_value(line(*((v, 1.0) for v in values)), 1, 3)) is not None:
        values.append(value)
    assert sorted(values) == [1, 2, 3]


# --- 1,000 searches -----------------------------------------------------------------------------
class Truth:
    """Two cost lines t = start + value / rate that cross within the axis; noise and luck.

    shared: the part of the luck that all points have in common; the rest differs by point.
    """

    def __init__(self, rng: np.random.Generator, shared: float) -> None:
        self.rng, self.shared = rng, shared
        self.noise = float(rng.uniform(0.005, 0.03))
        self.luck = float(rng.uniform(0.005, 0.03))
        self.zero = float(exp(rng.uniform(log(4), log(1500))))
        slope = 1.0
        other = slope * float(rng.uniform(0.02, 0.7))
        start = float(exp(rng.uniform(log(0.1), log(30))))
        self.left = (start, slope)
        self.right = (start + (slope - other) * self.zero, other)
        self.common = self.luck * sqrt(shared) * float(rng.standard_normal())
        known = float(rng.chisquare(4)) / 4
        self.told = Variance(self.luck**2 * known, 4)

    def ratio(self, value: float) -> float:
        return log((self.right[0] + self.right[1] * value) / (self.left[0] + self.left[1] * value))

    def point(self, value: int) -> Point:
        own = self.luck * sqrt(1 - self.shared) * float(self.rng.standard_normal())
        noise = self.noise * float(self.rng.standard_normal())
        return Point(value, self.ratio(value) + self.common + own + noise, self.noise, self.told)

    def search(self) -> list[Point]:
        points: list[Point] = []
        while (value := next_value(points, FIRST, LAST)) is not None:
            points.append(self.point(value))
        return points


def held(runs: int, shared: float, seed: int) -> dict[str, float]:
    """What so many searches come to, as shares of them."""
    rng = np.random.default_rng(seed)
    inside, bracketed, widths, most, found = [], [], [], 0, 0
    for _ in range(runs):
        truth = Truth(rng, shared)
        points = truth.search()
        most = max(most, len(points))
        one = crossing.crossing(points)
        if one is None:
            continue
        found += 1
        inside.append(one.low <= truth.zero <= one.high)
        bracketed.append(one.bracket_low <= truth.zero <= one.bracket_high)
        widths.append(sqrt(one.high / one.low))
    return {
        "found": found / runs,
        "inside": float(np.mean(inside)),
        "bracketed": float(np.mean(bracketed)),
        "width": float(np.median(widths)),
        "most": most,
    }


def test_a_truth_crosses_where_it_says() -> None:
    truth = Truth(np.random.default_rng(3), 1.0)
    assert brentq(truth.ratio, FIRST, LAST) == pytest.approx(truth.zero)


@pytest.mark.parametrize("shared", [0.0, 0.7, 1.0])
def test_intervals_hold_the_truth_in_some_searches(shared: float) -> None:
    result = held(60, shared, seed=11)
    assert result["inside"] >= 0.88
    assert result["most"] <= MOST_POINTS


@pytest.mark.simulation
@pytest.mark.parametrize("shared", [0.0, 0.7, 1.0])
def test_intervals_hold_the_truth_in_a_thousand_searches(shared: float) -> None:
    """And are no wider than of use: by a factor of 1.3 on either side, in half of the searches."""
    result = held(1000 * WHOLE, shared, seed=int(10 * shared))
    assert result["found"] >= 0.97
    assert result["inside"] >= 0.93
    assert result["bracketed"] >= 0.93
    assert result["width"] <= 1.3
    assert result["most"] <= MOST_POINTS


@pytest.mark.simulation
def test_equal_sides_rarely_cross() -> None:
    """Neither side is ever faster: every crossing would be a false claim."""
    rng, claims = np.random.default_rng(5), 0
    for _ in range(1000 * WHOLE):
        points: list[Point] = []
        shift = 0.02 * float(rng.standard_normal())
        told = Variance(0.02**2 * float(rng.chisquare(4)) / 4, 4)
        while (value := next_value(points, FIRST, LAST)) is not None:
            ratio = shift + 0.01 * float(rng.standard_normal())
            points.append(Point(value, ratio, 0.01, told))
        claims += crossing.crossing(points) is not None
    assert claims <= 0.02 * 1000 * WHOLE
