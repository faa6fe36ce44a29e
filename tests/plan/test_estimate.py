"""The estimated time of a run: how it is made up, and how near it is to stored runs."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from dlbench.plan.estimate import STRETCHES_S, estimate
from dlbench.records.case import Case, Work, Workload
from dlbench.records.plan import Plan, Sampling
from dlbench.results.folder import RUN, Results, read_run
from fakes.runs import COMPILED, NUMPY, TORCH, case, matmul, run_of

REFERENCE = Path(__file__).parents[2] / "results" / "reference"
RUNS = sorted(folder for folder in REFERENCE.iterdir() if RUN.is_at(folder))

# What an estimate is good for: to tell minutes from hours.
FACTOR = 2.0


def plan_of(*cases: Case, **sampling: float) -> Plan:
    return replace(run_of(cases).plan, sampling=Sampling(**sampling))


def taken_s(results: Results) -> float:
    """From the first sample of a run to the end of the last, and the first calls before it."""
    samples = [s for one in results.measurements for s in (*one.warmup, *one.samples)]
    first = min(samples, key=lambda sample: sample.started_s)
    before = next(one for one in results.measurements if first in one.warmup + one.samples)
    end_s = max(sample.started_s + sample.host_s for sample in samples)
    return end_s - first.started_s + sum(before.calls_s)


@pytest.mark.parametrize("folder", RUNS, ids=lambda folder: folder.name)
def test_stored_runs_took_at_most_twice_and_at_least_half_the_estimate(folder: Path) -> None:
    results = read_run(folder)
    # the start of the first workers is not recorded, so it is left out on both sides
    # (the run on the H200 used up its budget, so that it shows only that the budget is reached)
    sampling = results.run.plan.sampling
    whole = estimate(results.run.plan)
    guess_s = whole.total_s - whole.starting_s / sampling.generations
    assert 1 / FACTOR <= guess_s / taken_s(results) <= FACTOR


def test_the_parts_add_up_to_the_total() -> None:
    one = estimate(plan_of(case(matmul(8)), case(matmul(8), TORCH)))
    assert min(one.starting_s, one.preparing_s, one.measuring_s) > 0
    assert one.total_s == one.starting_s + one.preparing_s + one.measuring_s


def test_generations_take_as_long_as_one_another() -> None:
    cases = case(matmul(8)), case(matmul(8), TORCH)
    once, thrice = (estimate(plan_of(*cases, generations=often)) for often in (1, 3))
    assert thrice.total_s == pytest.approx(3 * once.total_s)


def test_a_target_is_started_once_for_all_its_rows() -> None:
    one = estimate(plan_of(case(matmul(8))))
    two = estimate(plan_of(case(matmul(8)), case(matmul(16))))
    assert two.starting_s == one.starting_s
    assert two.preparing_s == pytest.approx(2 * one.preparing_s, rel=0.01)
    assert estimate(plan_of(case(matmul(8)), case(matmul(8), TORCH))).starting_s > one.starting_s


def test_a_null_is_a_case_of_its_own() -> None:
    plan = plan_of(case(matmul(8)))
    [group] = plan.groups
    copied = replace(group, nulls=((replace(group.cases[0], null=True),),))
    alone, both = estimate(plan), estimate(replace(plan, groups=(copied,)))
    assert both.starting_s > alone.starting_s
    assert both.measuring_s == 2 * alone.measuring_s


def test_compiling_takes_time_before_and_not_while_measuring() -> None:
    plain, compiled = (estimate(plan_of(case(matmul(8), t))) for t in (TORCH, COMPILED))
    assert compiled.preparing_s > 2 * plain.preparing_s
    assert compiled.measuring_s == plain.measuring_s


def test_skipped_cases_take_no_time() -> None:
    assert estimate(plan_of(case(matmul(8), skip="is not there"))).total_s == 0


def test_short_steps_fill_a_block_and_long_ones_take_longer() -> None:
    short, large = (estimate(plan_of(case(matmul(size)))) for size in (8, 8192))
    assert 12 * 0.02 < short.measuring_s - STRETCHES_S < 24 * 0.02
    assert large.measuring_s > 10 * (short.measuring_s - STRETCHES_S)


def test_a_case_is_measured_for_its_limit_but_for_one_block_at_least() -> None:
    assert estimate(plan_of(case(matmul(8)), case_s=0.1)).measuring_s == STRETCHES_S + 0.1
    work = Work(flops=10**13, elements=1)
    endless = case(Workload("matmul", {"m": 1, "n": 1, "k": 1}, work))
    assert estimate(plan_of(endless, case_s=0.1)).measuring_s > 10


def test_an_epoch_has_as_many_steps_as_batches() -> None:
    rows = Work(flops=0, elements=0, samples=60_000)
    small, large = (
        estimate(
            plan_of(case(Workload("epoch", {"network": "n", "batch": batch}, rows)), case_s=60)
        )
        for batch in (1, 512)
    )
    assert small.measuring_s > 10 * large.measuring_s


def test_an_accelerator_takes_longer_to_prepare_and_computes_faster() -> None:
    cpu, gpu = (
        estimate(plan_of(case(matmul(4096), replace(NUMPY, device=device))))
        for device in ("cpu", "cuda")
    )
    assert gpu.measuring_s < cpu.measuring_s
    quick_step = [
        estimate(plan_of(case(matmul(8), replace(NUMPY, device=device)))).preparing_s
        for device in ("cpu", "cuda")
    ]
    assert quick_step[0] < quick_step[1]


@pytest.mark.parametrize(("budget_s", "total_s"), [(1.0, 1.0), (1e6, None), (None, None)])
def test_a_run_takes_its_budget_at_most(budget_s: float | None, total_s: float | None) -> None:
    free = estimate(plan_of(case(matmul(8))))
    bound = estimate(plan_of(case(matmul(8)), budget_s=budget_s))
    assert bound.total_s == pytest.approx(total_s or free.total_s)
    assert bound.starting_s / bound.total_s == pytest.approx(free.starting_s / free.total_s)
