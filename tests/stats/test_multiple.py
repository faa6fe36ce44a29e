"""Adjusted p-values: textbook values, and error rates that hold where raw ones do not."""

import numpy as np
import pytest

from dlbench.stats.multiple import holm

# Benjamini & Hochberg (1995), section 4.2: 15 hypotheses; Holm's method rejects three at 5 %.
THROMBOLYSIS = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
    0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000,
]  # fmt: skip


def test_the_example_of_the_paper() -> None:
    assert sum(p <= 0.05 for p in holm(THROMBOLYSIS)) == 3


def test_holm_by_hand() -> None:
    # 0.01*4, 0.02*3 = 0.06, 0.03*2 = 0.06, 0.04*1 raised to 0.06
    assert holm([0.01, 0.04, 0.03, 0.02]) == pytest.approx([0.04, 0.06, 0.06, 0.06])


def test_one_p_value_stays_as_it_is_and_none_is_none() -> None:
    assert holm([0.03]) == [0.03]
    assert holm([]) == []
    assert holm([None, None]) == [None, None]


def test_what_is_unknown_is_passed_through_and_not_counted() -> None:
    first, second, third = holm([0.01, 0.3, 0.02])
    assert holm([None, 0.01, None, 0.3, 0.02]) == [None, first, None, second, third]


def test_nothing_exceeds_1_and_nothing_gets_smaller() -> None:
    ps = np.random.default_rng(1).random(50).tolist()
    adjusted = holm(ps)
    assert all(p <= q <= 1 for p, q in zip(ps, adjusted, strict=True))
    assert holm([0.9, 0.8, 1.0]) == [1.0] * 3


def test_the_order_given_does_not_matter() -> None:
    rng = np.random.default_rng(2)
    ps = np.round(rng.random(30), 1)  # with ties
    order = rng.permutation(30)
    assert holm(ps[order].tolist()) == pytest.approx(np.array(holm(ps.tolist()))[order])


def test_a_smaller_p_value_stays_the_smaller() -> None:
    ps = sorted(np.random.default_rng(3).random(40).tolist())
    assert holm(ps) == sorted(holm(ps))


def test_the_given_values_are_left_as_they_are() -> None:
    ps = [0.03, None, 0.01]
    holm(ps)
    assert ps == [0.03, None, 0.01]


FAMILIES, SIZE = 2000, 20


def test_false_alarms_of_a_whole_family_without_any_effect_are_rare() -> None:
    families = np.random.default_rng(5).random((FAMILIES, SIZE))
    assert np.mean([min(holm(family)) <= 0.05 for family in families.tolist()]) <= 0.065
    assert np.mean(families.min(axis=1) <= 0.05) > 0.5, "raw p-values would pass the bound"
