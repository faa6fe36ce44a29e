"""The penalty of turns, on times of known truth."""

import numpy as np
import pytest

from dlbench.stats.level import MOST_PENALTY, Times, is_beyond_doubt, keeps_changing, penalty
from dlbench.stats.location import Estimate

RUNS = 300


def times(rng, more=0.0, *, noise=0.02, luck=0.0, blocks=24):
    """Times of one process; luck: by how much the level differs between its two measurements."""
    own = rng.normal(0, luck)
    turns = np.exp(rng.normal(own, noise, blocks)) * (1 + more)
    return Times(turns.tolist(), np.exp(rng.normal(0, noise, blocks)).tolist())


def test_exact_times_have_their_ratio_and_no_doubt():
    found = penalty([Times([1.1] * 8, [1.0] * 9)])
    assert found == pytest.approx((0.1, 0.1, 0.1))
    assert is_beyond_doubt(found)


def test_a_penalty_is_the_mean_over_processes():
    found = penalty([Times([1.0] * 8, [1.0] * 8), Times([1.21] * 8, [1.0] * 8)])
    assert found.value == pytest.approx(0.1)


@pytest.mark.parametrize(("processes", "luck"), [(1, 0.0), (2, 0.0), (3, 0.01), (6, 0.01)])
def test_the_interval_holds_the_true_penalty_as_often_as_it_says(processes, luck):
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(RUNS):
        found = penalty([times(rng, 0.05, luck=luck) for _ in range(processes)])
        held += found.low <= 0.05 <= found.high
    assert 0.91 <= held / RUNS <= 1


def test_no_penalty_is_hardly_ever_beyond_doubt():
    rng = np.random.default_rng(1)
    assert not any(is_beyond_doubt(penalty([times(rng)])) for _ in range(RUNS))


def test_a_large_penalty_is_found():
    rng = np.random.default_rng(2)
    found = [is_beyond_doubt(penalty([times(rng, 0.1)])) for _ in range(RUNS)]
    assert np.mean(found) > 0.95


def test_without_values_there_is_none():
    assert penalty([]) is None
    assert penalty([Times([], [1.0]), Times([1.0], [])]) is None


def test_few_values_have_no_interval():
    found = penalty([Times([1.1], [1.0])])
    assert found == (pytest.approx(0.1), None, None)
    assert not is_beyond_doubt(found)


def test_doubt_begins_beyond_what_tables_show():
    assert not is_beyond_doubt(Estimate(0.5, MOST_PENALTY, 1.0))
    assert is_beyond_doubt(Estimate(0.5, MOST_PENALTY + 1e-9, 1.0))
    assert not is_beyond_doubt(None)


def test_a_change_that_all_stretches_end_with_is_beyond_doubt():
    assert keeps_changing([0.10, 0.11, 0.09])
    assert keeps_changing([-0.10, -0.11, -0.09])


@pytest.mark.parametrize(
    "changes", [[], [0.3], [0.2, -0.2], [0.02, 0.021, 0.019], [0.1, 0.0, 0.2], [0.0, 0.0]]
)
def test_changes_that_are_few_small_or_differ_prove_nothing(changes):
    assert not keeps_changing(changes)
