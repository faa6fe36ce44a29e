"""Ramps of a known law: where the lead-in ends, and whether the time is steady."""

from itertools import accumulate
from math import exp

import numpy as np
import pytest

from dlbench.stats.ramp import (
    FEWEST_WINDOWS,
    FIRST_WINDOW_S,
    NEAR_SHARE,
    Block,
    change,
    is_steady,
    ramp,
)

BLOCK_S = 0.005
SEEDS = 40


def blocks(step_s, *, constant_s=1.0, extra=0.0, until_s=0.64, noise=0.0, seed=0):  # noqa: PLR0913
    """Blocks of BLOCK_S whose steps take `extra` times as much more at first."""
    noises = np.random.default_rng(seed).normal(0, noise, 10_000)
    ends_s = np.arange(BLOCK_S, until_s + BLOCK_S / 2, BLOCK_S).tolist()
    law = [step_s * (1 + extra * exp(-(end_s - BLOCK_S / 2) / constant_s)) for end_s in ends_s]
    return [
        Block(end_s, time_s * exp(luck))
        for end_s, time_s, luck in zip(ends_s, law, noises, strict=False)
    ]


@pytest.mark.parametrize("constant_s", [0.001, 0.01, 0.05])
def test_the_lead_in_ends_where_the_decay_is_nearly_over(constant_s):
    found = ramp(blocks(2.0, constant_s=constant_s, extra=0.8))
    assert found.steady_s == pytest.approx(2.0, rel=0.002)
    assert found.is_steady
    rest = 0.8 * exp(-found.lead_s / constant_s)
    assert rest < 3 * NEAR_SHARE
    assert rest > NEAR_SHARE * exp(-3 * BLOCK_S / constant_s)  # and no later than needed


def test_steady_blocks_have_no_lead_in():
    assert ramp(blocks(3.0)) == (0.0, 3.0, True)


def test_noise_makes_hardly_any_lead_in():
    leads_s = [ramp(blocks(1.0, noise=0.02, seed=seed)).lead_s for seed in range(SEEDS)]
    assert np.median(leads_s) == 0
    assert max(leads_s) <= 10 * BLOCK_S


def test_steps_that_become_slower_have_a_lead_in_too():
    found = ramp(blocks(1.0, constant_s=0.03, extra=-0.3))
    assert found.steady_s == pytest.approx(1.0, rel=0.002)
    assert 0.05 < found.lead_s < 0.2


def test_a_disturbed_block_moves_neither_the_time_nor_the_end_of_the_lead_in():
    quiet = blocks(1.0, constant_s=0.01, extra=0.8)
    hit = [b._replace(step_s=9.0) if i in {40, 90} else b for i, b in enumerate(quiet)]
    assert ramp(hit) == ramp(quiet)


def test_a_ramp_that_goes_on_is_not_steady():
    assert not ramp(blocks(1.0, constant_s=1.0, extra=0.8)).is_steady


def test_too_short_a_time_shows_nothing():
    least_s = FIRST_WINDOW_S * 2 ** (FEWEST_WINDOWS - 1)
    assert not is_steady(blocks(1.0, until_s=least_s - BLOCK_S))
    assert is_steady(blocks(1.0, until_s=least_s))


def test_one_block_is_its_own_time():
    assert ramp([Block(0.3, 0.3)]) == (0.0, 0.3, False)


def test_blocks_longer_than_the_windows_count_one_by_one():
    ends_s = list(accumulate([0.5] * 6))
    found = ramp([Block(end_s, 0.5) for end_s in ends_s])
    assert found == (0.0, 0.5, True)


def test_the_change_at_the_end_is_that_of_the_last_two_windows():
    early, late = [Block(0.005 * n, 1.0) for n in range(1, 17)], range(17, 33)
    found = change([*early, *(Block(0.005 * n, 1.1) for n in late)])
    assert found == pytest.approx(np.log(1.1))
    assert change(early[:8]) is None
