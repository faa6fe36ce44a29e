"""What null pairs say of a run: false alarms, luck, and what it can see at all."""

import pytest
from msgspec.structs import replace

from dlbench.analysis.nulls import Nulls
from dlbench.analysis.run import ComparedRows, RunAnalysis
from dlbench.analysis.verdicts import MARGIN
from dlbench.records.measurement import Measurement
from dlbench.results.folder import Results
from fakes.runs import NUMPY, TORCH, matmul
from fakes.samples import flagged, turns

WORKLOADS = [matmul(size) for size in (64, 128, 256, 512)]


def run(ratio: float = 1.0, workloads=WORKLOADS, **settings: object) -> Results:
    return turns(*((one, {NUMPY: 1e-3, TORCH: ratio * 1e-3}) for one in workloads), **settings)


def read(found: Results, margin: float = MARGIN) -> ComparedRows:
    return RunAnalysis(found, margin).against(NUMPY.id)


def nulls(found: Results, margin: float = MARGIN) -> Nulls:
    return read(found, margin).nulls


def verdicts(reading: ComparedRows) -> set[str]:
    return {row.comparison.verdict for row in reading.rows if row.comparison.verdict}


def test_where_nothing_differs_no_null_pair_does() -> None:
    for seed in range(20):
        found = nulls(run(luck=0.003, seed=seed))
        assert (found.pairs, found.busy, found.failed) == (4, 0, ())
        assert found.margin == MARGIN


def test_the_spread_is_that_of_two_processes() -> None:
    spreads = [nulls(run(luck=0.01, seed=seed)).spread for seed in range(20)]
    assert sum(spreads) / 20 == pytest.approx(2**0.5 * 0.01, rel=0.15)


@pytest.mark.simulation
@pytest.mark.parametrize("luck", [0.0, 0.005])
def test_an_effect_said_to_be_visible_is_found_in_4_of_5_runs_and_one_of_the_margin_is_not(
    luck: float,
) -> None:
    every = [nulls(run(luck=luck, seed=seed)) for seed in range(40)]
    visible = sum(found.visible_low + found.visible_high for found in every) / 80
    assert visible > MARGIN

    def found(effect: float) -> float:
        runs = (read(run(1 + effect, luck=luck, seed=seed)) for seed in range(100, 180))
        judged = [
            row.comparison.verdict for one in runs for row in one.rows if row.comparison.verdict
        ]
        return judged.count("slower") / len(judged)

    assert 0.6 <= found(visible) <= 0.9
    assert found(MARGIN) <= 0.05


def test_a_null_that_fails_widens_the_intervals_of_its_row_alone() -> None:
    many = [matmul(size) for size in range(64, 72)]
    failed, good = (read(run(1.04, many, null_factor=factor, luck=0.001)) for factor in (1.10, 1.0))
    assert failed.nulls.failed == (many[0].id,)
    assert failed.nulls.margin == MARGIN
    found = [row.comparison.verdict for row in failed.rows if row.comparison.verdict]
    assert found == ["unsure", *["slower"] * 7]
    assert verdicts(good) == {"slower"}


def test_a_null_that_shows_more_luck_than_the_run_widens_the_intervals_of_its_target() -> None:
    def width(found: Results) -> float:
        rows = [row for row in read(found).rows if row.comparison.verdict]
        return max(row.comparison.high - row.comparison.low for row in rows)

    assert width(run(null_factor=1.3)) > 3 * width(run())


def test_a_null_pair_on_a_busy_machine_says_nothing() -> None:
    found = nulls(run(change={NUMPY: flagged(1)}, null_factor=2.0))
    assert (found.pairs, found.busy, found.failed, found.spread) == (0, 4, (), None)


def test_a_run_without_nulls_knows_nothing_of_luck_and_still_sees() -> None:
    found = nulls(run(has_nulls=False))
    assert (found.pairs, found.spread) == (0, None)
    assert found.visible_high >= found.visible_low > MARGIN


def test_of_nothing_there_is_nothing_to_see() -> None:
    assert nulls(run(workloads=WORKLOADS[:1], rounds=2, generations=1)).visible_low is None


def test_a_null_that_failed_is_no_pair() -> None:
    found = run()
    broken = tuple(
        Measurement(one.case, "failed", "it died") if one.case.endswith("/null") else one
        for one in found.measurements
    )
    assert nulls(replace(found, measurements=broken)).pairs == 0


def test_nulls_have_no_rows() -> None:
    assert len(read(run()).rows) == 2 * len(WORKLOADS)
