"""Measures one thing for a short time, in a worker of a pool, by the same steps as in a run."""

from collections.abc import Sequence
from functools import partial
from statistics import median

from dlbench.harness import wire
from dlbench.harness.supervisor.case import CaseRun
from dlbench.harness.supervisor.pool import WorkerPool, as_failure
from dlbench.records.case import Case, Target
from dlbench.records.machine.roofs import Blocks
from dlbench.records.measurement import Sample
from dlbench.records.plan import Plan, Sampling

# Blocks as in a run; the fastest one counts, so a turn of them is enough to know a case.
SAMPLING = Sampling(block_s=0.02, warmup_s=0.15)
LEAD_S = 0.05
BLOCKS = 8

# Blocks of a gauge: long enough for the counter of CPU time, and enough for a quiet one.
GAUGE = Sampling(block_s=0.05, warmup_s=0.1)
GAUGE_BLOCKS = 15


class Probe:
    """Measures in the workers of a pool, whose slots are targets."""

    def __init__(self, pool: WorkerPool) -> None:
        self.pool = pool
        self.plan = Plan("hardware", 0, SAMPLING, {}, ())

    def ready(self, case: Case) -> CaseRun:
        """Prepare, check and warm up a case; the status says whether all went well."""
        case_run = CaseRun(case, self.plan, partial(self.pool.ask, case.target))
        for step in (CaseRun.prepare, CaseRun.check, CaseRun.warm_up):
            if case_run.status == "ok":
                step(case_run)
        return case_run

    def time(self, case_run: CaseRun) -> None:
        """Time a turn of a case that is ready; its samples grow, or its status tells why not."""
        reply = case_run.ask(wire.Turn(case_run.case.id, LEAD_S, BLOCKS))
        case_run.take(reply, len(case_run.samples), None)
        if case_run.status == "ok" and fastest_s(case_run.samples) <= 0:
            case_run.fail(wire.Failed("failed", "the clock shows no time for a block"))

    def release(self, case_run: CaseRun) -> None:
        """Free the memory of a case."""
        case_run.ask(wire.Release(case_run.case.id))

    def gauge(
        self,
        target: Target,
        name: wire.GaugeName,
        size: int,
        threads: int,
        blocks: int = GAUGE_BLOCKS,
    ) -> tuple[Sample, ...] | wire.Failed:
        """Time a gauge of the machine in the worker of a target."""
        order = wire.Gauge(name, size, threads, GAUGE, LEAD_S, blocks)
        reply = self.pool.ask(target, order)
        return reply.samples if isinstance(reply, wire.Timed) else as_failure(reply)


def fastest_s(samples: Sequence[Sample]) -> float:
    """Return the seconds of a step in the fastest block."""
    return min(sample.step_s for sample in samples)


def busy_s(samples: Sequence[Sample], threads: int) -> float:
    """Return the CPU seconds of a step and thread in the block with the least.

    Other programs do not add to them, as they do to the seconds on the clock; these are returned
    where CPU time is unknown.
    """
    known = [one.cpu_s / (one.iterations * threads) for one in samples if one.cpu_s]
    return min(known, default=fastest_s(samples))


def median_s(samples: Sequence[Sample]) -> float:
    """Return the seconds of a step in the median block, of the undisturbed ones if there are any.

    Other programs only take time.
    """
    quiet = [sample.step_s for sample in samples if not sample.is_disturbed]
    return median(quiet or [sample.step_s for sample in samples])


def blocks_of(samples: Sequence[Sample]) -> Blocks:
    """Return how many blocks there are, and how many of them other programs disturbed."""
    return Blocks(len(samples), sum(sample.is_disturbed for sample in samples))
