"""What the pairs of a run lend each other, and what nulls add to it."""

from math import sqrt

import pytest

from dlbench.analysis.pairing.luck import (
    Luck,
    NullRatio,
    correlation_of,
    luck_of,
    noise_of,
    null_ratios,
    spread_of,
)
from dlbench.analysis.pairing.pairs import Pair
from dlbench.stats.location import Variance
from dlbench.stats.luck import FEWEST_VARIANCES, Spread
from fakes.runs import COMPILED, NUMPY, TORCH, case, matmul

USUAL = Variance(0.02**2, 2)
ROW, OTHER = matmul(8).id, matmul(16).id


def pair(*levels: float, rounds: int = 6, **fields: object) -> Pair:
    """A pair with these log ratios, one a generation."""
    return Pair("a", "b", None, generations=tuple((one,) * rounds for one in levels), **fields)


def test_the_spread_is_that_of_generations_around_their_median() -> None:
    assert spread_of(pair(0.0, 0.1, 0.3)) == Spread(pytest.approx((0.01 + 0.04) / 2), 2)
    assert spread_of(pair(0.1)) is None
    assert spread_of(pair(0.0, 0.1, rounds=5)) is None, "too few rounds show noise, not luck"


def test_a_run_of_several_generations_shows_its_own_luck() -> None:
    pairs = [pair(0.0, 0.02, -0.02)] * FEWEST_VARIANCES
    found = luck_of(pairs)
    assert found is not None
    assert sqrt(found.value) == pytest.approx(0.02, rel=0.4), "equal ones are taken for too small"
    assert luck_of(pairs[1:]) is None
    assert luck_of([one._replace(busy=True) for one in pairs]) is None


def test_without_it_what_is_usual_counts_and_nulls_raise_it() -> None:
    ratios = [NullRatio(ROW, NUMPY.id, 0.1), NullRatio(OTHER, NUMPY.id, 0.1)]
    luck = Luck(None, USUAL, ratios)
    raised = luck.of(ROW, (NUMPY.id, TORCH.id))
    assert raised.value == pytest.approx((2 * USUAL.value + 2 * 0.01) / 4)
    assert luck.of(ROW, (COMPILED.id, TORCH.id)) == USUAL, "a null of another target"


def test_a_null_counts_for_the_pairs_of_its_target_in_its_row() -> None:
    luck = Luck(Variance(1e-6, 4), USUAL, [NullRatio(ROW, NUMPY.id, 0.1)])
    assert luck.of(ROW, (NUMPY.id, TORCH.id)) == Variance(pytest.approx(0.01), 4)
    assert luck.of(OTHER, (NUMPY.id, TORCH.id)) == Variance(1e-6, 4)
    assert luck.of(ROW, (COMPILED.id, TORCH.id)) == Variance(1e-6, 4)


def test_a_null_that_failed_counts_for_all_pairs_of_its_row() -> None:
    luck = Luck(Variance(1e-6, 4), USUAL, [NullRatio(ROW, NUMPY.id, 0.1)], frozenset({ROW}))
    assert luck.of(ROW, (COMPILED.id, TORCH.id)) == Variance(pytest.approx(0.01), 4)
    assert luck.of(OTHER, (COMPILED.id, TORCH.id)) == Variance(1e-6, 4)


def test_null_ratios_are_those_of_quiet_pairs() -> None:
    one = case(matmul(8), NUMPY)
    assert null_ratios([(one, pair(0.1, 0.2))]) == [
        NullRatio(ROW, NUMPY.id, 0.1),
        NullRatio(ROW, NUMPY.id, 0.2),
    ]
    assert null_ratios([(one, pair(0.1, busy=True))]) == []


def test_correlation_and_noise_are_those_of_typical_and_of_noisy_pairs() -> None:
    rising = Pair("a", "b", None, generations=(tuple(range(8)),))
    still = Pair("a", "b", None, generations=((0.0, 1.0) * 4,))
    assert correlation_of([rising, still, still]) == 0
    assert correlation_of([rising]) > 0.5
    assert correlation_of([]) is None
    loud = Pair("a", "b", None, generations=((0.0, 10.0) * 4,))
    assert noise_of([still, still, still, loud]) > noise_of([still])
    assert noise_of([pair(0.0, rounds=5)]) is None
