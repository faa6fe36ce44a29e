"""Turns, and when a row is renewed, in told time."""

from collections import Counter
from itertools import pairwise

import pytest

from dlbench.harness.supervisor.schedule import REPEATED, WORTH, Renewals, order
from dlbench.records.plan import Sampling
from fakes.clock import ToldClock

CASES = ["a", "b", "c", "d"]
COST_S = 1.0


# --- turns: everybody once a round, mirrored, seeded, and nobody always first


@pytest.mark.parametrize("number", range(6))
def test_everybody_has_one_turn_a_round(number):
    assert sorted(order(CASES, number, "seed")) == CASES


@pytest.mark.parametrize("number", [0, 2, 4])
def test_the_next_round_is_the_mirror_image(number):
    assert order(CASES, number + 1, "seed") == order(CASES, number, "seed")[::-1]


def test_a_seed_gives_one_order_and_another_seed_another():
    orders = [[order(CASES, n, seed) for n in range(20)] for seed in ("1", "1", "2")]
    assert orders[0] == orders[1] != orders[2]


def test_over_many_rounds_everybody_is_first_about_as_often():
    first = Counter(order(CASES, number, "seed")[0] for number in range(400))
    assert set(first) == set(CASES)
    assert max(first.values()) < 2 * min(first.values())


def test_over_two_rounds_everybody_has_the_same_place_on_average():
    both = [order(CASES, number, "seed") for number in (0, 1)]
    assert {sum(turns.index(case) for turns in both) for case in CASES} == {len(CASES) - 1}


def test_nobody_is_left_alone_by_an_empty_round():
    assert order([], 0, "seed") == []


# --- renewals


@pytest.fixture
def clock():
    return ToldClock(now_s=1000.0)


def made(clock, sampling, seconds, rounds, *costs_s):
    """After how many rounds of a second a row of so many is renewed.

    costs_s: what each renewal takes, the last of them all others; the first is known beforehand.
    """
    costs = list(costs_s or (COST_S,))
    until = clock.seconds() + seconds
    renewals = Renewals(sampling, until, clock.seconds, ready_s=costs[0] / REPEATED)
    found = []
    for number in range(1, rounds + 1):
        clock.advance(1.0)
        if renewals.are_due(number):
            found.append(number)
            with renewals.measure_cost():
                clock.advance(costs.pop(0) if costs[1:] else costs[0])
    assert renewals.count == len(found)
    return found


def test_by_itself_a_row_is_not_renewed(clock):
    assert made(clock, Sampling(blocks=100), 1000.0, 100) == []


def test_renewals_are_evenly_spread_over_the_rounds(clock):
    assert made(clock, Sampling(renewals=3, blocks=100), 10_000.0, 100) == [25, 50, 75]


def test_renewals_are_evenly_spread_over_the_time_where_that_ends_first(clock):
    sampling = Sampling(renewals=3, blocks=1_000_000)
    assert made(clock, sampling, 103.0, 100) == [26, 51, 76]


def test_between_two_renewals_goes_by_a_multiple_of_what_one_takes(clock):
    found = made(clock, Sampling(renewals=90, blocks=100), 10_000.0, 30, 5.0)
    apart = [after - before for before, after in pairwise(found)]
    assert set(apart) == {WORTH * 5}


def test_none_is_made_for_which_too_little_time_is_left(clock):
    found = made(clock, Sampling(renewals=90, blocks=1000), 100.0, 98, 5.0)
    assert found
    # what is measured after the last one is worth it as well
    assert 98 - found[-1] >= WORTH * 5


def test_so_many_are_made_and_no_more(clock):
    assert len(made(clock, Sampling(renewals=2, blocks=10), 1000.0, 500)) == 2


def test_one_that_others_disturbed_does_not_hold_up_the_next(clock):
    found = made(clock, Sampling(renewals=90, blocks=100), 10_000.0, 30, 5.0, 60.0, 5.0)
    assert [after - before for before, after in pairwise(found)][:3] == [WORTH * 5] * 3


def test_before_the_first_one_is_thought_to_take_half_of_getting_ready(clock):
    assert Renewals(Sampling(), clock.seconds() + 1e4, clock.seconds, ready_s=6.0).cost_s == 3.0


@pytest.mark.parametrize(
    ("costs_s", "known_s"),
    [([7.0], 7.0), ([60.0, 7.0], 7.0), ([7.0, 60.0], 7.0), ([1.0, 7.0, 8.0], 7.0)],
)
def test_what_one_takes_is_what_most_took(clock, costs_s, known_s):
    renewals = Renewals(Sampling(renewals=9), clock.seconds() + 1e4, clock.seconds, ready_s=6.0)
    for took_s in costs_s:
        with renewals.measure_cost():
            clock.advance(took_s)
    assert renewals.cost_s == known_s


def test_the_first_one_is_worth_a_share_of_what_getting_ready_took_as_well(clock):
    """A row of long steps would spend its time on getting ready, and have too few rounds."""
    assert made(clock, Sampling(renewals=3, blocks=64), 20.0, 20, 11.0) == []
    assert made(clock, Sampling(renewals=3, blocks=64), 20.0, 20, 7.0) == [7]
