"""What the verdicts of a run promise, on worlds of known truth and on a kept run.

The worlds are those of the audit: luck that differs between targets, disturbed machines, near ties.
"""

import os
from collections.abc import Callable
from itertools import pairwise
from math import exp, log
from pathlib import Path
from statistics import median

import numpy as np
import pytest
from msgspec.structs import replace

from dlbench.analysis.pairing.located import Knowledge, located
from dlbench.analysis.pairing.luck import correlation_of, luck_of
from dlbench.analysis.pairing.pairs import View
from dlbench.analysis.run import RunAnalysis
from dlbench.records.case import Target
from dlbench.records.measurement import Sample
from dlbench.records.run import UsualLuck
from dlbench.results.folder import Results, read_run
from dlbench.stats.luck import USUAL
from fakes.runs import COMPILED, NUMPY, TORCH, case, matmul
from fakes.samples import turns

pytestmark = pytest.mark.simulation

# How many times as many runs as in the gate: `nox -s simulate` takes five.
WHOLE = int(os.environ.get("DLBENCH_SIMULATE", "1"))

REFERENCE = Path(__file__).parents[2] / "results" / "reference"
OTHERS = [replace(NUMPY, backend=f"b{number}") for number in range(1, 13)]
WORKLOADS = [matmul(8 * (number + 1)) for number in range(4)]


def lucky(sd: dict[Target, float], seed: int) -> dict[Target, Callable]:
    """Changes that give each target a luck of its own, by generation and workload."""
    rng = np.random.default_rng(seed)

    def change(target: Target) -> Callable[[Sample], Sample]:
        factors: dict[tuple[int, float], float] = {}

        def slow(sample: Sample) -> Sample:
            key = (sample.generation, round(log(sample.step_s) / 2))
            factor = factors.setdefault(key, float(np.exp(sd[target] * rng.normal())))
            return replace(sample, host_s=sample.host_s * factor)

        return slow

    return {target: change(target) for target in sd}


def run(times, usual: UsualLuck | None, **settings) -> Results:
    found = turns(*((one, times) for one in WORKLOADS), **settings)
    return replace(found, run=replace(found.run, luck=usual))


@pytest.mark.parametrize("generations", [1, 3, 6])
def test_luck_that_no_null_shows_does_not_fool_the_intervals(generations: int) -> None:
    """The target of the nulls has a luck of 0.3 %, the three others have 3 %."""
    first, *rest = OTHERS[:4]
    times = dict.fromkeys((first, *rest), 1e-3)
    held, false = [], []
    for seed in range(60 * WHOLE):
        sd = {first: 0.003} | dict.fromkeys(rest, 0.03)
        change = lucky(sd, seed)
        found = run(times, None, generations=generations, change=change, seed=seed)
        for row in RunAnalysis(found).against(first.id).rows:
            if row.comparison.low is not None:
                held.append(row.comparison.low <= 1 <= row.comparison.high)
                false.append(row.comparison.verdict in {"faster", "slower"})
    assert len(held) >= 200 * WHOLE
    assert np.mean(held) >= 0.94
    assert np.mean(false) <= 0.02


@pytest.mark.parametrize("count", [2, 4, 8, 12])
def test_of_near_ties_the_fastest_keeps_its_star(count: int) -> None:
    times = {target: 1e-3 * (1 + 0.002 * n) for n, target in enumerate(OTHERS[:count])}
    starred = []
    for seed in range(15 * WHOLE):
        usual = UsualLuck(2 * 0.01**2, 4, 3)
        rows = RunAnalysis(run(times, usual, luck=0.01, seed=seed)).against().rows
        starred += [row.leads for row in rows if row.target == OTHERS[0]]
    assert np.mean(starred) >= 0.95


def test_five_percent_slower_loses_its_star() -> None:
    times = {OTHERS[0]: 1e-3, OTHERS[1]: 1.05e-3, OTHERS[2]: 1.5e-3, OTHERS[3]: 40e-3}
    kept = []
    for seed in range(20 * WHOLE):
        usual = UsualLuck(2 * 0.005**2, 4, 3)
        rows = RunAnalysis(run(times, usual, luck=0.005, seed=seed)).against().rows
        kept += [bool(row.leads) for row in rows if row.target == OTHERS[1]]
    assert np.mean(kept) <= 0.1


def disturbed(slower: float, seed: int, *, waited: bool) -> Callable[[Sample], Sample]:
    """Every block is disturbed, and slowed down by a factor around this one."""
    rng = np.random.default_rng(seed)

    def change(sample: Sample) -> Sample:
        factor = float(np.exp(log(slower) * rng.random()))
        longer = sample.host_s * factor
        waited_s = longer - sample.host_s if waited else None
        return replace(sample, host_s=longer, waited_s=waited_s, flags=("busy",))

    return change


def verdicts_beside_a_load(ratio: float, *, waited: bool, runs: int) -> list[str | None]:
    found = []
    for seed in range(runs):
        change = {
            target: disturbed(4.0, 2 * seed + number, waited=waited)
            for number, target in enumerate((NUMPY, TORCH))
        }
        times = {NUMPY: 1e-3, TORCH: ratio * 1e-3}
        known = turns((WORKLOADS[0], times), change=change, seed=seed, generations=1)
        known = replace(known, run=replace(known.run, luck=None))
        torch = case(WORKLOADS[0], TORCH).id
        rows = RunAnalysis(known).against(NUMPY.id).rows
        found += [row.comparison.verdict for row in rows if row.case == torch]
    return found


def test_forty_times_is_told_beside_a_load_and_equal_cases_are_never_called_different() -> None:
    runs = 20 * WHOLE
    assert verdicts_beside_a_load(40.0, waited=True, runs=runs).count("slower") >= 0.95 * runs
    assert set(verdicts_beside_a_load(1.0, waited=True, runs=100 * WHOLE)) == {"unsure"}
    assert set(verdicts_beside_a_load(40.0, waited=False, runs=20)) == {"unsure"}


def test_huge_ratios_in_a_row_make_no_false_claims_on_the_others() -> None:
    """Rivals lie exactly at the margin."""

    def false(rivals: dict[Target, float]) -> float:
        times = {NUMPY: 1e-3, TORCH: 1.02e-3, COMPILED: 1.02e-3} | rivals
        claimed = []
        for seed in range(20 * WHOLE):
            usual = UsualLuck(2 * 0.01**2, 4, 3)
            rows = RunAnalysis(run(times, usual, luck=0.01, seed=seed)).against(NUMPY.id).rows
            near = [row for row in rows if row.target in {TORCH, COMPILED}]
            claimed += [row.comparison.verdict == "slower" for row in near]
        return float(np.mean(claimed))

    assert false({}) <= 0.05
    assert false(dict.fromkeys(OTHERS[:4], 40e-3)) <= 0.05


def test_a_repetition_that_was_held_out_lies_where_the_others_say() -> None:
    """Of the kept run with three repetitions, by the intervals of the other two."""
    [folder] = REFERENCE.glob("*-graphs")
    analysis = RunAnalysis(read_run(folder))
    pairs = [
        one.pair
        for contest in analysis.contests.values()
        for (a, b), one in contest.pairs.items()
        if a < b and one.basis == "measured" and len(one.pair.generations) == 3
    ]
    held = []
    for out in range(3):
        kept = [
            pair._replace(
                generations=tuple(g for n, g in enumerate(pair.generations) if n != out), views=()
            )
            for pair in pairs
        ]
        luck = luck_of(kept)
        assert luck is not None
        for pair, whole in zip(kept, pairs, strict=True):
            seen = pair._replace(views=(View(pair.generations, pair.generations),))
            found = located(seen, Knowledge(luck)).lows[0]
            # the held-out one scatters as one repetition does, the mean of two half as much
            wide = found._replace(error=(found.error or 0.0) * 3**0.5).interval()
            held.append(wide.low <= median(whole.generations[out]) <= wide.high)
    assert len(held) > 500
    assert np.mean(held) >= 0.92


def test_each_repetition_read_alone_agrees_with_the_others_and_none_explodes() -> None:
    [folder] = REFERENCE.glob("*-graphs")
    analysis = RunAnalysis(read_run(folder))
    agree, widths = [], []
    for contest in analysis.contests.values():
        pairs = [
            one.pair
            for (a, b), one in contest.pairs.items()
            if a < b and one.basis == "measured" and len(one.pair.generations) == 3
        ]
        known = Knowledge(USUAL, correlation_of(pairs))
        for pair in pairs:
            alone = [
                pair._replace(generations=(group,), views=(View((group,), (group,)),))
                for group in pair.generations
            ]
            ends = [located(one, known).lows[0].interval() for one in alone]
            widths += [(one.high - one.low) / 2 for one in ends]
            agree += [max(a.low, b.low) <= min(a.high, b.high) for a, b in pairwise(ends)]
    assert np.mean(agree) >= 0.94
    assert np.quantile(widths, 0.99) <= log(1 + 0.65)


def test_the_run_of_the_h200_names_the_gpu_in_every_row() -> None:
    [folder] = REFERENCE.glob("*-h200")
    rows = RunAnalysis(read_run(folder)).against().rows
    leading = [row for row in rows if row.leads]
    assert {row.target.device for row in leading} == {"cuda"}
    assert len({row.workload.id for row in leading}) == 6
    behind = [row for row in rows if row.target.device == "cpu" and row.comparison.low]
    large = [row for row in behind if row.workload.params.get("m") == 4096]
    assert large
    assert min(row.comparison.low for row in large) > 10
    assert all(exp(0) <= row.comparison.low for row in behind)
