"""Steps of a series: those that are there are found, in noise of every kind none."""

import numpy as np
import pytest

from dlbench.stats.steps import propose, steps

MARGIN = 0.02


def level(*parts, sd=0.01, seed=0):
    rng = np.random.default_rng(seed)
    return [float(value + sd * rng.standard_normal()) for size, value in parts for _ in range(size)]


def test_a_step_is_found_where_it_is():
    [step] = steps(level((12, 0.0), (12, 0.1)), MARGIN)
    assert step.at == 12
    assert step.change == pytest.approx(0.1, abs=0.015)
    assert step.p < 0.01


def test_two_steps_are_found():
    assert [step.at for step in steps(level((10, 0.0), (10, 0.2), (10, 0.1)), MARGIN)] == [10, 20]


def test_a_step_within_the_margin_is_none():
    values = level((30, 0.0), (30, 0.015), sd=0.001)
    assert propose(values) == [30]
    assert steps(values, MARGIN) == []


@pytest.mark.parametrize("count", range(6))
def test_a_short_series_has_no_step(count):
    assert steps([0.0, 5.0, 0.0, 5.0, 9.0][:count], MARGIN) == []


def test_a_constant_series_has_no_step():
    assert steps([1.5] * 40, MARGIN) == []


def test_a_series_that_jumps_once_without_noise():
    assert [step.at for step in steps([0.0] * 5 + [0.5] * 5, MARGIN)] == [5]


def test_a_single_bad_day_is_no_step():
    values = level((20, 0.0))
    values[11] += 1.0
    assert steps(values, MARGIN) == []


def test_the_pruned_search_finds_what_the_whole_one_finds():
    values = level((9, 0.0), (4, 0.3), (15, -0.1), (7, 0.05), seed=3)
    assert propose(values) == [9, 13, 28]


def white(rng, n):
    return rng.standard_normal(n)


def resembling(rng, n):
    found = np.zeros(n)
    for at in range(1, n):
        found[at] = 0.5 * found[at - 1] + rng.standard_normal()
    return found


def heavy(rng, n):
    return rng.standard_t(3, n)


def moods(rng, n):
    """Weeks that are slower or faster than others by 3 %, with 1 % of noise."""
    return rng.standard_normal(n) + 3 * np.repeat(rng.standard_normal(n // 5 + 1), 5)[:n]


@pytest.mark.simulation
@pytest.mark.parametrize("noise", [white, resembling, heavy, moods])
def test_no_series_without_a_step_has_one(noise):
    rng = np.random.default_rng(5)
    false = sum(bool(steps([*(0.01 * noise(rng, 100))], MARGIN)) for _ in range(60))
    assert false <= 1  # 2 % of 60


@pytest.mark.simulation
@pytest.mark.parametrize("noise", [white, resembling, heavy])
def test_a_step_of_a_tenth_is_found(noise):
    rng = np.random.default_rng(6)
    found = 0
    for _ in range(60):
        values = 0.01 * noise(rng, 60)
        values[30:] += 0.1
        found += any(abs(step.at - 30) <= 2 for step in steps([*values], MARGIN))
    assert found >= 57
