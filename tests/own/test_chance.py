"""Chance in a user's own network."""

import random

import numpy as np
import pytest

from dlbench.own import chance


def drawn():
    return random.random(), np.random.rand()  # noqa: NPY002 - what a file may draw from


def test_the_same_seed_gives_the_same_draws_and_seeds_the_framework():
    seeds = []
    chance.seed_all(3, seeds.append)
    first = drawn()
    chance.seed_all(3, seeds.append)
    assert drawn() == first
    assert seeds == [3, 3]


@pytest.mark.parametrize(
    ("loss", "decides"),
    [
        (random.random, True),
        (lambda: 1 + np.random.rand(), True),  # noqa: NPY002
        (lambda: 2.0, False),
        (lambda: 2.0 + 1e-13 * random.random(), False),
        (lambda: float("nan"), False),
    ],
)
def test_chance_is_what_differs_from_seed_to_seed(loss, decides):
    assert chance.decides(loss, chance.nothing) is decides
