"""How much slower a process is than one before that did the same."""

from math import exp

import numpy as np
import pytest

from dlbench.stats.location import Variance
from dlbench.stats.shift import shift

LUCK = Variance(0.03**2, 4)
NO_LUCK = Variance(0.0, 0)


def steps(middle, count=24, spread=0.01, seed=0):
    return list(middle * np.exp(np.random.default_rng(seed).normal(0, spread, count)))


def test_the_value_is_the_ratio_of_the_medians():
    assert shift([1.0] * 7, [3.0] * 7, LUCK).value == pytest.approx(3)
    assert shift([2.0, 2.0, 8.0], [1.0, 1.0, 1.0], LUCK).value == pytest.approx(0.5)


def test_without_values_there_is_none():
    assert shift([], [1.0], LUCK) is None
    assert shift([1.0], [], LUCK) is None


def test_with_few_values_there_is_no_interval():
    found = shift([1.0] * 3, [2.0] * 24, LUCK)
    assert (found.low, found.high) == (None, None)


def test_luck_makes_the_interval_wider_also_where_samples_do_not_differ():
    found = shift([1.0] * 24, [1.0] * 24, LUCK)
    assert found.low == pytest.approx(exp(-2.776 * 0.03), rel=1e-3), "Student's t with 4"
    assert found.high == pytest.approx(exp(2.776 * 0.03), rel=1e-3)


def test_both_sides_count():
    one = shift(steps(1.0), [1.0] * 24, NO_LUCK)
    both = shift(steps(1.0), steps(1.0, seed=1), NO_LUCK)
    assert both.high / both.low > one.high / one.low > 1


def test_the_interval_contains_no_change_as_often_as_it_says():
    rng, covered = np.random.default_rng(7), 0
    for _ in range(400):
        sides = [np.exp(rng.normal(0, 0.01, 12) + rng.normal(0, 0.03 / 2**0.5)) for _ in "ab"]
        found = shift(*map(list, sides), Variance(0.03**2, 100))
        covered += found.low <= 1 <= found.high
    assert 0.92 <= covered / 400 <= 0.98
