"""Luck: what many pairs lend to one is what their variances were drawn from."""

from math import inf, sqrt

import numpy as np
import pytest
from scipy.special import polygamma

from dlbench.stats.location import MOST_BORROWED, Variance
from dlbench.stats.luck import (
    FEWEST_VARIANCES,
    LEAST_VARIANCE,
    USUAL,
    Spread,
    fitted,
    inverse_trigamma,
    raised,
)


def drawn(rng: np.random.Generator, value: float, worth: float, df: int, count: int):
    """Variances as Smyth's model has them: their own truth scatters, and so do they around it."""
    truths = value * worth / rng.chisquare(worth, count) if worth < inf else np.full(count, value)
    return [Spread(float(v), df) for v in truths * rng.chisquare(df, count) / df]


@pytest.mark.parametrize("value", [1.0, 4.0, 0.01])
@pytest.mark.parametrize("df", [1, 2, 5])
def test_what_is_lent_is_what_was_drawn(value: float, df: int) -> None:
    found = fitted(drawn(np.random.default_rng(1), value, 3.0, df, 4000))
    assert found is not None
    assert found.value == pytest.approx(value, rel=0.15)
    assert found.df == pytest.approx(3.0, rel=0.15)


def test_pairs_that_are_alike_lend_no_more_than_a_bound() -> None:
    found = fitted(drawn(np.random.default_rng(2), 1.0, inf, 2, 4000))
    assert found is not None
    assert found.df == MOST_BORROWED
    assert found.value == pytest.approx(1.0, rel=0.1)


def test_a_few_pairs_lend_nothing() -> None:
    spreads = drawn(np.random.default_rng(3), 1.0, 3.0, 2, FEWEST_VARIANCES)
    assert fitted(spreads) is not None
    assert fitted(spreads[1:]) is None


def test_pairs_without_any_spread_lend_nearly_none() -> None:
    found = fitted([Spread(0.0, 2)] * 10)
    assert found is not None
    assert found.value == pytest.approx(LEAST_VARIANCE, rel=1)
    wild = fitted([Spread(0.0, 2), Spread(1e-2, 2)] * 5)
    assert wild is not None
    assert wild.df >= 1, "intervals would explode"


def test_pairs_may_have_different_numbers_of_repetitions() -> None:
    rng = np.random.default_rng(4)
    spreads = [one for df in (1, 2, 5) for one in drawn(rng, 2.0, 3.0, df, 2000)]
    found = fitted(spreads)
    assert found is not None
    assert found.value == pytest.approx(2.0, rel=0.15)


@pytest.mark.parametrize("x", [0.01, 0.5, 1.0, 2.0, 50.0])
def test_the_inverse_of_the_trigamma_function(x: float) -> None:
    assert inverse_trigamma(float(polygamma(1, x))) == pytest.approx(x, rel=1e-6)


def test_no_scatter_is_worth_infinitely_many() -> None:
    assert inverse_trigamma(0.0) == inf
    assert inverse_trigamma(-1.0) == inf


def test_nulls_raise_what_is_usual_and_never_lower_it() -> None:
    assert raised(USUAL, []) == USUAL
    assert raised(USUAL, [0.001] * 9) == USUAL
    sd = sqrt(USUAL.value)
    assert raised(USUAL, [2 * sd, 2 * sd]) == Variance(pytest.approx(2.5 * USUAL.value), 4)
