"""The check of the noise, on measurements that are told."""

import pytest

from dlbench.checks import noise
from dlbench.checks.base import LeftOut
from fakes.facts import LOW_NOISE, facts, state


def told(root, **fields):
    return noise.check(facts(root, noise=LOW_NOISE._replace(**fields)))


@pytest.mark.parametrize(
    ("visible", "expected"),
    [(0.03, "good"), (0.1, "good"), (0.2, "notice"), (0.5, "notice"), (0.6, "bad")],
)
def test_the_smallest_difference_that_shows_is_judged(tmp_path, visible, expected):
    assert state(told(tmp_path, visible=visible)) == expected


def test_it_says_what_can_be_told_in_which_time(tmp_path):
    assert told(tmp_path, visible=0.05).seen == "differences of 5 % can be told in about 10 s"


def test_a_smaller_difference_takes_as_much_longer_as_the_error_is_larger(tmp_path):
    # log 1.0816 - log 1.02 is twice log 1.05 - log 1.02: four times the seconds
    visible = 1.02 * (1.05 / 1.02) ** 2 - 1
    assert told(tmp_path, visible=visible).seen == (
        "differences of 8.1 % can be told in about 10 s, of 5 % in 40 s"
    )


def test_what_would_take_an_hour_is_not_promised(tmp_path):
    assert "of 5 %" not in told(tmp_path, visible=2.0).seen


def test_a_machine_on_which_equal_processes_differ_is_bad(tmp_path):
    assert state(told(tmp_path, visible=0.03, differs=True)) == "bad"


@pytest.mark.parametrize(
    ("rounds", "expected", "seen"),
    [
        ((64, 60, 0), "bad", "of 64 rounds, others disturbed 60"),
        ((64, 0, 50), "bad", "of 64 rounds, a quota stopped 50"),
        ((64, 9, 50), "bad", "of 64 rounds, others disturbed 9 and a quota stopped 50"),
        ((1, 0, 0), "unknown", "too little was measured: 1 round"),
        ((3, 0, 0), "unknown", "too little was measured: 3 rounds"),
    ],
)
def test_what_keeps_differences_hidden_is_counted(tmp_path, rounds, expected, seen):
    count, disturbed, stopped = rounds
    outcome = told(tmp_path, visible=None, rounds=count, disturbed=disturbed, stopped=stopped)
    assert (outcome.state, outcome.seen) == (expected, seen)


def test_what_could_not_be_measured_is_unknown(tmp_path):
    outcome = noise.check(facts(tmp_path, noise="the disk is full"))
    assert (outcome.state, outcome.seen) == (
        "unknown",
        "could not be measured: the disk is full",
    )


def test_what_was_not_asked_for_is_left_out(tmp_path):
    assert noise.check(facts(tmp_path, noise=None)) == LeftOut("--no-noise")
