"""What two runs differ by beyond what their repetitions show."""

import pytest

from dlbench.analysis.samples import join_generations
from dlbench.archive.luck import LEAST_EXCESS, luck_between
from dlbench.stats.location import Variance
from fakes.runs import NUMPY, TORCH, matmul
from fakes.samples import turns

USUAL = Variance(8e-4, 4)


def samples(seed, **settings):
    times = dict.fromkeys((NUMPY, TORCH), 1e-3)
    run = turns(*((matmul(8 * n), times) for n in range(1, 5)), common=0.0, seed=seed, **settings)
    return [*join_generations(run.measurements).values()]


def test_one_repetition_shows_nothing():
    found = luck_between(USUAL, [samples(seed, generations=1) for seed in (0, 1)])
    assert found.within == (None, None)
    assert found.between == USUAL


def test_repetitions_show_their_luck():
    found = luck_between(USUAL, [samples(seed, generations=3, luck=0.01) for seed in (0, 1)])
    assert [one.value for one in found.within] == [pytest.approx(1e-4, rel=0.7)] * 2
    assert [one.df for one in found.within] == [4, 4]
    shown = sum(one.value for one in found.within)
    assert found.between.value == pytest.approx(USUAL.value - shown)


def test_something_is_always_left_to_another_day():
    found = luck_between(USUAL, [samples(seed, generations=3, luck=0.2) for seed in (0, 1)])
    assert found.between.value == pytest.approx(LEAST_EXCESS * USUAL.value)


def test_runs_of_different_rigor():
    found = luck_between(USUAL, [samples(0, generations=1), samples(1, generations=3, luck=0.2)])
    assert found.within[0] is None
    assert found.between.value == pytest.approx((1 + LEAST_EXCESS) * USUAL.value / 2)


def test_short_repetitions_show_nothing():
    found = luck_between(USUAL, [samples(0, generations=3, rounds=4)])
    assert found.within == (None,)
