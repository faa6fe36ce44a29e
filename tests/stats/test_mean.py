"""The mean over workloads that share processes."""

from math import sqrt

import numpy as np
import pytest

from dlbench.stats.location import Estimate
from dlbench.stats.mean import of_generations, of_intervals


def test_the_mean_is_that_of_generations_with_student_s_interval() -> None:
    found = of_generations([[0.1, 0.2, 0.3], [0.3, 0.4, 0.5]])
    assert found.value == pytest.approx(0.3)
    assert found.high - found.value == pytest.approx(4.302653 * 0.1 / sqrt(3), rel=1e-5)


def test_one_generation_has_no_interval() -> None:
    assert of_generations([[0.1], [0.3]]) == Estimate(pytest.approx(0.2), None, None)


def test_the_mean_of_intervals_is_as_if_all_luck_were_shared() -> None:
    found = of_intervals([Estimate(0.0, -0.1, 0.1), Estimate(1.0, 0.7, 1.3)])
    assert found == Estimate(0.5, pytest.approx(0.3), pytest.approx(0.7))
    assert of_intervals([Estimate(0.0, None, 0.1), Estimate(1.0, 0.7, 1.3)]).low is None


@pytest.mark.parametrize("shared", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("workloads", [4, 20])
@pytest.mark.parametrize("generations", [3, 6])
def test_the_interval_covers_however_much_luck_the_workloads_share(
    shared: float, workloads: int, generations: int
) -> None:
    rng, runs = np.random.default_rng([workloads, generations]), 1500
    common = rng.normal(size=(runs, 1, generations))
    own = rng.normal(size=(runs, workloads, generations))
    ratios = sqrt(shared) * common + sqrt(1 - shared) * own
    found = [of_generations(run) for run in ratios.tolist()]
    assert np.mean([one.low <= 0 <= one.high for one in found]) >= 0.93


def test_the_bound_would_notice_that_workloads_are_taken_as_independent() -> None:
    rng, runs = np.random.default_rng(9), 1000
    ratios = rng.normal(size=(runs, 1, 3)) + np.zeros((1, 20, 1))
    middles = ratios.mean(axis=2)
    errors = ratios.std(axis=2, ddof=1) / sqrt(3) / sqrt(20)
    covered = np.abs(middles.mean(axis=1)) <= 4.3 * errors.mean(axis=1)
    assert np.mean(covered) < 0.93
