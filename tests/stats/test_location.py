"""Medians and locations: exact where they are exact, and covering what they claim to cover.

Next to a bound on simulated samples stands a broken way that fails it.
"""

from collections.abc import Callable
from math import sqrt
from statistics import StatisticsError, median

import numpy as np
import pytest

from dlbench.stats import location as stats
from dlbench.stats.location import (
    LEAST_DF,
    LEAST_VALUES,
    Estimate,
    Location,
    Variance,
    effective_count,
    lag1,
    location,
    median_error,
    median_with_interval,
    rank_correlation,
)
from dlbench.stats.luck import raised

# Ranks (from 1) of the ends of the symmetric interval of 95 %, as the sign test has them.
RANKS = {
    6: (1, 6),
    7: (1, 7),
    8: (1, 8),
    9: (2, 8),
    10: (2, 9),
    11: (2, 10),
    12: (3, 10),
    15: (4, 12),
    20: (6, 15),
    25: (8, 18),
    50: (18, 33),
    70: (27, 44),
}


@pytest.mark.parametrize(
    ("values", "middle"),
    [([3.0], 3.0), ([1.0, 2.0], 1.5), ([5, 1, 3], 3), ([4, 1, 3, 2], 2.5), ([1] * 5, 1)],
)
def test_below_six_values_there_is_a_median_and_no_interval(values, middle: float) -> None:
    assert median_with_interval(values) == Estimate(middle, None, None)


def test_of_nothing_there_is_no_median() -> None:
    with pytest.raises(StatisticsError):
        median_with_interval([])


def chance(n: int, low: int, high: int) -> float:
    """That the median lies between two ranks, by counting all ways to be above or below it."""
    return sum(low <= ways.bit_count() < high for ways in range(2**n)) / 2**n


@pytest.mark.parametrize("n", [n for n in RANKS if n <= 15])
def test_the_ranks_are_the_narrowest_that_reach_95_percent(n: int) -> None:
    low, high = RANKS[n]
    assert chance(n, low, high) >= 0.95 > chance(n, low + 1, high - 1)


@pytest.mark.parametrize(("n", "ranks"), RANKS.items())
def test_the_interval_ends_at_these_ranks(n: int, ranks) -> None:
    shuffled = np.random.default_rng(n).permutation(np.arange(1.0, n + 1))
    estimate = median_with_interval(shuffled.tolist())
    assert estimate == Estimate((n + 1) / 2, *ranks)


def test_less_confidence_needs_fewer_values_and_gives_a_narrower_interval() -> None:
    assert median_with_interval([1, 2, 3, 4, 5], confidence=0.9) == Estimate(3, 1, 5)
    assert median_with_interval(range(1, 13), confidence=0.8) == Estimate(6.5, 4, 9)


def test_equal_values_have_an_interval_of_no_width() -> None:
    assert median_with_interval([2.0] * 12) == Estimate(2.0, 2.0, 2.0)


def test_the_values_are_left_as_they_are() -> None:
    values = [3.0, 1.0, 2.0]
    median_with_interval(values)
    assert values == [3.0, 1.0, 2.0]


# Every distribution has the median 0.
DISTRIBUTIONS: dict[str, Callable[[np.random.Generator, tuple[int, int]], np.ndarray]] = {
    "normal": lambda rng, shape: rng.normal(size=shape),
    "heavy-tailed": lambda rng, shape: rng.standard_cauchy(size=shape),
    "lognormal": lambda rng, shape: rng.lognormal(size=shape) - 1,
}
RUNS = 3000
LEAST = 0.93


def coverage(ordered: np.ndarray, low: int, high: int) -> float:
    """How often the interval between two ranks holds the median 0."""
    return float(np.mean((ordered[:, low - 1] <= 0) & (ordered[:, high - 1] >= 0)))


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
@pytest.mark.parametrize("n", [6, 10, 12, 20])
def test_the_interval_holds_the_true_median_as_often_as_it_says(distribution: str, n: int) -> None:
    values = DISTRIBUTIONS[distribution](np.random.default_rng(n), (RUNS, n))
    estimates = [median_with_interval(row) for row in values.tolist()]
    assert np.mean([e.low <= 0 <= e.high for e in estimates]) >= LEAST
    low, high = RANKS[n]
    ordered = np.sort(values, axis=1)
    assert coverage(ordered, low + 1, high) < coverage(ordered, low, high)
    assert coverage(ordered, low + 1, high - 1) < LEAST, "the bound would not notice a slip by one"


# Correlated blocks of one generation.


def autoregressive(rng: np.random.Generator, shape: tuple[int, int], phi: float) -> np.ndarray:
    """Rows of AR(1) with mean 0 and variance 1."""
    values = rng.normal(size=shape)
    for i in range(1, shape[1]):
        values[:, i] = phi * values[:, i - 1] + sqrt(1 - phi**2) * values[:, i]
    return values


def test_the_autocorrelation_of_a_known_series() -> None:
    # deviations -2.5 ... 2.5: (8.75/5)/(17.5/6) = 0.6, plus (1 + 1.8)/6
    assert lag1([1, 2, 3, 4, 5, 6]) == pytest.approx(0.6 + 2.8 / 6)


def test_no_autocorrelation_is_claimed_of_few_or_of_equal_values() -> None:
    assert lag1([1.0, 2.0] * 2 + [1.0]) is None
    assert lag1([0.1] * 50) is None
    assert lag1([1.0, 2.0] * 3) is not None


@pytest.mark.parametrize("phi", [0.0, 0.3, 0.6])
def test_the_autocorrelation_of_short_series_is_right_on_average(phi: float) -> None:
    rows = autoregressive(np.random.default_rng(1), (3000, 20), phi).tolist()
    corrected = np.array([lag1(row) for row in rows])
    assert np.mean(corrected) == pytest.approx(phi, abs=0.05)
    raw = (20 * corrected - 1) / 23  # corrected = raw + (1 + 3 raw)/20
    assert np.mean(raw) < phi - 0.05, "the bound would not notice a missing correction"


def test_independent_values_count_in_full_and_correlated_ones_less() -> None:
    rng = np.random.default_rng(2)
    long = autoregressive(rng, (1, 5000), 0.6)[0].tolist()
    assert effective_count(long) == pytest.approx(5000 * 0.4 / 1.6, rel=0.15)
    assert effective_count([1.0, 2.0] * 10) == 20, "negative correlation must not narrow"
    assert effective_count([3.0] * 12) == 12
    assert effective_count([1.0, 2.0]) == 2
    assert effective_count(range(100)) == pytest.approx(100 * 0.05 / 1.95)


def test_spikes_do_not_hide_the_correlation() -> None:
    rng = np.random.default_rng(3)
    values = autoregressive(rng, (1, 2000), 0.6)[0]
    spiked = values + np.where(rng.random(2000) < 0.02, 1000.0, 0.0)
    assert effective_count(spiked.tolist()) < 2 * effective_count(values.tolist())
    assert lag1(spiked.tolist()) < 0.1


def test_below_six_values_the_median_has_no_error() -> None:
    assert median_error([1.0, 2.0, 3.0, 4.0, 5.0]) is None
    assert median_error([1.0, 5.0, 2.0, 4.0, 3.0, 6.0]) > 0


def test_equal_values_have_a_median_without_error() -> None:
    assert median_error([0.5] * 12) == 0


def test_the_error_follows_shift_and_scale() -> None:
    values = np.random.default_rng(4).normal(size=30)
    error = median_error(values.tolist())
    assert median_error((5 + 3 * values).tolist()) == pytest.approx(3 * error)


def test_the_error_of_normal_values_is_that_of_theory() -> None:
    rows = np.random.default_rng(5).normal(size=(2000, 100)).tolist()
    errors = [median_error(row) for row in rows]
    assert np.median(errors) == pytest.approx(sqrt(np.pi / 2 / 100), rel=0.1)


def test_the_error_of_two_modes_reaches_from_one_to_the_other() -> None:
    values = np.random.default_rng(6).permutation([0.0, 1.0] * 20).tolist()
    assert median_error(values) >= 0.25
    assert location([values]).interval().low <= 0
    assert location([values]).interval().high >= 1


def test_the_error_is_scaled_up_where_the_ranks_end() -> None:
    rising = [float(value) for value in range(12)]
    assert median_error(rising) > 11 / 2 / 1.96, "more than all values can show"


def spiked(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    spikes = np.where(rng.random(shape) < 0.05, 20.0, 0.0) * rng.choice([-1, 1], shape)
    return autoregressive(rng, shape, 0.3) + spikes


# Every one has the median 0.
BLOCKS: dict[str, Callable[[np.random.Generator, tuple[int, int]], np.ndarray]] = {
    **DISTRIBUTIONS,
    "Student's t(3)": lambda rng, shape: rng.standard_t(3, size=shape),
    # 30 % of a second mode 10 sd above; 5/7 of the first lie below its quantile 0.566
    "bimodal": lambda rng, shape: (
        rng.normal(size=shape) + np.where(rng.random(shape) < 0.3, 10, 0) - 0.565949
    ),
    "AR(1) of 0.3": lambda rng, shape: autoregressive(rng, shape, 0.3),
    "AR(1) of 0.6": lambda rng, shape: autoregressive(rng, shape, 0.6),
    "AR(1) with spikes": spiked,
    "drifting": lambda rng, shape: rng.normal(size=shape) + np.linspace(-2, 2, shape[1]),
}


def covering(locations: list[Location], true: float = 0.0) -> float:
    """How often the interval of 95 % holds the truth."""
    intervals = [found.interval() for found in locations]
    return float(np.mean([each.low <= true <= each.high for each in intervals]))


PAIRS = 7


def with_common_correlation(rows: list[list[float]]) -> list[Location]:
    """Locations of pairs, so many of a table's row, which share their correlation."""
    tables = [rows[i : i + PAIRS] for i in range(0, len(rows), PAIRS)]
    return [
        location([pair], correlation=median(map(rank_correlation, pairs)))
        for pairs in tables
        for pair in pairs
    ]


@pytest.mark.parametrize("n", [12, 40])
@pytest.mark.parametrize("kind", BLOCKS)
def test_the_interval_of_one_generation_covers(kind: str, n: int) -> None:
    rows = BLOCKS[kind](np.random.default_rng(n), (1500, n)).tolist()
    covered = covering(with_common_correlation(rows))
    assert covered >= LEAST
    if kind == "normal":
        assert covered <= 0.99


@pytest.mark.parametrize("phi", [0.3, 0.6])
def test_the_bound_would_notice_that_correlation_is_ignored(phi: float, monkeypatch) -> None:
    monkeypatch.setattr(stats, "rank_correlation", lambda values: 0.0)
    rows = autoregressive(np.random.default_rng(40), (1000, 40), phi).tolist()
    assert covering([location([row]) for row in rows]) < 0.915


# Several generations. A block's noise is chosen such that a generation's median of 20 blocks has
# about the error 1; luck is in units of that.

NOISE = sqrt(20 * 2 / np.pi)
LUCKS: dict[str, Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]] = {
    "normal": lambda rng, shape: rng.normal(size=shape),
    "heavy-tailed": lambda rng, shape: rng.standard_t(3, size=shape) / sqrt(3),
}


def generations(rng, runs: int, count: int, luck: np.ndarray, blocks: int = 20) -> list:
    """Blocks of each run's generations, given the luck of each."""
    noise = NOISE * rng.normal(size=(runs, count, blocks))
    return (noise + luck[:, :, None]).tolist()


def nulls(draw, rng, runs: int, count: int, sd: float) -> list[Variance | None]:
    """What `count` null ratios with this luck say, in each of the runs."""
    if count == 0:
        return [None] * runs
    ratios = sd * draw(rng, (runs, count)) + rng.normal(size=(runs, count))
    return [Variance(variance, count) for variance in np.mean(ratios**2, axis=1).tolist()]


def simulated(kind: str, sd: float, groups: int, known: int, runs: int = 800) -> list[Location]:
    """Locations, of which the true one is 0."""
    rng, draw = np.random.default_rng([groups, known]), LUCKS[kind]
    samples = generations(rng, runs, groups, sd * draw(rng, (runs, groups)))
    lucks = nulls(draw, rng, runs, known, sd)
    return [location(run, luck) for run, luck in zip(samples, lucks, strict=True)]


@pytest.mark.parametrize("known", [0, 1, 3, 9])
@pytest.mark.parametrize("groups", [2, 3, 5])
@pytest.mark.parametrize("sd", [0.0, 1.0, 3.0])
@pytest.mark.parametrize("kind", LUCKS)
def test_the_interval_of_several_generations_covers(kind, sd, groups, known) -> None:
    covered = covering(simulated(kind, sd, groups, known))
    assert covered >= LEAST
    if kind == "normal" and sd == 3 and (groups > 2 or known):
        assert covered <= 0.99, "two generations alone know too little for a narrow one"


@pytest.mark.parametrize("sd", [1.0, 3.0])
@pytest.mark.parametrize("known", [3, 9])
def test_the_interval_of_one_generation_covers_with_known_luck(sd: float, known: int) -> None:
    assert covering(simulated("normal", sd, 1, known)) >= LEAST


@pytest.mark.parametrize("usual", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("known", [0, 1, 4])
def test_the_interval_of_one_generation_covers_with_usual_luck(usual: float, known: int) -> None:
    """usual: the standard deviation that counts as usual, by the true one."""
    rng, sd = np.random.default_rng([18, known]), 3.0
    samples = generations(rng, 1000, 1, sd * rng.normal(size=(1000, 1)))
    ratios = (sd * rng.normal(size=(1000, known))).tolist()
    lucks = [raised(Variance((usual * sd) ** 2, 2), found) for found in ratios]
    covered = covering([location(run, luck) for run, luck in zip(samples, lucks, strict=True)])
    assert covered >= (0.85 if usual < 1 else LEAST), "luck that is twice the usual is not covered"


@pytest.mark.parametrize("groups", [2, 3, 5])
def test_the_bound_would_notice_that_all_blocks_are_taken_as_independent(groups: int) -> None:
    rng = np.random.default_rng(groups)
    samples = generations(rng, 500, groups, rng.normal(size=(500, groups)) * 3)
    pooled = [rng.permutation(np.ravel(run)).tolist() for run in samples]
    assert covering([location([run]) for run in pooled]) < 0.85


def test_the_bound_would_notice_that_luck_is_left_out() -> None:
    assert covering(simulated("normal", 1.0, 1, 0)) < LEAST
    assert covering(simulated("normal", 3.0, 1, 0)) < 0.6


@pytest.mark.parametrize("groups", [2, 3, 5])
def test_the_bound_would_notice_that_few_generations_are_taken_as_many(groups: int) -> None:
    found = simulated("normal", 3.0, groups, 0)
    assert covering([each._replace(df=1e6) for each in found]) < LEAST


def test_the_bound_would_notice_that_a_lucky_null_is_believed() -> None:
    found = simulated("normal", 3.0, 1, 1)
    lucks = nulls(LUCKS["normal"], np.random.default_rng(7), len(found), 1, 3.0)
    rng = np.random.default_rng(8)
    samples = generations(rng, len(found), 1, 3 * rng.normal(size=(len(found), 1)))
    believed = [
        each if each.error**2 > luck.value else each._replace(error=sqrt(luck.value), df=1)
        for each, luck in zip([location(run) for run in samples], lucks, strict=True)
    ]
    assert covering(believed) < LEAST


def test_targets_whose_luck_differs_are_why_little_is_borrowed(monkeypatch) -> None:
    def covered() -> float:
        rng, runs = np.random.default_rng(9), 4000
        scale = 10 * np.exp(0.7 * rng.normal(size=(runs, 1)))
        samples = generations(rng, runs, 2, scale * rng.normal(size=(runs, 2)))
        lucks = nulls(LUCKS["normal"], rng, runs, 20, 10.0)
        return covering([location(run, luck) for run, luck in zip(samples, lucks, strict=True)])

    assert covered() >= 0.915
    monkeypatch.setattr(stats, "MOST_BORROWED", 20)
    assert covered() < 0.9, "as if targets were alike"


@pytest.mark.parametrize("groups", [3, 5, 8])
def test_blocks_that_resemble_each_other_and_spike_do_not_widen_the_interval(groups: int) -> None:
    """Their error within a generation is several times what the medians are apart."""
    blocks = BLOCKS["AR(1) with spikes"](np.random.default_rng([13, groups]), (800 * groups, 40))
    found = [location(run) for run in blocks.reshape(800, groups, 40).tolist()]
    assert LEAST <= covering(found) <= 0.985


UNEQUAL = [(8, 8, 64), (200, 6, 6, 6, 6, 6), (6, 100)]


@pytest.mark.parametrize("sizes", UNEQUAL, ids=str)
@pytest.mark.parametrize("sd", [0.0, 3.0, 30.0])
def test_generations_of_unequal_length_count_the_same(sizes: tuple[int, ...], sd: float) -> None:
    rng = np.random.default_rng([14, *sizes])
    runs = [
        [(sd * rng.normal() + NOISE * rng.normal(size=size)).tolist() for size in sizes]
        for _ in range(800)
    ]
    assert covering([location(run) for run in runs]) >= LEAST


@pytest.mark.parametrize("groups", [3, 6, 20])
def test_many_generations_whose_luck_is_all_that_there_is_are_covered(groups: int) -> None:
    assert covering(simulated("normal", 30.0, groups, 0)) >= LEAST


def test_a_long_generation_that_was_disturbed_does_not_carry_the_value_off() -> None:
    rng = np.random.default_rng(15)
    quiet, other, odd = (rng.normal(size=size).tolist() for size in (8, 8, 64))
    found = location([quiet, other, [value + 50 for value in odd]])
    assert abs(found.value) < 3


def test_known_luck_narrows_the_interval_of_few_generations() -> None:
    def width(known: int) -> float:
        found = [each.interval() for each in simulated("normal", 1.0, 2, known)]
        return float(np.median([each.high - each.low for each in found]))

    assert width(9) < width(3) < width(1) < width(0)
    assert width(3) < 0.5 * width(0)


# Exact cases.


def still(*levels: float) -> list[list[float]]:
    """Generations in which nothing moves."""
    return [[level] * LEAST_VALUES for level in levels]


def test_generations_without_noise_have_the_interval_of_student() -> None:
    found = location(still(1.0, 2.0, 3.0))
    # a median of three is less sure than their mean by 1.1378
    error = sqrt(1.1378205 / 3)
    assert found == Location(2.0, pytest.approx(error, rel=1e-5), 2.0, 3)
    assert found.interval().high == pytest.approx(2 + 4.302653 * error, rel=1e-5)
    assert found.interval(0.9).low == pytest.approx(2 - 2.919986 * error, rel=1e-5)


def test_the_variance_is_moderated_by_that_of_the_nulls() -> None:
    # (1 * 2 + 4 * 1)/(1 + 4) = 1.2: of ten null ratios four count
    assert location(still(0.0, 2.0), Variance(1.0, 10)) == (1, pytest.approx(sqrt(1.2 / 2)), 5, 2)
    assert location(still(0.0, 2.0), Variance(1.0, 1)) == (1, pytest.approx(sqrt(1.5 / 2)), 2, 2)


def test_a_single_odd_generation_widens_the_interval_and_does_not_carry_the_value_off() -> None:
    found = location(still(1.0, 1.0, 1.0, 7.0))
    assert found == Location(1.0, pytest.approx(sqrt(1.22203 * 36 / 3 / 4), rel=1e-4), 3.0, 4)


def test_a_generation_too_short_to_show_its_noise_does_not_count() -> None:
    group = np.random.default_rng(10).normal(size=20).tolist()
    short = [100.0] * (LEAST_VALUES - 1)
    assert location([group, short, group]) == location([group, group])
    assert location([short, [102.0]]) == Location(101.0, None, None, 2)


def test_of_one_generation_the_variances_of_samples_and_of_processes_add() -> None:
    group = np.random.default_rng(11).normal(size=20).tolist()
    error = median_error(group, 20.0)
    df = 0.6 * 19
    assert location([group], correlation=0.0) == (median(group), error, pytest.approx(df), 1)
    assert location([group], Variance(0.0, 0), 0.0) == location([group], None, 0.0)
    both = error**2 + 4.0
    found = location([group], Variance(4.0, 3), 0.0)
    assert found.error == pytest.approx(sqrt(both))
    assert found.df == pytest.approx(both**2 / (error**4 / df + 16.0 / 3))
    assert location([group], Variance(1e-12, 3), 0.0).df == pytest.approx(df), "its own are enough"


def test_correlated_samples_count_less_and_never_as_less_than_one() -> None:
    group = np.random.default_rng(11).normal(size=20).tolist()
    error = median_error(group, 20.0)
    half = location([group], correlation=0.5)
    assert half.error == pytest.approx(error * sqrt(3))
    assert half.df == pytest.approx(0.6 * (20 * 0.75 / 1.25 - 1))
    assert location([group[:8]], correlation=0.99) == location([group[:8]], correlation=0.8)
    assert location([group[:8]], correlation=0.8).df == LEAST_DF


@pytest.mark.parametrize(("n", "phi", "most"), [(8, 0.6, 8.0), (24, 0.6, 2.6)])
def test_no_interval_of_one_generation_explodes(n: int, phi: float, most: float) -> None:
    """Half-widths in standard deviations of a sample."""
    rows = autoregressive(np.random.default_rng(16), (1400, n), phi).tolist()
    found = with_common_correlation(rows)
    assert covering(found) >= 0.94
    widths = [(each.interval().high - each.interval().low) / 2 for each in found]
    assert np.quantile(widths, 0.95) <= most


def test_eight_rising_values_do_not_make_the_interval_explode() -> None:
    rising = [float(value) for value in range(8)]
    others = np.random.default_rng(17).normal(size=(PAIRS - 1, 8)).tolist()
    found = with_common_correlation([rising, *others])[0].interval()
    assert (found.high - found.low) / 2 <= 4 * np.std(rising, ddof=1)


def test_a_short_single_generation_has_a_value_and_no_error() -> None:
    found = location([[1.0, 3.0, 2.0]], Variance(1.0, 5))
    assert found == Location(2.0, None, None, 1)
    assert found.interval() == Estimate(2.0, None, None)
    assert found.p_above(0.0) is None


def test_empty_generations_do_not_count() -> None:
    assert location([[], [1.0], [], [2.0], [3.0]]) == location([[1.0], [2.0], [3.0]])
    for nothing in [], [[]], [[], []]:
        with pytest.raises(ValueError, match="at least one group"):
            location(nothing)


def test_the_order_of_generations_does_not_matter() -> None:
    groups = np.random.default_rng(12).normal(size=(3, 10)).tolist()
    assert location(groups) == pytest.approx(location(groups[::-1]))


def test_equal_values_leave_no_doubt() -> None:
    for found in location([[0.5] * LEAST_VALUES]), location([[0.5] * 7, [0.5] * 8]):
        assert found.interval() == Estimate(0.5, 0.5, 0.5)
        assert found.p_above(0.4) == 0
        assert found.p_above(0.5) == 1
        assert found.p_above(0.6) == 1


# p-values.


def test_the_p_value_is_that_of_student_with_no_margin() -> None:
    assert Location(4.302653, 1.0, 2.0, 3).p_above(0.0) == pytest.approx(0.025)
    assert Location(2.570582 + 1, 1.0, 5.0, 3).p_above(1.0) == pytest.approx(0.025)


def test_the_p_value_agrees_with_the_interval() -> None:
    rng = np.random.default_rng(13)
    for value, error, df, margin in zip(*rng.uniform(0.01, 4, (4, 500)).tolist(), strict=True):
        found = Location(value, error, df, 2)
        assert (found.p_above(margin) < 0.025) == (found.interval().low > margin)
        assert (found.p_above(margin) < 0.05) == (found.interval(0.9).low > margin)


def test_the_p_value_grows_with_the_margin_up_to_1() -> None:
    found = Location(1.0, 0.2, 4.0, 3)
    ps = [found.p_above(margin) for margin in np.linspace(0, 1.5, 16)]
    assert ps == sorted(ps)
    assert ps[10] == pytest.approx(0.5)
    assert ps[-1] > 0.9


@pytest.mark.parametrize("groups", [1, 2, 3, 5])
def test_a_true_ratio_at_the_margin_is_seldom_called_beyond_it(groups: int) -> None:
    found = simulated("normal", 3.0, groups, 3, runs=1500)
    at_margin = [each._replace(value=each.value + 2) for each in found]
    assert np.mean([each.p_above(2.0) < 0.05 for each in at_margin]) <= 0.065
    far = [each._replace(value=each.value + 40) for each in found]
    assert np.mean([each.p_above(2.0) < 0.05 for each in far]) >= 0.9
