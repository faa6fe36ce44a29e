"""One case in one generation: its orders to the worker, and its state so far.

A case is first bound and called, then checked, then warmed up; all cases of a row finish one step
before the next begins. Reason: of two cases in one process, the case with the last allocated
operands may be slower for the life of the process and of all its copies. Seen with PyTorch's
product of 256x256, at a time when all steps took 170 instead of 160 microseconds: by 2 to 7 % in 7
of 24 started processes. It was in none of these after both cases had been bound and then checked,
or after a third one had been bound. This module must not know the order of turns.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Protocol

from msgspec.structs import replace

from dlbench import units
from dlbench.harness import wire
from dlbench.harness.supervisor.lead_in import LeadIn
from dlbench.harness.supervisor.pool import MORE_TIME, as_failure
from dlbench.harness.wire import Order, Reply
from dlbench.records.case import Case
from dlbench.records.machine.device_time import DeviceTime
from dlbench.records.measurement import (
    Measurement,
    Memory,
    ParityCheck,
    Sample,
    Status,
    StopReason,
)
from dlbench.records.plan import Plan
from dlbench.stats.level import NEIGHBOURS

# The least time limit of a check. A check without compiling takes milliseconds: it gets this much
# even if compiling has used up the limit.
LEAST_CHECK_S = 1.0

# The largest share of a block that parked workers may use: half a percent of one core, as tables
# show no smaller difference.
UNPARKED_SHARE = 0.005


class Ask(Protocol):
    """Sends an order to the worker of the case."""

    def __call__(self, order: Order, timeout_s: float | None = None, /) -> Reply:
        """Return the reply; a Failed if anything goes wrong."""


# Of a case that has not been called.
NOTHING = wire.Prepared(())
# Of a case that has not been checked.
UNCHECKED = wire.Verified(())


@dataclass
class CaseRun:
    """A case in one generation; its result is a Measurement.

    prepared: the first calls of its first worker; device: its part of a step; is_reported: whether
    the Measurement has been handed over; renewal: the number of renewals of its worker; starting_s:
    the time to start its worker, 0 if an earlier case did; preparing_s: the time of the steps
    before the first block; rest_s: what was left to the run before the present one; is_too_slow:
    whether compiling exceeded its limit.
    """

    case: Case
    plan: Plan
    ask: Ask
    generation: int = 0
    status: Status = "ok"
    reason: str | None = None
    prepared: wire.Prepared = NOTHING
    device: DeviceTime | None = None
    verified: wire.Verified = UNCHECKED
    warmup: tuple[Sample, ...] = ()
    samples: list[Sample] = field(default_factory=list)
    lead_in: LeadIn = field(default_factory=LeadIn)
    stop_reason: StopReason | None = None
    facts: dict[str, str | int | None] = field(default_factory=dict)
    is_reported: bool = False
    renewal: int = 0
    starting_s: float = 0.0
    preparing_s: float = 0.0
    rest_s: float = inf
    is_too_slow: bool = False

    @property
    def is_active(self) -> bool:
        """Return whether the case still takes part in the rounds."""
        return self.status == "ok" and self.stop_reason is None

    @property
    def is_silent(self) -> bool:
        """Return whether its worker did not answer, for another reason than compiling."""
        return self.status == "timed_out" and not self.is_too_slow

    @property
    def iterations(self) -> int | None:
        """Return the size of a block, None before the first; disturbed ones can be shorter."""
        return max((sample.iterations for sample in self.samples), default=None)

    def prepare(self) -> None:
        """Bind the case and time its first calls; fail the case if that fails.

        In a renewed worker, bind it again; the record keeps the first calls of the first worker.
        """
        case, plan = self.case, self.plan
        order = wire.Prepare(case.id, case.workload, plan.networks, plan.seed)
        reply = self.ask(order, self._limit_s)
        if not isinstance(reply, wire.Prepared):
            self._fail_early(reply)
        elif not self.renewal:
            self.prepared, self.facts = reply, dict(reply.facts)
        else:
            self.prepared = with_memory(self.prepared, reply.memory)

    def check(self) -> None:
        """Compare the results of the case with the oracle; fail the case if they are wrong.

        The record keeps the first checks, unless later ones fail.
        """
        left_s = self._limit_s
        if self.case.mode_kind == "static":  # compiling and checking share one limit
            left_s = max(left_s - self.preparing_s, LEAST_CHECK_S)
        reply = self.ask(wire.Check(self.case.id), left_s)
        if not isinstance(reply, wire.Verified):
            return self._fail_early(reply)
        is_wrong = not all(check.passed for check in reply.parity)
        if is_wrong or not self.renewal:
            self.verified = reply
        if is_wrong:
            self.fail(wire.Failed("parity_failed", _parity_reason(reply.parity)))
        return None

    def warm_up(self) -> None:
        """Run the case until its speed is steady; fail the case if that fails.

        A renewed worker is steady after one block. Seen in 40 copies: from then on, blocks differ
        by 0.15 % at most from those a dozen later, and without a warm-up by 0.4 %.
        """
        iterations = self.iterations if self.renewal else None
        warm = self.ask(wire.WarmUp(self.case.id, self.plan.sampling, iterations))
        if not isinstance(warm, wire.Warm):
            return self.fail(as_failure(warm))
        self.warmup += tuple(replace(sample, renewal=self.renewal) for sample in warm.samples)
        self.prepared = with_memory(self.prepared, warm.memory)
        return None

    @property
    def step_s(self) -> float:
        """Return about the seconds of a step, by the warm-up; 0 before it."""
        return min((sample.step_s for sample in self.warmup), default=0.0)

    def sustain(self, *, is_needed: bool = True) -> None:
        """Time a stretch without a pause; fail the case if that fails and is needed."""
        longest_s = self.lead_in.longest_s(self.plan.sampling.stretch_s)
        reply = self.ask(wire.Sustain(self.case.id, longest_s))
        if not isinstance(reply, wire.Sustained):
            return self.fail(as_failure(reply)) if is_needed else None
        self.device = self.device or reply.device
        self.warmup += tuple(self._of_here(sample, 0) for sample in reply.told)
        samples = tuple(self._of_here(sample, 0) for sample in reply.stretch.samples)
        return self.lead_in.learn(replace(reply.stretch, samples=samples))

    def take(self, reply: Reply, number: int, parked_s: float | None) -> None:
        """Store the blocks of a turn. number: of the round of the first block.

        parked_s: CPU seconds of the parked workers meanwhile; each block has its share by time.
        """
        if not isinstance(reply, wire.Timed):
            return self.fail(as_failure(reply))
        turn_s = sum(sample.host_s for sample in (*reply.lead_ins, *reply.samples))
        share = None if parked_s is None else parked_s / turn_s if turn_s else 0.0
        self.lead_in.blocks += [self._of_here(one, number, share) for one in reply.lead_ins]
        self.samples += [
            _with_flag(self._of_here(sample, later, share))
            for later, sample in enumerate(reply.samples, start=number)
        ]
        return None

    def correct_lead_in(self) -> None:
        """Double the lead-in if it turns out to be too short; the turns so far do not count then.

        Only in the worker of the stretch: a renewed one may run at another speed. The speed of the
        machine may have changed since the stretch, so a suspicion needs a fresh one.
        """
        lead_in = self.lead_in
        if self.renewal or not lead_in.may_grow or not lead_in.is_too_short(self.samples):
            return
        self.sustain()
        if self.status == "ok" and lead_in.is_too_short(self.samples[-NEIGHBOURS:]):
            lead_in.double(self.samples)
            self.samples.clear()

    def _of_here(self, sample: Sample, number: int, parked: float | None = None) -> Sample:
        """Return the sample with its round, generation and renewal.

        parked: CPU seconds of the parked workers, for each second of the block.
        """
        return replace(
            sample,
            round=number,
            generation=self.generation,
            renewal=self.renewal,
            parked_s=None if parked is None else parked * sample.host_s,
        )

    def fail(self, failure: wire.Failed) -> None:
        """Take over the status and the reason of a failure; of a silent worker, what helps."""
        self.status, self.reason = failure.status, failure.reason
        if self.is_silent:
            self.reason = f"{failure.reason}; {MORE_TIME}"

    def measurement(self) -> Measurement:
        """Return the record of the case in this generation."""
        return Measurement(
            case=self.case.id,
            status=self.status,
            reason=self.reason,
            generation=self.generation,
            starting_s=self.starting_s,
            preparing_s=self.preparing_s,
            calls_s=self.prepared.calls_s,
            start_s=self.prepared.start_s,
            warmup=self.warmup,
            samples=tuple(self.samples),
            lead_ins=tuple(self.lead_in.blocks),
            lead_s=self.lead_in.seconds,
            stretches=tuple(self.lead_in.stretches),
            stop_reason=self.stop_reason,
            parity=self.verified.parity,
            twin=self.verified.twin,
            compiling=self.prepared.compiling,
            facts=self.facts,
            memory=self.prepared.memory,
            device=self.device,
        )

    @property
    def _limit_s(self) -> float:
        """Return the time limit for the steps before the first block."""
        sampling, is_static = self.plan.sampling, self.case.mode_kind == "static"
        limit_s = sampling.compile_limit_s if is_static else sampling.timeout_s
        return min(limit_s, max(self.rest_s, LEAST_CHECK_S))

    def _fail_early(self, reply: Reply) -> None:
        """Fail before the first block; if compiling took too long, name the option to raise."""
        failure = as_failure(reply)
        self.is_too_slow = failure.status == "timed_out" and self.case.mode_kind == "static"
        if self.is_too_slow:
            limit = f"{self._limit_s:g} s"
            reason = f"compiling took longer than {limit}; --compile-limit raises the limit"
            failure = wire.Failed("timed_out", reason)
        self.fail(failure)


def with_memory(prepared: wire.Prepared, memory: Memory) -> wire.Prepared:
    """Return the record with the most memory of all workers of the case, and of all steps."""
    return replace(prepared, memory=prepared.memory.most(memory))


Preparation = Callable[[CaseRun], None]


def renewal_steps(*, shared: bool) -> tuple[Preparation, ...]:
    """Return the steps before the first block in a renewed worker.

    All copies start from the same state, which has been checked. Cases that share a worker are
    checked again for another reason: it removes the slowness of the last one (see above).
    """
    if shared:
        return (CaseRun.prepare, CaseRun.check, CaseRun.warm_up)
    return (CaseRun.prepare, CaseRun.warm_up)


def _with_flag(sample: Sample) -> Sample:
    """Return the sample, with the flag `unparked` if the parked workers used CPU time."""
    if sample.parked_s is None or sample.parked_s <= UNPARKED_SHARE * sample.host_s:
        return sample
    return replace(sample, flags=(*sample.flags, "unparked"))


def _parity_reason(checks: Sequence[ParityCheck]) -> str:
    """Return the reason of a failed parity check: the first wrong quantity, and how many more."""
    first, *others = (check for check in checks if not check.passed)
    counted = units.counted(len(others), "other quantity", "other quantities")
    return f"wrong result: {first.fault}" + (f"; {counted} wrong too" if others else "")
