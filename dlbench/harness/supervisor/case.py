"""One case in one generation: what is asked of its worker, and what has happened so far.

A case is bound and called first; then checked; then warmed up: each of these for all cases of a
row, before the next begins. Of cases that share a process, the one whose operands were allocated
last may be slower for as long as the process lives, and where that is so it is in all copies of a
process. Seen with PyTorch's product of 256x256, at a time when all steps took 170 and not 160
microseconds: by 2 to 7 % in 7 of 24 started processes. In none of these where the cases were
checked, or a third one was bound, after both had been bound. It must not know when a case has its
turn.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from msgspec.structs import replace

from dlbench.harness import wire
from dlbench.harness.supervisor.pool import failed
from dlbench.harness.wire import Order, Reply
from dlbench.records.case import Case
from dlbench.records.measurement import (
    Compiling,
    Measurement,
    ParityCheck,
    Sample,
    Status,
    StopReason,
)
from dlbench.records.plan import Plan

# A check that compiles nothing takes milliseconds: it is not given up for the time that compiling
# has left of the limit.
LEAST_CHECK_S = 1.0

# Parked workers that used more than this share of a block were not silent: it is what half a
# percent of one core, the smallest difference that the tables can show, amounts to.
UNPARKED_SHARE = 0.005


class Ask(Protocol):
    """Lets the worker of the case carry out an order."""

    def __call__(self, order: Order, timeout_s: float | None = None, /) -> Reply:
        """Its reply; a Failed whatever goes wrong."""


@dataclass
class CaseRun:
    """A case in one generation; ends as a Measurement.

    told: whether that has been handed over; renewal: how often its worker has been renewed;
    preparing_s: what getting ready took; hung: whether it was not compiled within the limit.
    """

    case: Case
    plan: Plan
    ask: Ask
    generation: int = 0
    status: Status = "ok"
    reason: str | None = None
    calls_s: tuple[float, ...] = ()
    parity: tuple[ParityCheck, ...] = ()
    compiling: Compiling | None = None
    warmup: tuple[Sample, ...] = ()
    samples: list[Sample] = field(default_factory=list)
    stop_reason: StopReason | None = None
    facts: dict[str, str | int | None] = field(default_factory=dict)
    told: bool = False
    renewal: int = 0
    preparing_s: float = 0.0
    hung: bool = False

    @property
    def going(self) -> bool:
        """Whether it is still measured."""
        return self.status == "ok" and self.stop_reason is None

    @property
    def iterations(self) -> int | None:
        """Of a block: those that others disturbed may have ended early. None before the first."""
        return max((sample.iterations for sample in self.samples), default=None)

    def prepare(self) -> None:
        """Prepare the case, or fail it; in a worker that has been renewed, once more.

        The first calls that are recorded are those of the first time.
        """
        case, plan = self.case, self.plan
        order = wire.Prepare(case.id, case.workload, plan.networks, plan.seed)
        reply = self.ask(order, self._limit_s)
        if not isinstance(reply, wire.Prepared):
            self._fail_early(reply)
        elif not self.renewal:
            self.calls_s, self.compiling, self.facts = reply.calls_s, reply.compiling, reply.facts

    def check(self) -> None:
        """Compare what the prepared case computes with the oracle, and fail it if it is wrong.

        The parity that is recorded is that of the first time, unless it breaks later.
        """
        left_s = self._limit_s
        if self.case.mode_kind == "static":  # one limit for compiling and checking
            left_s = max(left_s - self.preparing_s, LEAST_CHECK_S)
        reply = self.ask(wire.Check(self.case.id), left_s)
        if not isinstance(reply, wire.Verified):
            return self._fail_early(reply)
        broken = not all(one.passed for one in reply.parity)
        if broken or not self.renewal:
            self.parity = reply.parity
        if broken:
            self.fail(wire.Failed("parity_failed", _parity_reason(reply.parity)))
        return None

    def warm_up(self) -> None:
        """Run the prepared case until it is steady, or fail it.

        In a worker that has been renewed it is after one block. Seen in 40 copies: from then on,
        blocks differ by 0.15 % at most from those a dozen later, and with no warm-up by 0.4 %.
        """
        iterations = self.iterations if self.renewal else None
        warm = self.ask(wire.WarmUp(self.case.id, self.plan.sampling, iterations))
        if not isinstance(warm, wire.Warm):
            return self.fail(failed(warm))
        self.warmup += tuple(replace(one, renewal=self.renewal) for one in warm.samples)
        return None

    def take(self, reply: Reply, number: int, parked_s: float | None) -> None:
        """Take over the block of a round. parked_s: what the parked workers used meanwhile."""
        if not isinstance(reply, wire.Timed):
            return self.fail(failed(reply))
        sample = replace(
            reply.sample,
            round=number,
            generation=self.generation,
            renewal=self.renewal,
            parked_s=parked_s,
        )
        return self.samples.append(_with_flag(sample))

    def fail(self, failed: wire.Failed) -> None:
        """Take over the status and the reason."""
        self.status, self.reason = failed.status, failed.reason

    def measurement(self) -> Measurement:
        """What is stored."""
        return Measurement(
            case=self.case.id,
            status=self.status,
            reason=self.reason,
            generation=self.generation,
            calls_s=self.calls_s,
            warmup=self.warmup,
            samples=tuple(self.samples),
            stop_reason=self.stop_reason,
            parity=self.parity,
            compiling=self.compiling,
            facts=self.facts,
        )

    @property
    def _limit_s(self) -> float:
        """How long the case may take to get ready."""
        sampling = self.plan.sampling
        return sampling.compile_limit_s if self.case.mode_kind == "static" else sampling.timeout_s

    def _fail_early(self, reply: Reply) -> None:
        """Fail before it is ready; where compiling took too long, with what would allow it."""
        refusal = failed(reply)
        self.hung = refusal.status == "timed_out" and self.case.mode_kind == "static"
        if self.hung:
            limit = f"{self._limit_s:g} s"
            reason = f"not compiled and checked within {limit}; --compile-limit allows more"
            refusal = wire.Failed("timed_out", reason)
        self.fail(refusal)


GettingReady = Callable[[CaseRun], None]


def renewal_steps(*, shared: bool) -> tuple[GettingReady, ...]:
    """The steps that the cases of a renewed worker take.

    All copies are of the same state, which has been checked. Those that share a worker are
    checked all the same, for the sake of the last one: see above.
    """
    if shared:
        return (CaseRun.prepare, CaseRun.check, CaseRun.warm_up)
    return (CaseRun.prepare, CaseRun.warm_up)


def _with_flag(sample: Sample) -> Sample:
    """The sample, flagged if the parked workers were not silent."""
    if sample.parked_s is None or sample.parked_s <= UNPARKED_SHARE * sample.host_s:
        return sample
    return replace(sample, flags=(*sample.flags, "unparked"))


def _parity_reason(checks: Sequence[ParityCheck]) -> str:
    broken = [check for check in checks if not check.passed]
    worst = broken[0]
    error = "not a finite number" if worst.error is None else f"off by {worst.error:.2g}"
    more = f", and {len(broken) - 1} more quantities" if len(broken) > 1 else ""
    return f"{worst.quantity} is {error}, allowed is {worst.tolerance:.2g}{more}"
