"""Gets a case ready in its worker: bound and called first; then checked; then warmed up.

Each of these for all cases of a row, before the next begins. Of cases that share a process, the one
whose operands were allocated last may be slower for as long as the process lives, and where that
is so it is in all copies of a process. Seen with PyTorch's product of 256x256, at a time when all
steps took 170 and not 160 microseconds: by 2 to 7 % in 7 of 24 started processes. In none of these
where the cases were checked, or a third one was bound, after both had been bound. It must not know
who is measured when.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from msgspec.structs import replace

from dlbench.harness import wire
from dlbench.harness.supervisor.case import Recording
from dlbench.harness.supervisor.pool import failed
from dlbench.harness.wire import Order, Reply
from dlbench.model import Case, ParityCheck, Plan, Target

# A check that compiles nothing takes milliseconds: it is not given up for the time that compiling
# has left of the limit.
LEAST_CHECK_S = 1.0

GettingReady = Callable[[Recording], None]


class Ask(Protocol):
    """Lets the worker of a case carry out an order."""

    def __call__(self, case: Case, order: Order, timeout_s: float | None = None) -> Reply:
        """Its reply; a Failed whatever goes wrong."""


class Preparing:
    """Asks by `ask`; it remembers whose compiler took too long, and in which workload."""

    def __init__(self, plan: Plan, ask: Ask) -> None:
        self.plan, self.ask = plan, ask
        self.slow: dict[Target, str] = {}

    def __call__(self, recording: Recording) -> None:
        """Prepare the case, or fail it; in a worker that has been renewed, once more.

        The first calls that are recorded are those of the first time.
        """
        case, plan = recording.case, self.plan
        order = wire.Prepare(case.id, case.workload, plan.networks, plan.seed)
        reply = self.ask(case, order, self._patience(case))
        if not isinstance(reply, wire.Prepared):
            return recording.fail(self._explained(case, failed(reply)))
        if not recording.renewal:
            recording.prepared(reply)
        return None

    def check(self, recording: Recording) -> None:
        """Compare what the prepared case computes with the oracle, and fail it if it is wrong.

        The parity that is recorded is that of the first time, unless it breaks later.
        """
        case, left_s = recording.case, self._patience(recording.case)
        if case.mode_kind == "static":  # one limit for compiling and checking
            left_s = max(left_s - recording.preparing_s, LEAST_CHECK_S)
        reply = self.ask(case, wire.Check(case.id), left_s)
        if not isinstance(reply, wire.Verified):
            return recording.fail(self._explained(case, failed(reply)))
        broken = not all(one.held for one in reply.parity)
        if broken or not recording.renewal:
            recording.parity = reply.parity
        if broken:
            return recording.fail(wire.Failed("parity_failed", _parity_reason(reply.parity)))
        return None

    def again(self, *, shared: bool) -> tuple[GettingReady, ...]:
        """What the cases of a renewed worker are taken through.

        All copies are of the same state, which has been checked. Those that share a worker are
        checked all the same, for the sake of the last one: see above.
        """
        return (self, self.check, self.warm_up) if shared else (self, self.warm_up)

    def warm_up(self, recording: Recording) -> None:
        """Run the prepared case until it is steady, or fail it.

        In a worker that has been renewed it is after one block. Seen in 40 copies: from then on,
        blocks differ by 0.15 % at most from those a dozen later, and with no warm-up by 0.4 %.
        """
        case, iterations = recording.case, recording.iterations if recording.renewal else None
        warm = self.ask(case, wire.WarmUp(case.id, self.plan.sampling, iterations))
        if not isinstance(warm, wire.Warm):
            return recording.fail(failed(warm))
        recording.warmup += tuple(replace(one, renewal=recording.renewal) for one in warm.samples)
        return None

    def _patience(self, case: Case) -> float:
        """How long a case may take to get ready."""
        sampling = self.plan.sampling
        return sampling.compile_limit_s if case.mode_kind == "static" else sampling.timeout_s

    def _explained(self, case: Case, refusal: wire.Failed) -> wire.Failed:
        """The same; where compiling took too long, that, and what would allow it."""
        if refusal.status != "timed_out" or case.mode_kind == "dynamic":
            return refusal
        self.slow[case.target] = case.workload.id
        limit = f"{self._patience(case):g} s"
        return wire.Failed(
            "timed_out", f"not compiled and checked within {limit}; --compile-limit allows more"
        )

    def given_up(self, case: Case) -> str | None:
        """Why it is not even tried: a mode that hangs would hold up the others in every row."""
        slow = self.slow.get(case.target)
        return (
            slow and f"not tried, as {slow} took too long to compile; --compile-limit allows more"
        )


def _parity_reason(checks: Sequence[ParityCheck]) -> str:
    broken = [check for check in checks if not check.held]
    worst = broken[0]
    error = "not a finite number" if worst.error is None else f"off by {worst.error:.2g}"
    more = f", and {len(broken) - 1} more quantities" if len(broken) > 1 else ""
    return f"{worst.quantity} is {error}, allowed is {worst.tolerance:.2g}{more}"
