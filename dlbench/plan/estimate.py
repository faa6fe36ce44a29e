"""Estimate how long a plan takes, before it is measured.

The constants are medians over the runs in results/reference, most of them on two cores. The machine
is not looked at, so an estimate may be wrong by a factor of two.
"""

from math import ceil

from dlbench.records.case import Case
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


def estimate(plan: Plan) -> Estimate:
    """Estimate the seconds of a run: all generations, at most the budget.

    Blocks are counted in full: a run whose ratios are precise enough ends earlier. Renewals of
    workers are not counted.
    """
    cases = [case for group in plan.groups for case in group.live if case.skip is None]
    often = plan.sampling.generations
    whole = Estimate(
        starting_s=often * _starting_s(cases),
        preparing_s=often * _preparing_s(cases, plan.sampling),
        measuring_s=often * sum(_measuring_s(case, plan.sampling) for case in cases),
    )
    return _within(whole, plan.sampling.budget_s)


def forecast(plan: Plan) -> Forecast:
    """Estimate the seconds of every case in a generation: the parts of `estimate`, no budget."""
    cases = [case for group in plan.groups for case in group.live if case.skip is None]
    return Forecast(
        starting_s=_starting_s(cases),
        compiler_s=COMPILER_S,
        preparing_s={case.id: _case_s(case, plan.sampling) for case in cases},
        measuring_s={case.id: _measuring_s(case, plan.sampling) for case in cases},
    )


def _within(whole: Estimate, budget_s: float | None) -> Estimate:
    """Return the estimate; if it exceeds the budget, reduce all parts by the same factor."""
    if budget_s is None or whole.total_s <= budget_s:
        return whole
    share = budget_s / whole.total_s
    return Estimate(share * whole.starting_s, share * whole.preparing_s, share * whole.measuring_s)


def _starting_s(cases: list[Case]) -> float:
    """Return the seconds to start the workers: one per target, and one per null."""
    workers = {(case.target, case.null) for case in cases}
    return STARTING_S + WORKER_S * len(workers) if workers else 0.0


def _preparing_s(cases: list[Case], sampling: Sampling) -> float:
    compilers = {(case.target, case.null) for case in cases if case.mode_kind == "static"}
    return COMPILER_S * len(compilers) + sum(_case_s(case, sampling) for case in cases)


def _case_s(case: Case, sampling: Sampling) -> float:
    """Return the seconds to bind, compile, check and warm up one case."""
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
