"""The rules that end a row, on times whose precision is known."""

import numpy as np
import pytest

from dlbench.model import Sampling
from dlbench.stopping import FIRST_LOOK, LOOKS, Stop, widest

LONG_S = 100.0


def stop(**sampling):
    return Stop(Sampling(**{"blocks": 1000, "precision": 0.01, **sampling}))


def noisy(rounds, spread, step_s=1.0, seed=0):
    return (step_s * np.exp(np.random.default_rng(seed).normal(0, spread, rounds))).tolist()


def ends(rule, *cases, seconds_left=LONG_S):
    """After how many rounds, and why, cases that are told round by round are enough."""
    for rounds in range(1, min(map(len, cases)) + 1):
        if reason := rule.reason([case[:rounds] for case in cases], seconds_left):
            return rounds, reason
    return None


@pytest.mark.parametrize(
    ("rounds", "seconds_left", "reason"),
    [
        pytest.param(0, 10.0, None, id="nothing measured yet"),
        pytest.param(2, 0.1, None, id="one round and some time to go"),
        pytest.param(3, 10.0, "blocks", id="all blocks"),
        pytest.param(4, 10.0, "blocks", id="more than all blocks"),
        pytest.param(1, 0.0, "budget", id="no time left"),
        pytest.param(1, -0.5, "budget", id="more time taken than there was"),
        pytest.param(3, 0.0, "blocks", id="the last block took the last of the time"),
    ],
)
def test_blocks_and_time_are_limits(rounds, seconds_left, reason):
    assert stop(blocks=3).reason([[1.0] * rounds], seconds_left) == reason


def test_nobody_left_is_no_reason():
    assert stop().reason([], LONG_S) is None


def test_looks_are_preset_and_ever_further_apart():
    assert LOOKS[:5] == (FIRST_LOOK, 12, 16, 24, 32)
    gaps = np.diff(LOOKS)
    assert (gaps[1:] >= gaps[:-1]).all()


@pytest.mark.parametrize("spread", [0.0, 0.002])
def test_precise_ratios_are_enough_at_the_first_look(spread):
    cases = noisy(100, spread, seed=1), noisy(100, spread, seed=2)
    assert ends(stop(), *cases) == (FIRST_LOOK, "precision")


def test_the_less_precise_the_ratio_the_more_rounds_and_always_to_a_look():
    ended = [
        ends(stop(), noisy(400, spread, seed=1), noisy(400, spread, seed=2))
        for spread in (0.002, 0.01, 0.03)
    ]
    rounds = [number for number, _ in ended]
    assert rounds == sorted(set(rounds))
    assert all(number in LOOKS for number in rounds)
    assert {reason for _, reason in ended} == {"precision"}


def test_between_two_looks_nobody_looks():
    steady = [1.0] * (FIRST_LOOK + 1)
    assert stop().reason([steady, steady], LONG_S) is None


def test_what_hits_both_alike_does_not_count():
    common = np.array(noisy(100, 0.2))
    cases = (common * 1.0).tolist(), (common * 1.3).tolist()
    assert ends(stop(), *cases) == (FIRST_LOOK, "precision")


def test_a_case_that_is_alone_is_judged_by_its_own_time():
    assert ends(stop(), noisy(100, 0.001)) == (FIRST_LOOK, "precision")
    assert ends(stop(blocks=50), noisy(100, 0.5)) == (50, "blocks")


def test_the_least_precise_ratio_decides():
    good, bad = noisy(60, 0.001, seed=1), noisy(60, 0.2, step_s=3.0, seed=2)
    assert ends(stop(blocks=50), good, noisy(60, 0.001, seed=3), bad) == (50, "blocks")


def test_on_a_plateau_further_rounds_bring_nothing():
    """A ratio that wanders off: the interval does not shrink with the rounds."""
    wandering = np.exp(np.cumsum(np.random.default_rng(0).normal(0, 0.05, 400))).tolist()
    rounds, reason = ends(stop(), [1.0] * 400, wandering)
    assert reason == "plateau"
    assert rounds in LOOKS


def test_independent_rounds_seldom_end_on_a_plateau():
    ended = [ends(stop(precision=1e-9), [1.0] * 64, noisy(64, 0.1, seed=s)) for s in range(200)]
    assert sum(end is not None for end in ended) <= 10


@pytest.mark.parametrize(
    "steps_s",
    [
        pytest.param([[1.0] * 5, [2.0] * 5], id="too few"),
        pytest.param([[1.0] * 9 + [0.0], [2.0] * 10], id="below the clock's resolution"),
        pytest.param([[1.0] * 9, [2.0] * 10], id="not the same rounds"),
    ],
)
def test_without_an_interval_nothing_is_known(steps_s):
    assert widest(steps_s) is None
    assert stop(blocks=1000).reason([[1.0] * FIRST_LOOK, [0.0] * FIRST_LOOK], LONG_S) is None
