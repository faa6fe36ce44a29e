"""Each case over many runs: ratios to the yardstick, steps, and where a history begins anew."""

from pathlib import Path

import numpy as np
import pytest

from dlbench.archive.history import history
from dlbench.errors import UsageError
from fakes.runs import NUMPY, TORCH, case, matmul
from fakes.worlds import World, dated, store, too_fast

WORLD = World(luck=0.002, generations=1, rounds=6, workloads=1, targets=(NUMPY, TORCH), day=0.3)
OLD, NEW = "2.13.0", "2.14.0"


def run(number, rng, factor=1.0, version=OLD, **facts):
    return dated(number, rng, WORLD, factor, version, **facts)


@pytest.fixture
def sixteen(tmp_path: Path) -> Path:
    """Eight runs, and eight with a version that is slower by a third; each on another day."""
    rng = np.random.default_rng(0)
    for number in range(1, 17):
        is_new = number > 8
        store(tmp_path, run(number, rng, 4 / 3 if is_new else 1.0, NEW if is_new else OLD))
    return tmp_path


def of(found, target):
    [series] = [one for one in found.series if one.target == target]
    return series


def test_a_step_is_named_with_its_version_and_date(sixteen):
    series = of(history(sixteen), TORCH)
    [turn] = series.turns
    assert series.is_ratio
    assert (turn.run, turn.started[:10]) == ("20260109-120000-told", "2026-01-09")
    assert turn.factor == pytest.approx(4 / 3, rel=0.02)
    assert turn.changed == ("torch 2.13.0 → 2.14.0",)
    assert not turn.given


def test_a_slow_day_is_no_step(sixteen):
    """Times differ by 30 % from day to day; the yardstick has its times alone."""
    series = of(history(sixteen), NUMPY)
    assert not series.is_ratio
    assert [point.ratio for point in series.points] == [None] * 16
    spread = np.std([np.log(point.seconds) for point in series.points])
    ratios = [point.ratio for point in of(history(sixteen), TORCH).points[:8]]
    assert spread > 0.1 > 10 * np.std(np.log(ratios))


def test_runs_are_chosen_by_a_pattern(sixteen):
    found = history(sixteen, "2026010*")
    assert found.runs == tuple(f"2026010{n}-120000-told" for n in range(1, 10))
    assert history(sixteen, "nothing*").runs == ()


def test_cases_are_chosen_by_an_expression_and_keep_their_yardstick(sixteen):
    [series] = history(sixteen, keep="torch").series
    assert series.case == case(matmul(8), TORCH).id
    assert series.is_ratio
    assert history(sixteen, keep="abacus").series == ()


def test_a_mistake_in_the_expression_is_told(sixteen):
    with pytest.raises(UsageError, match="--filter cannot be read"):
        history(sixteen, keep="(torch")


def test_another_machine_begins_a_history_anew(tmp_path):
    rng = np.random.default_rng(1)
    for number in range(1, 13):
        cpu = "A Processor" if number <= 6 else "Another"
        store(tmp_path, run(number, rng, 1.0 if number <= 6 else 3.0, cpu=cpu))
    [turn] = of(history(tmp_path), TORCH).turns
    assert (turn.given, turn.p, turn.changed) == (True, None, ("another machine",))
    assert turn.run == "20260107-120000-told"


def test_an_implausible_case_is_no_point_and_no_yardstick(tmp_path):
    rng = np.random.default_rng(2)
    runs = [run(number, rng) for number in range(1, 4)]
    store(tmp_path, *runs[:2], too_fast(runs[2], NUMPY))
    found = history(tmp_path)
    assert len(found.runs) == 3
    assert {one.run for series in found.series for one in series.points} == set(found.runs[:2])


def test_a_damaged_run_is_told_and_left_out(sixteen):
    (sixteen / "20260103-120000-told" / "run.json").write_text("{", encoding="utf-8")
    found = history(sixteen)
    assert len(found.runs) == 15
    [warning] = found.warnings
    assert "20260103-120000-told" in warning


def test_an_empty_folder_has_no_history(tmp_path):
    assert history(tmp_path).runs == ()
    assert history(tmp_path / "nowhere").series == ()
