"""Each case over many runs: ratios to the yardstick, steps, and where a history begins anew."""

from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from dlbench.archive.history import history
from dlbench.errors import UsageError
from dlbench.records.machine.device import Device
from dlbench.records.settings import Departure
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


def changed_in_the_middle(folder, target, before, after):
    """What is told as changed where a target gets slower by a half, of twelve runs."""
    rng = np.random.default_rng(3)
    for number in range(1, 13):
        of = run(number, rng, 1.0 if number <= 6 else 1.5)
        store(folder, replace(of, run=(before if number <= 6 else after)(of.run)))
    [turn] = of_target(folder, target).turns
    return turn.changed


def of_target(folder, target):
    return of(history(folder), target)


def with_environment(**facts):
    return lambda run: replace(run, environment=replace(run.environment, **facts))


def with_settings(ours):
    departure = Departure("intra_op", "so that it is told", ours=ours)
    return lambda run: replace(run, settings={"torch": (departure,)})


def with_card(**facts):
    return with_environment(devices=(Device("cuda:0", "GPU-1", "A GPU", **facts),))


CHANGES = {
    "variable": (
        with_environment(variables={"OMP_NUM_THREADS": "4"}),
        with_environment(variables={"OMP_NUM_THREADS": "1"}),
        "OMP_NUM_THREADS 4 → 1",
    ),
    "settings": (with_settings(1), with_settings(2), "settings of torch"),
    "yardstick": (
        with_environment(versions={"numpy": "2.4.6", "torch": OLD}),
        with_environment(versions={"numpy": "2.5.0", "torch": OLD}),
        "numpy 2.4.6 → 2.5.0",
    ),
    "python": (
        with_environment(python="3.11.7"),
        with_environment(python="3.12.1"),
        "Python 3.11.7 → 3.12.1",
    ),
    "system": (
        with_environment(system="Linux-6.1"),
        with_environment(system="Linux-6.6"),
        "system Linux-6.1 → Linux-6.6",
    ),
    "driver": (
        with_card(driver="550.1"),
        with_card(driver="560.2"),
        "GPU driver 550.1 → 560.2",
    ),
    "power": (
        with_card(power_limit_w=700.0),
        with_card(power_limit_w=500.0),
        "power limit of cuda:0 700 W → 500 W",
    ),
}


@pytest.mark.parametrize(("before", "after", "told"), CHANGES.values(), ids=CHANGES)
def test_what_has_changed_is_told_at_a_step(tmp_path, before, after, told):
    assert changed_in_the_middle(tmp_path, TORCH, before, after) == (told,)


def test_software_of_others_is_not_told(tmp_path):
    before = with_environment(versions={"numpy": "2.4.6", "torch": OLD, "other": "1.0"})
    after = with_environment(versions={"numpy": "2.4.6", "torch": OLD, "other": "2.0"})
    assert changed_in_the_middle(tmp_path, TORCH, before, after) == ()


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
