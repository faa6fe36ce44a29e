"""Estimate how long a plan takes, before it is measured.

What earlier runs on the machine took is taken from the book of costs; what it does not know are
constants, medians over the runs in results/reference, most of them on two cores. Without the book,
an estimate may be wrong by a factor of two.
"""

from collections.abc import Sequence
from math import ceil

from dlbench.records.case import Case, Group, Target
from dlbench.records.costs import NO_COSTS, Costs
from dlbench.records.plan import Estimate, Forecast, Plan, Sampling

# Workers start in parallel, but share the cores: ten took 8 s, three took 3 s.
STARTING_S = 1.0
WORKER_S = 0.7

# To bind a case and check it against the reference: a few tenths of a second, mostly the reference.
CASE_S = 0.3
# To compile it for the first calls, and again for the check: 0.1 to 5 s.
COMPILING_S = 1.5
# To start a compiler, once in every process: 12 s for the slowest, next to nothing for the others.
COMPILER_S = 5.0
# To load the kernels of an accelerator: 0.1 s for one framework, 7 s for another.
ACCELERATOR_S = 2.0
# Warm-ups were steady after a third of their limit.
WARMUP_SHARE = 0.35
# Steps before the first block, at least: three first calls, two of the check, two of the warm-up.
STEPS_BEFORE = 7

# Floating-point operations per second: a thread in an epoch of mnist-512; an accelerator in the
# same precision.
THREAD_FLOPS = 5e10
ACCELERATOR_FLOPS = 1e13
# The seconds of a training step without its matrix products.
STEP_S = 2e-4

# The lead-ins before the blocks, as a share of them; and the messages, resuming and stopping around
# them. Seen in a run of `quick` on two cores that others used too: 1.06; most ramps are shorter.
LEAD_SHARE = 0.6
TURN_S = 0.005
# The stretches without a pause, before and after the turns: 0.7 s a case in the same run.
STRETCHES_S = 0.5


def estimate(plan: Plan, costs: Costs = NO_COSTS) -> Estimate:
    """Estimate the seconds of a run: all generations, at most the budget.

    Blocks are counted in full: a run whose ratios are precise enough ends earlier. Renewals of
    workers are not counted.
    """
    return _within(of_groups(plan.groups, plan.sampling, costs), plan.sampling.budget_s)


def of_groups(groups: Sequence[Group], sampling: Sampling, costs: Costs) -> Estimate:
    """Estimate the seconds of all generations of these rows, without a budget."""
    parts = [_generation(groups, sampling, n, costs) for n in range(sampling.generations)]
    starting, preparing, measuring = (sum(part) for part in zip(*parts, strict=True))
    return Estimate(starting, preparing, measuring)


def expected(plan: Plan, costs: Costs = NO_COSTS) -> dict[str, float]:
    """Return the seconds to get each case ready, by its id.

    Those to start a worker and its compiler count in the first row that has it.
    """
    found, started = dict[str, float](), set[tuple[Target, bool]]()
    for case in (case for group in plan.groups for case in group.live if case.skip is None):
        found[case.id] = case_s(case, plan.sampling, costs)
        worker = case.target, case.null
        if worker not in started:
            started.add(worker)
            is_static = case.mode_kind == "static"
            found[case.id] += worker_s(case.target, costs)
            found[case.id] += compiler_s(case.target, costs) if is_static else 0.0
    return found


def _generation(
    groups: Sequence[Group], sampling: Sampling, number: int, costs: Costs
) -> tuple[float, float, float]:
    """Return the seconds of starting, preparing and measuring in one generation."""
    live = [case for group in groups for case in group.live_in(number)]
    cases = [case for case in live if case.skip is None]
    measuring = sum(_measuring_s(case, sampling) for case in cases)
    return _starting_s(cases, costs), _preparing_s(cases, sampling, costs), measuring


def forecast(plan: Plan, costs: Costs = NO_COSTS) -> Forecast:
    """Estimate the seconds of every case in a generation: the parts of `estimate`, no budget."""
    cases = [case for group in plan.groups for case in group.live if case.skip is None]
    first = [case for group in plan.groups for case in group.live_in(0) if case.skip is None]
    static = dict.fromkeys(case.target for case in cases if case.mode_kind == "static")
    return Forecast(
        starting_s=_starting_s(first, costs),
        compiler_s={target.id: compiler_s(target, costs) for target in static},
        preparing_s={case.id: case_s(case, plan.sampling, costs) for case in cases},
        measuring_s={case.id: _measuring_s(case, plan.sampling) for case in cases},
    )


def _within(whole: Estimate, budget_s: float | None) -> Estimate:
    """Return the estimate; if it exceeds the budget, reduce all parts by the same factor."""
    if budget_s is None or whole.total_s <= budget_s:
        return whole
    share = budget_s / whole.total_s
    return Estimate(share * whole.starting_s, share * whole.preparing_s, share * whole.measuring_s)


def _starting_s(cases: list[Case], costs: Costs) -> float:
    """Return the seconds to start the workers: one per target, and one per null."""
    workers = dict.fromkeys((case.target, case.null) for case in cases)
    is_known = all(costs.starting_s(target) is not None for target, _ in workers)
    common_s = 0.0 if is_known else STARTING_S
    return common_s + sum(worker_s(target, costs) for target, _ in workers)


def worker_s(target: Target, costs: Costs) -> float:
    """Return the seconds that a worker adds to starting all."""
    known = costs.starting_s(target)
    return WORKER_S if known is None else known


def _preparing_s(cases: list[Case], sampling: Sampling, costs: Costs) -> float:
    static = dict.fromkeys((c.target, c.null) for c in cases if c.mode_kind == "static")
    compilers_s = sum(compiler_s(target, costs) for target, _ in static)
    return compilers_s + sum(case_s(case, sampling, costs) for case in cases)


def compiler_s(target: Target, costs: Costs) -> float:
    """Return the seconds to start the compiler of a worker in a static mode."""
    known = costs.compiler_s(target)
    return COMPILER_S if known is None else known


def case_s(case: Case, sampling: Sampling, costs: Costs) -> float:
    """Return the seconds to bind, compile, check and warm up one case."""
    known = costs.preparing_s(case)
    if known is not None:
        return known
    compiling_s = COMPILING_S if case.mode_kind == "static" else 0.0
    loading_s = 0.0 if _is_on_cpu(case) else ACCELERATOR_S
    steps_s = STEPS_BEFORE * _step_s(case)
    return CASE_S + compiling_s + loading_s + WARMUP_SHARE * sampling.warmup_s + steps_s


def _measuring_s(case: Case, sampling: Sampling) -> float:
    """Return the seconds of all blocks of a case: up to its limit, but at least one block."""
    block_s = (1 + LEAD_SHARE) * max(sampling.block_s, _step_s(case)) + TURN_S
    return STRETCHES_S + min(sampling.blocks * block_s, max(sampling.case_s, block_s))


def _step_s(case: Case) -> float:
    """Return the seconds of one step, or of one whole epoch, by its exact work."""
    work, batch = case.workload.work, case.workload.params.get("batch")
    steps = ceil(work.samples / int(batch)) if work.samples and batch else 1
    speed = case.target.threads * THREAD_FLOPS if _is_on_cpu(case) else ACCELERATOR_FLOPS
    return work.flops / speed + steps * STEP_S


def _is_on_cpu(case: Case) -> bool:
    return case.target.device == "cpu"
