"""The pace of trainings whose times and disturbances are told."""

import numpy as np
import pytest
from msgspec.structs import replace

from dlbench.analysis.samples import ENOUGH
from dlbench.records.measurement import Sample
from dlbench.records.training import EpochResult, TrainingResult
from dlbench.trainings.pace import PER_EPOCHS, counted, pace, paces_of
from fakes.trainings import NUMPY, TORCH, broken, trained


def training(*seconds, flags=(), disturbed=(), seed=0, foreign=0.0):
    """Epochs of so many seconds; those with these numbers have the flags."""
    done = tuple(
        EpochResult(
            number,
            1.0,
            one,
            None,
            None,
            Sample(
                1, one, 0.0, foreign_s=foreign * one, flags=flags if number in disturbed else ()
            ),
        )
        for number, one in enumerate(seconds, start=1)
    )
    return TrainingResult(NUMPY, seed, "ok", done)


def growing(share, length=101, noise=0.01, seed=0):
    """Every hundred epochs, an epoch takes this share longer."""
    rng = np.random.default_rng(seed)
    numbers = np.arange(length)
    seconds = (1 + share) ** (numbers / 100) * np.exp(noise * rng.standard_normal(length))
    return training(*seconds.tolist(), seed=seed)


def test_the_first_epoch_counts_only_where_there_is_no_other():
    found = pace([training(9.0, 1.0, 2.0, 3.0, 4.0, 5.0)], cores=2)
    assert (found.epochs, found.median_s) == (5, 3.0)
    assert (found.shortest_s, found.longest_s) == (1.0, 5.0)
    assert (found.quartile_1, found.quartile_3) == (1.5, 4.5)
    assert pace([training(9.0)], cores=2).median_s == 9.0
    assert pace([training()], cores=2) is None


def test_few_epochs_have_no_quartiles():
    found = pace([training(9.0, 1.0, 2.0, 3.0)], cores=2)
    assert (found.quartile_1, found.quartile_3) == (None, None)


def test_disturbed_epochs_are_left_out_where_enough_are_quiet():
    times = (1.0, *[1.0] * ENOUGH, 7.0)
    found = pace([training(*times, flags=("busy",), disturbed=(8,))], cores=2)
    assert (found.epochs, found.left_out, found.disturbed, found.busy) == (ENOUGH, 1, 1, False)
    assert found.longest_s == 1.0


def test_where_few_are_quiet_all_count_and_the_times_are_busy():
    times = (1.0, *[1.0] * (ENOUGH - 1), 7.0)
    found = pace([training(*times, flags=("busy",), disturbed=(7,))], cores=2)
    assert (found.epochs, found.left_out, found.disturbed, found.busy) == (ENOUGH, 0, 1, True)
    assert found.longest_s == 7.0
    assert found.trend is None


def test_a_quarter_of_the_epochs_must_be_quiet():
    """With fewer, some of the quiet ones may have been disturbed unnoticed."""
    times = [1.0] * (10 * ENOUGH + 1)
    few, enough = (
        pace([training(*times, flags=("busy",), disturbed=range(first, 99))], cores=2)
        for first in (2 * ENOUGH, 3 * ENOUGH)
    )
    assert (few.busy, enough.busy) == (True, False)


def test_a_few_quiet_epochs_are_not_busy():
    assert not pace([training(1.0, 1.0)], cores=2).busy


def test_stops_by_a_quota_are_counted_and_not_left_out():
    found = pace([training(*[1.0] * 9, flags=("throttled",), disturbed=(2, 3))], cores=2)
    assert (found.throttled, found.disturbed, found.left_out, found.busy) == (2, 0, 0, False)


def test_a_training_without_counters_has_a_pace_too():
    found = pace([trained(0.1, 0.2, 0.3)], cores=2)
    assert (found.median_s, found.disturbed, found.free_cores) == (0.5, 0, None)


def test_the_cores_that_were_left_are_those_that_others_did_not_use():
    disturbed = training(*[1.0] * 5, flags=("busy",), disturbed=range(9), foreign=1.25)
    assert pace([disturbed], cores=2).free_cores == pytest.approx(0.75)
    assert pace([training(*[1.0] * 5, foreign=1.25)], cores=2).free_cores is None
    assert pace([disturbed], cores=1).free_cores == 0.0


@pytest.mark.parametrize("share", [0.12, 1.0, -0.3])
@pytest.mark.parametrize("seed", range(3))
def test_a_trend_is_found_with_its_truth_inside(share, seed):
    found = pace([growing(share, seed=seed)], cores=2).trend
    assert found.epochs == 99
    truth = (1 + share) ** 0.99 - 1
    assert found.low < truth < found.high
    assert found.low < found.change < found.high


def test_a_trend_is_told_per_hundred_epochs_or_for_as_many_as_there_are():
    assert pace([growing(0.5, length=400)], cores=2).trend.epochs == PER_EPOCHS
    assert pace([growing(0.5, length=41)], cores=2).trend.epochs == 39


def test_no_trend_is_claimed_where_the_interval_holds_0():
    found = [pace([growing(0.0, seed=seed)], cores=2).trend for seed in range(40)]
    assert sum(one is not None for one in found) <= 5, "about 1 in 20"


def test_seeds_have_one_trend_and_a_jump_between_them_is_none():
    seeds = [growing(0.2, length=60, seed=seed) for seed in range(3)]
    slower = [
        replace(
            one, epochs=tuple(replace(e, seconds=(one.seed + 1) * e.seconds) for e in one.epochs)
        )
        for one in seeds
    ]
    level, jumping = pace(seeds, cores=2).trend, pace(slower, cores=2).trend
    assert level.change == pytest.approx(jumping.change)
    flat = [training(*[1.0 + seed] * 30, seed=seed) for seed in range(3)]
    assert pace(flat, cores=2).trend is None


def test_absurd_times_do_not_overflow():
    found = pace([training(1.0, *(10.0**number for number in range(20)))], cores=2)
    assert found.trend.change > 1e6


def test_only_trainings_that_went_well_have_a_pace():
    results = [trained(0.1, 0.2), broken(0.1, target=TORCH)]
    assert list(paces_of(results, cores=2)) == [NUMPY]


def test_what_counts_is_chosen_over_all_seeds_together():
    both = [
        training(*[1.0] * ENOUGH, flags=("busy",), disturbed=(2,), seed=0),
        training(*[1.0] * 3, seed=1),
    ]
    assert [len(epochs) for epochs in counted(both).trainings] == [ENOUGH - 2, 2]
    assert not counted(both).busy
