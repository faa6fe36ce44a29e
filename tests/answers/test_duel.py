"""The best of one side against the best of another, on runs of known truth."""

import os

import numpy as np
import pytest
from msgspec.structs import replace

from dlbench.analysis.run import RunAnalysis
from dlbench.answers.duel import duel
from fakes.runs import COMPILED, NUMPY, TORCH, case, matmul
from fakes.samples import flagged, turns

# How many times as many runs as in the gate: `nox -s simulate` takes five.
WHOLE = int(os.environ.get("DLBENCH_SIMULATE", "1"))

PRODUCT = matmul(64)
GPU, GPU_2 = (replace(one, device="cuda") for one in (TORCH, COMPILED))
TIMES = {TORCH: 4.0e-3, COMPILED: 3.0e-3, GPU: 1.0e-3, GPU_2: 1.5e-3}


def fought(times=TIMES, margin=0.02, **settings):
    """GPU against CPU."""
    found = RunAnalysis(turns((PRODUCT, times), **settings), margin)
    ids = {target: case(PRODUCT, target).id for target in times}
    seconds = {row.case: row.time.seconds for row in found.rows}
    left = [ids[target] for target in times if target.device == "cuda"]
    right = [ids[target] for target in times if target.device == "cpu"]
    return duel(found.contests[PRODUCT.id], left, right, seconds, margin)


def test_the_best_of_each_side_are_compared() -> None:
    found = fought(luck=0.005)
    assert found.left == case(PRODUCT, GPU).id
    assert found.right == case(PRODUCT, COMPILED).id
    assert found.verdict == "slower"
    assert np.exp(found.ratio.low) < 3.0 < np.exp(found.ratio.high)
    assert np.exp(found.ratio.value) == pytest.approx(3.0, rel=0.03)
    assert found.p < 0.01


def test_equal_sides_are_the_same_only_where_that_is_sure() -> None:
    equal = dict.fromkeys(TIMES, 1e-3)
    assert fought(equal).verdict == "same"
    assert fought(equal, luck=0.03).verdict == "unsure"


def test_a_small_p_value_has_a_verdict() -> None:
    """It counts all cases of both sides, so it is no smaller than the verdict needs."""
    found = [fought(TIMES | {COMPILED: 1.05e-3}, luck=0.01, seed=seed) for seed in range(20)]
    assert all(one.verdict == "slower" for one in found if one.p <= 0.05)
    assert any(one.p <= 0.05 for one in found)
    assert any(one.p > 0.05 for one in found)


def test_a_side_that_was_disturbed_all_the_time_has_no_verdict() -> None:
    busy = {target: flagged(1) for target in (TORCH, COMPILED)}
    found = fought(change=busy)
    assert (found.verdict, found.p, found.ratio.low) == ("unsure", None, None)


@pytest.mark.simulation
@pytest.mark.parametrize("gap", [1.0, 1.1])
def test_the_interval_covers_the_ratio_of_the_truly_best(gap: float) -> None:
    cpu = {TORCH: 2e-3, COMPILED: gap * 2e-3, NUMPY: 2e-3}
    times = {GPU: 1e-3, GPU_2: gap * 1e-3, **cpu}
    held = []
    for seed in range(100 * WHOLE):
        found = fought(times, luck=0.01, seed=seed)
        held.append(found.ratio.low <= np.log(2) <= found.ratio.high)
    assert np.mean(held) >= 0.945
