"""Drift and modes: seen where they are, seldom where they are not."""

from collections.abc import Callable
from math import log1p, sqrt

import numpy as np
import pytest
from scipy.stats import theilslopes

from dlbench.stats import shape as diagnostics
from dlbench.stats.shape import LEAST_DRIFTING, LEAST_MODAL, Drift, Modes, drift, modes

Draw = Callable[[np.random.Generator, tuple[int, int]], np.ndarray]
TIMES = np.arange(40) * 0.05


def autoregressive(rng: np.random.Generator, shape: tuple[int, int], phi: float) -> np.ndarray:
    """Rows of AR(1) with mean 0 and variance 1."""
    values = rng.normal(size=shape)
    for i in range(1, shape[1]):
        values[:, i] = phi * values[:, i - 1] + sqrt(1 - phi**2) * values[:, i]
    return values


ONE_MODE: dict[str, Draw] = {
    "normal": lambda rng, shape: rng.normal(size=shape),
    "lognormal": lambda rng, shape: rng.lognormal(size=shape),
    "exponential": lambda rng, shape: rng.exponential(size=shape),
    "Student's t(3)": lambda rng, shape: rng.standard_t(3, size=shape),
    "uniform": lambda rng, shape: rng.uniform(size=shape),
    "AR(1) of 0.6": lambda rng, shape: autoregressive(rng, shape, 0.6),
    "drifting": lambda rng, shape: rng.normal(size=shape) + np.linspace(0, 10, shape[1]),
}


# Drift.


def test_a_straight_line_has_its_slope_and_no_doubt() -> None:
    found = drift((3 + 0.5 * TIMES).tolist(), TIMES.tolist())
    assert found == pytest.approx((0.5, 0.5, 0.5))
    assert found.clear


def test_the_slope_is_per_second_whatever_the_order_of_distances() -> None:
    times = np.cumsum(np.random.default_rng(1).uniform(0.1, 5, 30))
    assert drift((-0.2 * times).tolist(), times.tolist()).slope == pytest.approx(-0.2)


def test_a_drift_is_told_as_a_whole_change() -> None:
    assert Drift(0.01, 0.01, 0.01).change(10) == pytest.approx(np.expm1(0.1))
    assert Drift(-0.01, -0.01, -0.01).change(10) == pytest.approx(np.expm1(-0.1))
    assert Drift(1.0, 1.0, 1.0).change(1e6) == pytest.approx(1e9)


def test_equal_values_do_not_drift() -> None:
    found = drift([1.5] * 20, list(range(20)))
    assert found == Drift(0, 0, 0)
    assert not found.clear


def test_no_drift_is_claimed_of_few_values_or_of_one_moment() -> None:
    few = list(range(LEAST_DRIFTING - 1))
    assert drift(few, few) is None
    assert drift([1.0, 2.0] * 5, [3.0] * 10) is None
    assert drift([*few, 7], [*few, 7]).clear


def test_a_few_spikes_do_not_make_a_drift() -> None:
    values = np.random.default_rng(2).normal(size=40)
    values[-3:] += 1000
    assert not drift(values.tolist(), TIMES.tolist()).clear


def called_drifting(rows: np.ndarray) -> float:
    found = [drift(row, TIMES.tolist()) for row in rows.tolist()]
    return float(np.mean([each.clear for each in found]))


@pytest.mark.parametrize("kind", [kind for kind in ONE_MODE if kind != "drifting"])
def test_what_does_not_drift_is_seldom_called_drifting(kind: str) -> None:
    rows = ONE_MODE[kind](np.random.default_rng(3), (500, 40))
    assert called_drifting(rows) <= (0.12 if kind.startswith("AR") else 0.08)


def test_the_bound_would_notice_that_correlation_is_ignored(monkeypatch) -> None:
    monkeypatch.setattr(diagnostics, "effective_count", len)
    rows = autoregressive(np.random.default_rng(3), (300, 40), 0.6)
    assert called_drifting(rows) > 0.2


def test_a_drift_of_three_sd_is_seen() -> None:
    rows = np.random.default_rng(4).normal(size=(300, 40)) + np.linspace(0, 3, 40)
    assert called_drifting(rows) >= 0.98


def test_the_slopes_interval_holds_the_true_slope() -> None:
    rows = 0.7 * TIMES + np.random.default_rng(5).standard_t(3, size=(500, 40))
    found = [drift(row, TIMES.tolist()) for row in rows.tolist()]
    assert 0.93 <= np.mean([each.low <= 0.7 <= each.high for each in found]) <= 0.985
    plain = theilslopes(rows[0], TIMES)
    assert found[0].slope == pytest.approx(plain.slope)
    assert found[0].low <= plain.low_slope
    assert found[0].high >= plain.high_slope


# Modes.


def mixture(rng, shape: tuple[int, int], share: float, distance: float) -> np.ndarray:
    """Two normal modes of sd 1, `share` of the values in the lower one, around 0."""
    return rng.normal(size=shape) + np.where(rng.random(shape) < share, 0, distance)


def called_bimodal(rows: np.ndarray) -> float:
    return float(np.mean([modes(row) is not None for row in rows.tolist()]))


@pytest.mark.parametrize("n", [LEAST_MODAL, 40, 100])
@pytest.mark.parametrize("kind", ONE_MODE)
def test_one_mode_is_seldom_called_two(kind: str, n: int) -> None:
    rows = ONE_MODE[kind](np.random.default_rng([6, n]), (2000, n))
    assert called_bimodal(rows) <= 0.025


@pytest.mark.parametrize("kind", ["uniform", "exponential", "lognormal"])
def test_the_bound_would_notice_a_threshold_for_normal_values_only(kind, monkeypatch) -> None:
    monkeypatch.setattr(diagnostics, "SMALL_SAMPLE", 0)
    rows = ONE_MODE[kind](np.random.default_rng(6), (1000, LEAST_MODAL))
    assert called_bimodal(rows) > 0.04


@pytest.mark.parametrize("n", [40, 60, 120])
@pytest.mark.parametrize("share", [0.7, 0.5, 0.3])
def test_two_modes_six_sd_apart_are_seen(share: float, n: int) -> None:
    assert called_bimodal(mixture(np.random.default_rng(7), (1000, n), share, 6)) >= 0.94
    assert called_bimodal(mixture(np.random.default_rng(7), (1000, n), share, 8)) >= 0.97


def test_the_modes_are_where_they_were_put() -> None:
    values = mixture(np.random.default_rng(8), (1, 2000), 0.7, 10)[0]
    assert modes(values.tolist()) == pytest.approx((0, 10, 0.7), abs=0.1)


def test_two_exact_values_are_two_modes() -> None:
    assert modes([1.0, 1.0, 2.0] * 12) == Modes(1.0, 2.0, 2 / 3)
    assert modes([2.0, 1.0, 1.0] * 12) == Modes(1.0, 2.0, 2 / 3)


def test_equal_values_have_one_mode() -> None:
    assert modes([0.1] * 50) is None


def test_too_few_values_to_tell() -> None:
    assert modes([0.0, 1.0] * (LEAST_MODAL // 2 - 1)) is None
    assert modes([0.0, 1.0] * (LEAST_MODAL // 2)) is not None


def test_modes_nearer_than_two_percent_do_not_matter() -> None:
    assert modes([0.0, log1p(0.019)] * 20) is None
    assert modes([0.0, log1p(0.021)] * 20) is not None


def test_a_few_outliers_are_not_a_mode() -> None:
    normal = np.random.default_rng(9).normal(size=60)
    normal[:8] = 50
    assert modes(normal.tolist()) is None
    normal[:9] = 50
    assert modes(normal.tolist()).share == 51 / 60


def test_where_hardly_anything_differs_there_is_no_drift() -> None:
    times = [float(n % 6) for n in range(12)]
    assert drift([1.0] * 12, times) is None
    assert drift([1.0] * 11 + [2.0], times) is None or not drift([1.0] * 11 + [2.0], times).clear
