"""Which may be the best, and how far others are from it: exact cases, and coverage."""

from math import sqrt

import numpy as np
import pytest
from scipy.special import stdtrit

from dlbench.stats.best import Between, Standing, best_against_best, share, standings

ALPHA, DF, ERROR = 0.05, 6.0, 0.01


def ends(middles, reach):
    """Lower and upper ends of the ratios of these times, each known up to the reach."""
    count = range(len(middles))
    lower, upper = (
        [[None if i == j else middles[i] - middles[j] + sign * reach for j in count] for i in count]
        for sign in (-1, 1)
    )
    return lower, upper


def test_one_that_is_surely_slower_is_out() -> None:
    found = standings(*ends([0.0, 0.1, 0.02], reach=0.05))
    assert [one.may_be_best for one in found] == [True, False, True]
    assert found[1] == Standing(False, pytest.approx(0.05), pytest.approx(0.15))  # noqa: FBT003
    assert found[2].at_most == pytest.approx(0.07)
    assert found[0].at_least == 0


def test_the_only_one_that_may_be_best_is_it() -> None:
    best, other = standings(*ends([0.0, 0.1], reach=0.05))
    assert best == Standing(may_be_best=True, at_least=0.0, at_most=0.0)
    assert other.at_most == pytest.approx(0.15)


def test_one_that_was_judged_with_no_other_takes_the_title_from_none() -> None:
    lower, upper = ends([0.0, 0.1, -5.0], reach=0.05)
    for matrix in (lower, upper):
        for other in (0, 1):
            matrix[2][other] = matrix[other][2] = None
    found = standings(lower, upper)
    assert found[:2] == standings(*ends([0.0, 0.1], reach=0.05))
    assert found[2] == Standing(may_be_best=True, at_least=None, at_most=None)


def test_a_single_one_is_alone() -> None:
    assert standings([[None]], [[None]]) == [
        Standing(may_be_best=True, at_least=None, at_most=None)
    ]
    assert share(ALPHA, 1) == share(ALPHA, 2) == ALPHA / 2
    assert share(ALPHA, 5) == ALPHA / 8


def measured(rng: np.random.Generator, truths) -> np.ndarray:
    """Measured times of G generations."""
    return np.asarray(truths) + ERROR * sqrt(3) * rng.normal(size=len(truths))


def located(times, alpha):
    """Ends by a known error, as of Student's t with many degrees of freedom."""
    return ends(list(times), float(stdtrit(1e6, 1 - alpha)) * ERROR * sqrt(6))


@pytest.mark.parametrize("count", [2, 4, 8, 12])
def test_the_fastest_of_many_that_are_equal_keeps_its_title(count: int) -> None:
    rng, runs = np.random.default_rng(count), 1500
    kept, within = 0, 0
    for _ in range(runs):
        found = standings(*located(measured(rng, [0.0] * count), share(ALPHA, count)))
        kept += found[0].may_be_best
        within += all(one.at_least == 0 or not one.may_be_best for one in found)
    assert kept / runs >= 0.95
    naive = 0
    for _ in range(runs):
        times = measured(rng, [0.0] * count)
        naive += times[0] - min(times) <= 1.96 * ERROR * sqrt(6)
    if count == 12:
        assert naive / runs < 0.95, "a ratio to the measured fastest needs more"


@pytest.mark.parametrize("truth", [[0.0] * 8, [0.0, 0.01, 0.03, 0.1, 0.2], [0.0, 0.5]])
def test_at_least_and_at_most_hold_the_ratio_to_the_truly_best(truth) -> None:
    rng, runs = np.random.default_rng(len(truth)), 1000
    held = []
    for _ in range(runs):
        found = standings(*located(measured(rng, truth), share(ALPHA, len(truth))))
        held.append(
            [one.at_least <= true <= one.at_most for one, true in zip(found, truth, strict=True)]
        )
    assert np.mean(held, axis=0).min() >= 0.93


def test_the_best_of_two_sides_is_bounded_by_simultaneous_ends() -> None:
    lower = [[-0.1, 0.2], [0.0, 0.1]]
    upper = [[0.3, 0.5], [0.2, 0.4]]
    assert best_against_best(lower, upper) == Between(0.1, 0.4)


def test_what_nothing_bounds_has_no_end() -> None:
    assert best_against_best([[None]], [[None]]) == Between(None, None)
    assert best_against_best([[0.1], [None]], [[0.3], [None]]) == Between(None, 0.3)
    assert best_against_best([[0.1, None]], [[0.3, None]]) == Between(0.1, None)


SIDES = {
    "1 against 1": ([0.0], [0.0]),
    "4 ties against 4": ([0.0] * 4, [0.0] * 4),
    "1 against 8 near ones": ([0.0], [0.01 * n for n in range(8)]),
    "12 ties against 12": ([0.05] * 12, [0.0] * 12),
}


@pytest.mark.parametrize("name", SIDES)
def test_the_best_against_the_best_is_covered_whichever_were_measured_best(name: str) -> None:
    left, right = SIDES[name]
    true, rng, runs = min(left) - min(right), np.random.default_rng(5), 4000
    covered = 0
    for _ in range(runs):
        a, b = measured(rng, left), measured(rng, right)
        low, high = (
            (a[:, None] - b[None, :])
            + sign * float(stdtrit(1e6, 1 - ALPHA / 2 / count)) * ERROR * sqrt(6)
            for sign, count in ((-1, len(right)), (1, len(left)))
        )
        found = best_against_best(low.tolist(), high.tolist())
        covered += found.low <= true <= found.high
    assert covered / runs >= 0.94


def test_the_bound_would_notice_that_the_best_are_taken_for_chosen_before() -> None:
    left, right = [0.0] * 8, [0.0]
    rng, runs, covered = np.random.default_rng(6), 1500, 0
    for _ in range(runs):
        found = min(measured(rng, left)) - min(measured(rng, right))
        covered += abs(found) <= 1.96 * ERROR * sqrt(6)
    assert covered / runs < 0.945
