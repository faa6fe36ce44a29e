"""Turns: everybody once a round, mirrored, seeded, and nobody always first."""

from collections import Counter

import pytest

from dlbench.harness.supervisor import rounds

CASES = ["a", "b", "c", "d"]


@pytest.mark.parametrize("number", range(6))
def test_everybody_has_one_turn_a_round(number):
    assert sorted(rounds.order(CASES, number, "seed")) == CASES


@pytest.mark.parametrize("number", [0, 2, 4])
def test_the_next_round_is_the_mirror_image(number):
    assert rounds.order(CASES, number + 1, "seed") == rounds.order(CASES, number, "seed")[::-1]


def test_a_seed_gives_one_order_and_another_seed_another():
    orders = [[rounds.order(CASES, n, seed) for n in range(20)] for seed in ("1", "1", "2")]
    assert orders[0] == orders[1] != orders[2]


def test_over_many_rounds_everybody_is_first_about_as_often():
    first = Counter(rounds.order(CASES, number, "seed")[0] for number in range(400))
    assert set(first) == set(CASES)
    assert max(first.values()) < 2 * min(first.values())


def test_over_two_rounds_everybody_has_the_same_place_on_average():
    both = [rounds.order(CASES, number, "seed") for number in (0, 1)]
    assert {sum(order.index(case) for order in both) for case in CASES} == {len(CASES) - 1}


def test_nobody_is_left_alone_by_an_empty_round():
    assert rounds.order([], 0, "seed") == []
