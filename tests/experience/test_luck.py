"""Runs teach how much processes differ, and the next run starts from that."""

from math import sqrt

import pytest
from msgspec.structs import replace

from dlbench.analysis.run import RunAnalysis
from dlbench.experience import luck
from dlbench.experience.luck import FEWEST_PAIRS, MOST_PAIRS, MOST_RATIOS, merged
from dlbench.machine.cache import VARIABLE
from dlbench.records.run import UsualLuck
from fakes.runs import COMPILED, ENVIRONMENT, NUMPY, TORCH, matmul
from fakes.samples import flagged, turns

TIMES = {NUMPY: 1e-3, TORCH: 1.2e-3, COMPILED: 1.5e-3}
MANY = [(matmul(8 * (n + 1)), TIMES) for n in range(FEWEST_PAIRS)]


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path))


def learnt() -> UsualLuck | None:
    found, note = luck.usual(ENVIRONMENT)
    assert note == ""
    return found


def test_a_run_of_several_repetitions_shows_the_luck() -> None:
    assert learnt() is None
    luck.remember(turns(*MANY, luck=0.02))
    found = learnt()
    assert sqrt(found.variance) == pytest.approx(sqrt(2) * 0.02, rel=0.25)
    assert (found.runs, found.df > 1) == (1, True)


def test_runs_of_one_repetition_show_it_together() -> None:
    for seed in range(4):
        assert learnt() is None or seed > 1
        luck.remember(turns(*MANY, luck=0.02, generations=1, seed=seed))
    assert sqrt(learnt().variance) == pytest.approx(sqrt(2) * 0.02, rel=0.3)
    assert learnt().runs == 4


def test_few_pairs_show_too_little() -> None:
    luck.remember(turns(*MANY[:2], luck=0.02))
    assert learnt() is None


def test_disturbed_pairs_teach_nothing() -> None:
    luck.remember(turns(*MANY, change={NUMPY: flagged(1)}))
    assert learnt() is None


def test_the_latest_ratios_are_kept() -> None:
    known = {"a": (1.0,) * MOST_RATIOS, "b": (2.0,)}
    found = merged(known, {"a": (3.0, 4.0)})
    assert found["a"] == (*(1.0,) * (MOST_RATIOS - 2), 3.0, 4.0)
    assert list(found) == ["b", "a"]
    most = merged(known, {str(n): (0.0,) for n in range(MOST_PAIRS)})
    assert len(most) == MOST_PAIRS
    assert "b" not in most


def test_a_run_on_a_machine_with_little_luck_tells_smaller_differences() -> None:
    found = turns((matmul(8), {NUMPY: 1e-3, TORCH: 1.05e-3}), generations=1, luck=0.002)

    def verdict(usual: UsualLuck | None) -> str:
        run = replace(found.run, luck=usual)
        rows = RunAnalysis(replace(found, run=run)).against().rows
        return next(row.comparison.verdict for row in rows if row.comparison.verdict)

    assert verdict(None) == "unsure"
    assert verdict(UsualLuck(0.003**2, 4, runs=3)) == "slower"
