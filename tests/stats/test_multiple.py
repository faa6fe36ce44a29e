"""Adjusted p-values: textbook values, and error rates that hold where raw ones do not."""

from collections.abc import Callable

import numpy as np
import pytest

from dlbench.stats.multiple import benjamini_hochberg, holm

BOTH = pytest.mark.parametrize("adjust", [holm, benjamini_hochberg])
# Benjamini & Hochberg (1995), section 4.2: 15 hypotheses; theirs rejects four at 5 %, Holm's three.
THROMBOLYSIS = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
    0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000,
]  # fmt: skip


def test_the_example_of_the_paper() -> None:
    assert sum(p <= 0.05 for p in benjamini_hochberg(THROMBOLYSIS)) == 4
    assert sum(p <= 0.05 for p in holm(THROMBOLYSIS)) == 3


def test_holm_by_hand() -> None:
    # 0.01*4, 0.02*3 = 0.06, 0.03*2 = 0.06, 0.04*1 raised to 0.06
    assert holm([0.01, 0.04, 0.03, 0.02]) == pytest.approx([0.04, 0.06, 0.06, 0.06])


def test_benjamini_hochberg_by_hand() -> None:
    # 0.01*4/1, 0.02*4/2, 0.03*4/3 and 0.04 are all 0.04; 0.005*4/1 = 0.02
    assert benjamini_hochberg([0.01, 0.04, 0.03, 0.02]) == pytest.approx([0.04] * 4)
    assert benjamini_hochberg([0.5, 0.005]) == pytest.approx([0.5, 0.01])


@BOTH
def test_one_p_value_stays_as_it_is_and_none_is_none(adjust: Callable) -> None:
    assert adjust([0.03]) == [0.03]
    assert adjust([]) == []
    assert adjust([None, None]) == [None, None]


@BOTH
def test_what_is_unknown_is_passed_through_and_not_counted(adjust: Callable) -> None:
    first, second, third = adjust([0.01, 0.3, 0.02])
    assert adjust([None, 0.01, None, 0.3, 0.02]) == [None, first, None, second, third]


@BOTH
def test_nothing_exceeds_1_and_nothing_gets_smaller(adjust: Callable) -> None:
    ps = np.random.default_rng(1).random(50).tolist()
    adjusted = adjust(ps)
    assert all(p <= q <= 1 for p, q in zip(ps, adjusted, strict=True))
    assert adjust([0.9, 0.8, 1.0]) == pytest.approx(
        [1.0] * 3 if adjust is holm else [1.0, 1.0, 1.0]
    )


@BOTH
def test_the_order_given_does_not_matter(adjust: Callable) -> None:
    rng = np.random.default_rng(2)
    ps = np.round(rng.random(30), 1)  # with ties
    order = rng.permutation(30)
    assert adjust(ps[order].tolist()) == pytest.approx(np.array(adjust(ps.tolist()))[order])


@BOTH
def test_a_smaller_p_value_stays_the_smaller(adjust: Callable) -> None:
    ps = sorted(np.random.default_rng(3).random(40).tolist())
    assert adjust(ps) == sorted(adjust(ps))


@BOTH
def test_the_given_values_are_left_as_they_are(adjust: Callable) -> None:
    ps = [0.03, None, 0.01]
    adjust(ps)
    assert ps == [0.03, None, 0.01]


def test_what_holm_shows_benjamini_and_hochberg_show_too() -> None:
    ps = (np.random.default_rng(4).random(40) ** 3).tolist()
    both = zip(holm(ps), benjamini_hochberg(ps), strict=True)
    assert all(strict >= mild for strict, mild in both)


FAMILIES, SIZE = 2000, 20


def test_false_alarms_of_a_whole_family_without_any_effect_are_rare() -> None:
    families = np.random.default_rng(5).random((FAMILIES, SIZE))
    assert np.mean([min(holm(family)) <= 0.05 for family in families.tolist()]) <= 0.065
    assert np.mean(families.min(axis=1) <= 0.05) > 0.5, "raw p-values would pass the bound"


def test_few_of_those_shown_are_false() -> None:
    rng = np.random.default_rng(6)
    real = np.arange(SIZE) < SIZE // 2
    ps = np.where(real, 1e-4 * rng.random((FAMILIES // 2, SIZE)), rng.random((FAMILIES // 2, SIZE)))

    def false_share(adjusted: np.ndarray) -> float:
        shown = adjusted <= 0.1
        return float(np.mean((shown & ~real).sum(axis=1) / np.maximum(shown.sum(axis=1), 1)))

    adjusted = np.array([benjamini_hochberg(family) for family in ps.tolist()])
    assert 0.03 < false_share(adjusted) <= 0.06, "at most 0.1 times the share without effect"
    assert false_share(ps) > 0.06, "raw p-values would pass the bound"
