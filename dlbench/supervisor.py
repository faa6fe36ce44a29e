"""Who is measured when: drives the workers through a plan and yields what happened.

It schedules and never computes; it prints nothing and stores nothing. One worker process per
target lives as long as a coming group needs it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Protocol

from dlbench import units, wire
from dlbench.model import (
    Case,
    Group,
    Measurement,
    ParityCheck,
    Plan,
    Sample,
    Status,
    StopReason,
    Target,
)
from dlbench.stopping import reason_to_stop
from dlbench.wire import Order, Reply

# An order that only frees memory.
RELEASE_TIMEOUT_S = 60.0


class Worker(Protocol):
    """What the supervisor needs of a worker; processes.WorkerProcess is the real one."""

    alive: bool

    def tell(self, order: Order) -> None:
        """Send an order."""

    def hear(self, timeout_s: float) -> Reply:
        """The next reply; a Failed whatever goes wrong."""

    def ask(self, order: Order, timeout_s: float) -> Reply:
        """Tell, then hear."""

    def close(self) -> None:
        """End the worker."""


Launch = Callable[[Target], tuple[Worker, wire.Start]]


@dataclass(frozen=True)
class Progress:
    """What is being done, for those who watch. done: finished cases of `total`."""

    doing: str
    done: int
    total: int


@dataclass
class Recording:
    """A case while it is measured; ends as a Measurement."""

    case: Case
    status: Status = "ok"
    reason: str | None = None
    calls_s: tuple[float, ...] = ()
    parity: tuple[ParityCheck, ...] = ()
    warmup: tuple[Sample, ...] = ()
    samples: list[Sample] = field(default_factory=list)
    stop_reason: StopReason | None = None
    facts: dict[str, str | int | None] = field(default_factory=dict)

    def fail(self, failed: wire.Failed) -> None:
        """Take over the status and the reason."""
        self.status, self.reason = failed.status, failed.reason

    def measurement(self) -> Measurement:
        """What is stored."""
        return Measurement(
            case=self.case.id,
            status=self.status,
            reason=self.reason,
            calls_s=self.calls_s,
            warmup=self.warmup,
            samples=tuple(self.samples),
            stop_reason=self.stop_reason,
            parity=self.parity,
            facts=self.facts,
        )


def sequential(recordings: Sequence[Recording]) -> Iterator[Recording]:
    """Whose turn it is: all blocks of the first case, then all of the second, and so on."""
    for recording in recordings:
        while recording.status == "ok" and recording.stop_reason is None:
            yield recording


class Supervisor:
    """Measures a plan with workers that `launch` gives."""

    def __init__(
        self,
        plan: Plan,
        launch: Launch,
        clock: Callable[[], float] = monotonic,
        turns: Callable[[Sequence[Recording]], Iterable[Recording]] = sequential,
    ) -> None:
        self.plan, self.launch, self.clock, self.turns = plan, launch, clock, turns
        self.workers: dict[Target, Worker] = {}
        self.facts: dict[Target, dict[str, str | int | None]] = {}
        self.refused: dict[Target, wire.Failed] = {}
        self.done = 0
        budget = plan.sampling.budget_s
        self.deadline = None if budget is None else clock() + budget

    def measure(self) -> Iterator[Progress | Measurement]:
        """Yield a Measurement for every case of the plan, and progress in between.

        On KeyboardInterrupt what has samples is yielded too, before the exception goes on.
        """
        open_recordings: list[Recording] = []
        try:
            for index, group in enumerate(self.plan.groups):
                open_recordings[:] = [Recording(case) for case in group.cases]
                for event in self._group(open_recordings, self.plan.groups[index + 1 :]):
                    self.done += isinstance(event, Measurement)
                    yield event
        except KeyboardInterrupt:
            yield from _interrupted(open_recordings)
            raise
        finally:
            for worker in self.workers.values():
                worker.close()

    def _group(
        self, recordings: list[Recording], later: Sequence[Group]
    ) -> Iterator[Progress | Measurement]:
        """One row of the table: start who is missing, prepare all, then block by block."""
        for recording in recordings:
            self._skip(recording)
        yield from self._start(recordings)
        yield from [r.measurement() for r in recordings if r.status != "ok"]
        for recording in [r for r in recordings if r.status == "ok"]:
            self._skip(recording)  # compiling the one before may have used up the budget
            if recording.status == "ok":
                yield self._progress("preparing", recording.case)
                self._prepare(recording)
            if recording.status != "ok":
                yield from self._finish(recording)
        yield from self._blocks([r for r in recordings if r.status == "ok"])
        self._dismiss(later)

    def _skip(self, recording: Recording) -> None:
        reason = recording.case.skip
        if reason is None and self.deadline is not None and self.clock() >= self.deadline:
            reason = f"the budget of {self.plan.sampling.budget_s:g} s was used up before its turn"
        if reason is not None:
            recording.fail(wire.Failed("skipped", reason))

    def _start(self, recordings: list[Recording]) -> Iterator[Progress]:
        """Start the workers that are missing, all at once: importing a framework takes seconds."""
        needed = {r.case.target: r.case for r in recordings if r.status == "ok"}
        missing = [target for target in needed if not self._is_there(target)]
        if missing:
            workers = units.counted(len(missing), "worker")
            yield Progress(f"starting {workers}", self.done, self._total)
        for target in missing:
            worker, order = self.launch(target)
            self.workers[target] = worker
            worker.tell(order)
        for target in missing:
            self._hear_start(target)
        for recording in recordings:
            if recording.status == "ok" and recording.case.target in self.refused:
                recording.fail(self.refused[recording.case.target])

    def _is_there(self, target: Target) -> bool:
        worker = self.workers.get(target)
        return target in self.refused or (worker is not None and worker.alive)

    def _hear_start(self, target: Target) -> None:
        reply = self.workers[target].hear(self.plan.sampling.timeout_s)
        if isinstance(reply, wire.Ready):
            self.facts[target] = reply.facts
        else:
            self.refused[target] = _failed(reply)
            self.workers.pop(target).close()

    def _prepare(self, recording: Recording) -> None:
        case, plan = recording.case, self.plan
        recording.facts = self.facts[case.target]
        order = wire.Prepare(case.id, case.workload, plan.networks, plan.seed)
        reply = self._ask(recording, order)
        if not isinstance(reply, wire.Prepared):
            return recording.fail(_failed(reply))
        recording.calls_s, recording.parity = reply.calls_s, reply.parity
        if broken := [check for check in reply.parity if not check.held]:
            return recording.fail(wire.Failed("parity_failed", _parity_reason(broken)))
        warm = self._ask(recording, wire.WarmUp(case.id, plan.sampling))
        if not isinstance(warm, wire.Warm):
            return recording.fail(_failed(warm))
        recording.warmup = warm.samples
        return None

    def _blocks(self, recordings: list[Recording]) -> Iterator[Progress | Measurement]:
        left = {recording.case.id: self._seconds() for recording in recordings}
        for recording in self.turns(recordings):
            case = recording.case.id
            if not recording.samples:
                yield self._progress("measuring", recording.case)
                left[case] = self._seconds()
            reply = self._ask(recording, wire.Block(case))
            if isinstance(reply, wire.Timed):
                recording.samples.append(reply.sample)
                left[case] -= reply.sample.host_s
                recording.stop_reason = reason_to_stop(
                    recording.samples, self.plan.sampling, left[case]
                )
            else:
                recording.fail(_failed(reply))
            if recording.stop_reason or recording.status != "ok":
                yield from self._finish(recording)

    def _finish(self, recording: Recording) -> Iterator[Measurement]:
        """Tell of the case, then free what it holds: an interrupt of the latter loses nothing."""
        yield recording.measurement()
        self._ask(recording, wire.Release(recording.case.id), RELEASE_TIMEOUT_S)

    def _seconds(self) -> float:
        """How long the blocks of the next case may take: its share of what is left."""
        most = self.plan.sampling.case_s
        if self.deadline is None:
            return most
        return min(most, (self.deadline - self.clock()) / max(1, self._total - self.done))

    def _ask(self, recording: Recording, order: Order, timeout_s: float | None = None) -> Reply:
        """Ask the case's worker; one that died for an earlier case of the group is gone."""
        worker = self.workers[recording.case.target]
        if not worker.alive:
            return wire.Failed("failed", "the worker had died before")
        return worker.ask(order, timeout_s or self.plan.sampling.timeout_s)

    def _dismiss(self, later: Sequence[Group]) -> None:
        """End the workers that no later group needs."""
        needed = {case.target for group in later for case in group.cases if not case.skip}
        for target in [target for target in self.workers if target not in needed]:
            self.workers.pop(target).close()

    @property
    def _total(self) -> int:
        return len(self.plan.cases)

    def _progress(self, doing: str, case: Case) -> Progress:
        return Progress(f"{doing} {case.id}", self.done, self._total)


def _failed(reply: Reply) -> wire.Failed:
    if isinstance(reply, wire.Failed):
        return reply
    return wire.Failed("failed", f"the worker answered {type(reply).__name__} out of turn")


def _parity_reason(broken: Sequence[ParityCheck]) -> str:
    worst = broken[0]
    error = "not a finite number" if worst.error is None else f"off by {worst.error:.2g}"
    more = f", and {len(broken) - 1} more quantities" if len(broken) > 1 else ""
    return f"{worst.quantity} is {error}, allowed is {worst.tolerance:.2g}{more}"


def _interrupted(recordings: Iterable[Recording]) -> Iterator[Measurement]:
    for recording in recordings:
        if recording.samples and recording.status == "ok" and recording.stop_reason is None:
            recording.stop_reason = "interrupted"
            yield recording.measurement()
