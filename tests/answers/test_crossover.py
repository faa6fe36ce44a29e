"""Where the answer changes, on runs of known truth."""

import os
from itertools import pairwise

import numpy as np
import pytest
from msgspec.structs import replace

from dlbench.analysis.run import RunAnalysis
from dlbench.answers.answer import answers_of
from dlbench.answers.crossover import Span
from dlbench.records.run import UsualLuck
from fakes.runs import COMPILED, NUMPY, TORCH, forward, matmul
from fakes.samples import flagged, turns

# How many times as many runs as in the gate: `nox -s simulate` takes five.
WHOLE = int(os.environ.get("DLBENCH_SIMULATE", "1"))

GPU, GPU_2 = (replace(one, device="cuda") for one in (TORCH, COMPILED))
BATCHES = (8, 32, 128, 512)


def told(times, **settings):
    """The crossovers of a run: of each batch, the milliseconds of each target."""
    rows = [
        (forward(batch=batch), {target: ms / 1e3 for target, ms in steps.items()})
        for batch, steps in times.items()
    ]
    return answers_of(RunAnalysis(turns(*rows, **settings))).crossovers


def devices(cpu, gpu, **settings):
    """The crossovers of a run whose CPU and GPU take so many milliseconds, batch by batch."""
    both = zip(BATCHES, cpu, gpu, strict=True)
    return told({batch: {TORCH: c, GPU: g} for batch, c, g in both}, **settings)


def test_an_answer_changes_between_two_sure_ends() -> None:
    (one,) = devices((1, 2, 5, 20), (3, 3, 3, 3), luck=0.005)
    assert (one.question, one.left, one.right, one.same) == ("device", "cpu", "cuda", ())
    assert (one.kind, one.fixed, one.parameter) == ("forward", {"network": "iris"}, "batch")
    assert one.spans == (Span("cpu", 8, 32), Span("cuda", 128, 512))


def test_what_cannot_be_told_lies_between_the_ends() -> None:
    (one,) = devices((1, 3, 3, 20), (3, 3, 3, 3), luck=0.01)
    assert one.spans == (Span("cpu", 8, 8), Span("cuda", 512, 512))


@pytest.mark.parametrize(
    ("cpu", "settings"),
    [
        ((4, 5, 6, 20), {}),
        ((3, 3, 3, 20), {"luck": 0.01}),
        ((1, 2, 5, 20), {"change": {TORCH: flagged(1)}}),
        ((1, 2, 5, 20), {"luck": 2.0}),
    ],
    ids=["one side", "one sure end", "busy", "luck"],
)
def test_nothing_is_said_without_verdicts_on_both_ends(cpu, settings) -> None:
    assert devices(cpu, (3, 3, 3, 3), **settings) == ()


def test_an_answer_may_change_twice() -> None:
    (one,) = devices((1, 5, 5, 1), (3, 3, 3, 3), luck=0.005)
    assert [span.side for span in one.spans] == ["cpu", "cuda", "cpu"]


def test_a_target_that_is_missing_somewhere_makes_no_crossover() -> None:
    """The fast GPU was measured with large batches only; without it the CPU is always faster."""
    slow = {TORCH: 1.0, GPU: 3.0}
    times = {8: slow, 32: slow, 128: slow | {GPU_2: 0.3}, 512: slow | {GPU_2: 0.3}}
    assert [one for one in told(times) if one.question == "device"] == []
    both = {batch: steps | {GPU_2: 0.3 if batch > 32 else 4.0} for batch, steps in times.items()}
    assert [one.question for one in told(both)].count("device") == 1


def test_modes_are_compared_within_their_backend_and_device() -> None:
    times = {
        batch: {NUMPY: 0.5, TORCH: eager, COMPILED: 3.0} for batch, eager in ((8, 1.0), (512, 9.0))
    }
    one, *_ = [one for one in told(times) if one.question == "mode_kind"]
    assert (one.left, one.right, one.same[:2]) == ("eager", "compile", ("cpu", "torch"))
    assert one.spans == (Span("eager", 8, 8), Span("compile", 512, 512))


def test_a_run_without_a_series_has_no_crossover() -> None:
    assert told({8: {TORCH: 1.0, GPU: 3.0}}) == ()


SIZES = (16, 32, 64, 128, 256, 512)
LUCK = 0.02


def drawn(rng, *, shared: bool):
    """Random lines of cost that cross within the sizes; where, and a run of them.

    shared: all rows of a generation have the same luck, as they share their processes.
    """
    crossing = float(np.exp(rng.uniform(np.log(24), np.log(400))))
    slope, gpu_slope = 1e-5, 1e-5 * rng.uniform(0.05, 0.7)
    start = crossing * (slope - gpu_slope)
    rows = [(matmul(size), {TORCH: slope * size, GPU: start + gpu_slope * size}) for size in SIZES]
    seed = int(rng.integers(2**31))
    if not shared:
        return crossing, turns(*rows, luck=LUCK, rounds=12, seed=seed)
    factors = np.exp(LUCK * rng.standard_normal((2, 3)))

    def of(side: int):
        return lambda sample: replace(
            sample, host_s=sample.host_s * float(factors[side, sample.generation])
        )

    found = turns(*rows, rounds=12, seed=seed, change={TORCH: of(0), GPU: of(1)})
    usual = UsualLuck(2 * LUCK**2, 4, runs=3)
    return crossing, replace(found, run=replace(found.run, luck=usual))


@pytest.mark.simulation
@pytest.mark.parametrize("shared", [False, True])
def test_the_answer_truly_changes_between_the_ends(*, shared: bool) -> None:
    rng, held, found = np.random.default_rng(int(shared)), [], 0
    runs = 60 * WHOLE
    for _ in range(runs):
        crossing, results = drawn(rng, shared=shared)
        for one in answers_of(RunAnalysis(results)).crossovers:
            found += 1
            (before, after) = one.spans[:1] + one.spans[-1:]
            held.append(
                len(one.spans) == 2
                and (before.side, after.side) == ("cpu", "cuda")
                and before.last <= crossing <= after.first
            )
    assert found >= 0.9 * runs
    assert np.mean(held) >= 0.95


@pytest.mark.simulation
def test_equal_sides_rarely_cross() -> None:
    """Neither side is ever faster: every end would be a false claim."""
    times = {batch: {TORCH: 2.0, GPU: 2.0} for batch in BATCHES}
    found = [told(times, luck=LUCK, rounds=12, seed=seed) for seed in range(100 * WHOLE)]
    assert np.mean([bool(one) for one in found]) <= 0.02


def test_ends_lie_in_ascending_order() -> None:
    _, results = drawn(np.random.default_rng(5), shared=False)
    (one,) = answers_of(RunAnalysis(results)).crossovers
    assert all(a.first <= a.last < b.first for a, b in pairwise(one.spans))
