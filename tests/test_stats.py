"""The median and its interval: exact where it is exact, and covering what it claims to cover."""

from collections.abc import Callable
from statistics import StatisticsError

import numpy as np
import pytest

from dlbench.stats import Estimate, median_with_interval

# Ranks (from 1) of the ends of the symmetric interval of 95 %, as the sign test has them.
RANKS = {
    6: (1, 6),
    7: (1, 7),
    8: (1, 8),
    9: (2, 8),
    10: (2, 9),
    11: (2, 10),
    12: (3, 10),
    15: (4, 12),
    20: (6, 15),
    25: (8, 18),
    50: (18, 33),
    70: (27, 44),
}


@pytest.mark.parametrize(
    ("values", "median"),
    [([3.0], 3.0), ([1.0, 2.0], 1.5), ([5, 1, 3], 3), ([4, 1, 3, 2], 2.5), ([1] * 5, 1)],
)
def test_below_six_values_there_is_a_median_and_no_interval(values, median: float) -> None:
    assert median_with_interval(values) == Estimate(median, None, None)


def test_of_nothing_there_is_no_median() -> None:
    with pytest.raises(StatisticsError):
        median_with_interval([])


def chance(n: int, low: int, high: int) -> float:
    """That the median lies between two ranks, by counting all ways to be above or below it."""
    return sum(low <= ways.bit_count() < high for ways in range(2**n)) / 2**n


@pytest.mark.parametrize("n", [n for n in RANKS if n <= 15])
def test_the_ranks_are_the_narrowest_that_reach_95_percent(n: int) -> None:
    low, high = RANKS[n]
    assert chance(n, low, high) >= 0.95 > chance(n, low + 1, high - 1)


@pytest.mark.parametrize(("n", "ranks"), RANKS.items())
def test_the_interval_ends_at_these_ranks(n: int, ranks) -> None:
    shuffled = np.random.default_rng(n).permutation(np.arange(1.0, n + 1))
    estimate = median_with_interval(shuffled.tolist())
    assert estimate == Estimate((n + 1) / 2, *ranks)


def test_less_confidence_needs_fewer_values_and_gives_a_narrower_interval() -> None:
    assert median_with_interval([1, 2, 3, 4, 5], confidence=0.9) == Estimate(3, 1, 5)
    assert median_with_interval(range(1, 13), confidence=0.8) == Estimate(6.5, 4, 9)


def test_equal_values_have_an_interval_of_no_width() -> None:
    assert median_with_interval([2.0] * 12) == Estimate(2.0, 2.0, 2.0)


def test_the_values_are_left_as_they_are() -> None:
    values = [3.0, 1.0, 2.0]
    median_with_interval(values)
    assert values == [3.0, 1.0, 2.0]


# Every distribution has the median 0.
DISTRIBUTIONS: dict[str, Callable[[np.random.Generator, tuple[int, int]], np.ndarray]] = {
    "normal": lambda rng, shape: rng.normal(size=shape),
    "heavy-tailed": lambda rng, shape: rng.standard_cauchy(size=shape),
    "lognormal": lambda rng, shape: rng.lognormal(size=shape) - 1,
}
RUNS = 3000
LEAST = 0.93


def coverage(ordered: np.ndarray, low: int, high: int) -> float:
    """How often the interval between two ranks holds the median 0."""
    return float(np.mean((ordered[:, low - 1] <= 0) & (ordered[:, high - 1] >= 0)))


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
@pytest.mark.parametrize("n", [6, 10, 12, 20])
def test_the_interval_holds_the_true_median_as_often_as_it_says(distribution: str, n: int) -> None:
    values = DISTRIBUTIONS[distribution](np.random.default_rng(n), (RUNS, n))
    estimates = [median_with_interval(row) for row in values.tolist()]
    assert np.mean([e.low <= 0 <= e.high for e in estimates]) >= LEAST
    low, high = RANKS[n]
    ordered = np.sort(values, axis=1)
    assert coverage(ordered, low + 1, high) < coverage(ordered, low, high)
    assert coverage(ordered, low + 1, high - 1) < LEAST, "the bound would not notice a slip by one"
