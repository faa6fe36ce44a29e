"""Runs teach how much processes differ, and the next run starts from that."""

from math import sqrt

import numpy as np
import pytest
from msgspec.structs import replace
from scipy.special import stdtrit

from dlbench.analysis.pairing.luck import Luck, earlier_ratios
from dlbench.analysis.run import RunAnalysis
from dlbench.experience import luck
from dlbench.experience.luck import FEWEST_DF, MOST_ENTRIES, MOST_RATIOS, latest, spreads_of
from dlbench.machine.cache import VARIABLE
from dlbench.records.case import Target
from dlbench.records.run import UsualLuck
from dlbench.stats.location import Variance
from dlbench.stats.luck import USUAL, Spread, fitted, pooled
from fakes.runs import COMPILED, ENVIRONMENT, NUMPY, TORCH, matmul
from fakes.samples import flagged, turns

TIMES = {NUMPY: 1e-3, TORCH: 1.2e-3, COMPILED: 1.5e-3}
MANY = [(matmul(8 * (n + 1)), TIMES) for n in range(FEWEST_DF)]


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path))


def learnt(results=None) -> UsualLuck | None:
    plan = (results or turns(*MANY)).run.plan
    found, note = luck.usual(ENVIRONMENT, plan)
    assert note == ""
    return found


def test_a_run_of_several_repetitions_shows_the_luck() -> None:
    assert learnt() is None
    luck.remember(turns(*MANY, luck=0.02, seed=1))
    found = learnt()
    assert sqrt(found.variance) == pytest.approx(sqrt(2) * 0.02, rel=0.25)
    assert (found.runs, found.df > 1) == (1, True)


def test_runs_of_one_repetition_show_it_together() -> None:
    for seed in range(4):
        assert learnt() is None or seed > 0
        luck.remember(turns(*MANY, luck=0.02, generations=1, seed=seed))
    assert sqrt(learnt().variance) == pytest.approx(sqrt(2) * 0.02, rel=0.3)
    assert learnt().runs == 4


def test_few_pairs_show_too_little_of_all_but_something_of_themselves() -> None:
    few = turns(*MANY[:2], luck=0.02)
    luck.remember(few)
    found = learnt(few)
    assert Variance(found.variance, found.df) == USUAL
    assert len(earlier_ratios(found.earlier, MANY[0][0].id, (TORCH.id, NUMPY.id))) == 3


def test_the_head_of_a_run_has_the_ratios_of_its_own_cases_alone() -> None:
    luck.remember(turns(*MANY))
    own = turns((MANY[1][0], {NUMPY: 1e-3, TORCH: 1e-3}))
    found = learnt(own)
    [place] = {workload for standing in found.earlier for workload in standing}
    assert place == MANY[1][0].id
    assert {target for one in found.earlier for target in one[place]} == {NUMPY.id, TORCH.id}
    assert learnt(turns((matmul(7777), TIMES))).earlier == ()


def test_disturbed_pairs_teach_nothing() -> None:
    luck.remember(turns(*MANY, change={NUMPY: flagged(1)}))
    assert learnt() is None


def test_what_a_pair_came_to_does_not_depend_on_the_base_of_each_run() -> None:
    wide = turns((matmul(8), TIMES), generations=1, seed=1)
    narrow = turns((matmul(8), {TORCH: 1.2e-3, COMPILED: 1.5e-3}), generations=1, seed=2)
    luck.remember(wide)
    luck.remember(narrow)
    found = earlier_ratios(learnt(wide).earlier, matmul(8).id, (COMPILED.id, TORCH.id))
    assert found == [pytest.approx(np.log(1.5 / 1.2), abs=0.01)] * 2


def test_the_latest_ratios_are_kept() -> None:
    old, new = {"w": {"a": 1.0, "b": 1.0}}, {"w": {"a": 2.0}}
    assert latest((old, *[new] * (MOST_RATIOS - 1))) == (old, *[new] * (MOST_RATIOS - 1))
    assert latest((old, *[new] * MOST_RATIOS)) == ({"w": {"b": 1.0}}, *[new] * MOST_RATIOS)
    many = {"w": {str(number): 0.0 for number in range(MOST_ENTRIES)}}
    assert latest((old, many)) == (many,)


def test_a_run_on_a_machine_with_little_luck_tells_smaller_differences() -> None:
    found = turns((matmul(8), {NUMPY: 1e-3, TORCH: 1.05e-3}), generations=1, luck=0.002)

    def verdict(usual: UsualLuck | None) -> str:
        run = replace(found.run, luck=usual)
        rows = RunAnalysis(replace(found, run=run)).against().rows
        return next(row.comparison.verdict for row in rows if row.comparison.verdict)

    assert verdict(None) == "unsure"
    assert verdict(UsualLuck(0.003**2, 4, runs=3)) == "slower"


def test_a_pair_that_hardly_differed_in_earlier_runs_tells_smaller_differences() -> None:
    settings = {"generations": 1, "luck": 0.002}
    row = (matmul(8), {NUMPY: 1e-3, TORCH: 1.05e-3})
    verdicts = []
    for seed in range(MOST_RATIOS):
        found = turns(row, **settings, seed=seed)
        run = replace(found.run, luck=learnt(found))
        rows = RunAnalysis(replace(found, run=run)).against().rows
        verdicts.append(next(one.comparison.verdict for one in rows if one.comparison.verdict))
        luck.remember(found)
    assert verdicts[:2] == ["unsure"] * 2
    assert verdicts[-1] == "slower"


# The world of the simulation: rows of so many targets; each target of a row has a luck of its own,
# of 1 % in the middle. Where luck is far above what is usual, no first run can know it.
ROWS, TARGETS, WORLDS, MIDDLE, PROMISED = 3, 5, 150, 0.01, 0.94


@pytest.mark.simulation
@pytest.mark.parametrize("runs", [0, 1, 2, 4, 8])
@pytest.mark.parametrize("scatter", [0.0, 0.7, 1.2])
def test_intervals_hold_whatever_earlier_runs_have_taught(runs: int, scatter: float) -> None:
    """Ratios of one repetition: nearly all lie within the interval that the luck gives."""
    rng = np.random.default_rng(runs)
    names = [Target("numpy", "cpu", str(n), "float32", 1).id for n in range(TARGETS)]
    inside = []
    for _ in range(WORLDS):
        sds = MIDDLE * np.exp(scatter * rng.standard_normal((ROWS, TARGETS)))
        heights = [_standing(names, sds * rng.standard_normal(sds.shape)) for _ in range(runs + 1)]
        spreads = spreads_of(heights[:-1])
        known = fitted(spreads) if sum(one.df for one in spreads) >= FEWEST_DF else None
        book = Luck(None, known or USUAL, earlier=heights[:-1])
        for row in heights[-1]:
            for other in names[1:]:
                found = book.of(row, (names[0], other))
                reach = _t(found.df) * sqrt(found.value)
                [value] = earlier_ratios(heights[-1:], row, (names[0], other))
                inside.append(abs(value) <= reach)
    assert np.mean(inside) >= PROMISED


def _standing(names, heights):
    return {
        f"w{n}": dict(zip(names, map(float, row), strict=True)) for n, row in enumerate(heights)
    }


def _t(df: float) -> float:
    return float(stdtrit(df, 0.975))


def test_a_pair_s_own_variance_counts_by_its_degrees_of_freedom() -> None:
    assert pooled(Variance(4.0, 1.0), Spread(1.0, 2)) == Variance(2.0, 3.0)
