"""What differs between runs: the excess of a variance, and the anchor."""

import numpy as np
import pytest

from dlbench.stats.between import (
    NO_ANCHOR,
    Anchor,
    Unchanged,
    added,
    anchor_of,
    between_runs,
    excess_variance,
    of_median,
)
from dlbench.stats.location import Variance

USUAL = Variance(4e-4, 4)


def test_values_as_sure_as_they_say_have_no_excess():
    assert excess_variance([0.0, 0.1, -0.1], [1.0, 1.0, 1.0]) == 0


def test_one_value_has_no_excess():
    assert excess_variance([5.0], [1e-6]) == 0


def test_without_errors_the_excess_is_the_variance():
    values = [0.0, 1.0, 2.0, 5.0]
    assert excess_variance(values, [0.0] * 4) == pytest.approx(np.var(values, ddof=1), rel=1e-3)


def test_equal_values_have_no_excess():
    assert excess_variance([0.3] * 5, [0.0] * 5) == 0


def test_the_excess_is_found_in_spite_of_unequal_errors():
    rng = np.random.default_rng(1)
    found = []
    for _ in range(200):
        variances = rng.uniform(0.0, 0.5, 30)
        found.append(excess_variance(rng.normal(0, np.sqrt(variances + 1.0)), variances))
    assert np.mean(found) == pytest.approx(1.0, rel=0.05)


def test_an_anchor_is_the_median_of_unchanged_cases():
    found = anchor_of(
        [Unchanged(name, value, 1e-6) for name, value in zip("abc", (0.1, 0.11, 0.5), strict=True)],
        USUAL,
    )
    assert found is not None
    assert (found.value, found.targets, found.cases) == (0.11, 3, 3)


def test_without_unchanged_cases_there_is_no_anchor():
    assert anchor_of([], USUAL) is None


def test_one_target_shows_no_variance_between_runs_however_many_cases_it_has():
    found = anchor_of([Unchanged("a", value, 1e-8) for value in (0.0, 0.2, -0.2)], USUAL)
    assert found is not None
    assert found.between == USUAL


def test_unchanged_cases_that_differ_raise_the_variance_between_runs():
    wide = anchor_of(
        [
            Unchanged(name, value, 1e-8)
            for name, value in zip("abcd", (0.0, 0.2, -0.2, 0.1), strict=True)
        ],
        USUAL,
    )
    narrow = anchor_of([Unchanged(name, 0.1, 1e-8) for name in "abcd"], USUAL)
    assert wide is not None
    assert narrow is not None
    assert wide.between.value > USUAL.value > narrow.between.value
    assert wide.between.df == USUAL.df + 3


def test_more_targets_make_the_anchor_surer():
    widths = [
        sum(one.value for one in between_runs(Anchor(0.0, USUAL, (), targets)))
        for targets in (1, 3, 9)
    ]
    assert widths[0] == 2 * USUAL.value
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] > USUAL.value


def test_without_an_anchor_times_may_differ_by_a_tenth():
    [only] = between_runs(NO_ANCHOR)
    assert only.value == pytest.approx(2 * 0.1**2)


@pytest.mark.parametrize(("count", "exact"), [(1, 1.0), (3, 0.449), (5, 0.287), (7, 0.210)])
def test_the_variance_of_a_median(count, exact):
    assert of_median(count) == pytest.approx(exact, rel=0.025)


def test_variances_add_and_the_surest_part_does_not_lend_its_certainty():
    whole = added([Variance(1.0, 2), Variance(1.0, 1e6)])
    assert whole.value == 2
    assert whole.df == pytest.approx(8, rel=1e-3)


def test_no_variance_at_all():
    assert added([Variance(0.0, 3)]) == Variance(0.0, 1.0)
