"""The worker pool: at most one worker of a run computes, the others are parked.

Only starts are parallel. It must not know any workload, nor the order of turns.
"""

from collections.abc import Callable, Collection, Hashable, Mapping
from math import inf
from types import MappingProxyType
from typing import Protocol

from msgspec.structs import replace

from dlbench.errors import LONGEST_REASON
from dlbench.harness import wire
from dlbench.harness.wire import Order, Reply
from dlbench.records.case import Target

# Workers start together: when the time for that is up, those that are ready need only say so.
LEAST_START_S = 0.1

# What helps if a worker is silent.
MORE_TIME = "--timeout raises the limit"

# What answers each order. Another answer is that of another order: the worker is out of step, and
# so would all its later answers be.
ANSWERS: Mapping[type[Order], type[Reply]] = MappingProxyType(
    {
        wire.Renew: wire.Ready,
        wire.Prepare: wire.Prepared,
        wire.Check: wire.Verified,
        wire.WarmUp: wire.Warm,
        wire.Sustain: wire.Sustained,
        wire.Turn: wire.Timed,
        wire.Verify: wire.Verified,
        wire.WorkOut: wire.WorkedOut,
        wire.StartTraining: wire.Ready,
        wire.TrainEpoch: wire.EpochTrained,
        wire.Predict: wire.Predicted,
        wire.Gauge: wire.Timed,
        wire.Release: wire.Ready,
    }
)

Facts = dict[str, str | int | None]


class Worker(Protocol):
    """The interface of a worker; process.WorkerProcess implements it."""

    alive: bool

    def tell(self, order: Order) -> None:
        """Send an order."""

    def hear(self, timeout_s: float) -> Reply:
        """Return the next reply; a Failed if anything goes wrong."""

    def park(self) -> None:
        """Stop the worker with all its threads, if the platform can."""

    def resume(self) -> None:
        """Let the worker go on."""

    def parking(self) -> str:
        """Return how the worker is parked, or why it cannot be."""

    def cpu_s(self) -> float | None:
        """Return the CPU seconds of the worker so far; None if unknown."""

    def close(self) -> None:
        """End the worker."""


class Launch(Protocol):
    """The interface of a launcher; launcher.Launcher implements it."""

    def __call__(
        self, target: Target, slot: Hashable = None, *, warm: bool = False
    ) -> tuple[Worker, wire.Start]:
        """Start a worker; return it and its first order.

        warm: whether it gets the compiled code of the last worker in the slot.
        """


class WorkerPool:
    """Workers by slot; cases of the same slot share a worker.

    parks: whether idle workers are stopped; a single worker need not be.
    """

    def __init__(self, launch: Launch, timeout_s: float, *, parks: bool = True) -> None:
        self.launch, self.timeout_s, self.parks = launch, timeout_s, parks
        self.workers: dict[Hashable, Worker] = {}
        self.facts: dict[Hashable, Facts] = {}
        self.failures: dict[Hashable, wire.Failed] = {}  # of workers that did not start
        self.renewable: set[Hashable] = set()

    def missing(self, slots: Collection[Hashable]) -> list[Hashable]:
        """Return the slots without a worker; a failed start is not tried again."""
        return [slot for slot in slots if slot not in self.failures and not self._is_there(slot)]

    def _is_there(self, slot: Hashable) -> bool:
        worker = self.workers.get(slot)
        return worker is not None and worker.alive

    def start(
        self,
        targets: Mapping[Hashable, Target],
        *,
        warm: bool = False,
        left_s: Callable[[], float] = lambda: inf,
    ) -> None:
        """Start a worker per slot, all in parallel: importing a framework takes seconds.

        warm: whether they get the compiled code of the last worker in the slot; left_s: returns how
        long to wait at most, besides the limit of every order.
        """
        self.renewable -= targets.keys()
        for slot, target in targets.items():
            try:
                worker, order = self.launch(target, (id(self), slot), warm=warm)
            except OSError as error:  # no room for temporary files, too many open files
                self.failures[slot] = wire.Failed("failed", f"cannot start the worker: {error}")
            else:
                self.workers[slot] = worker
                worker.tell(order)
        for slot in [slot for slot in targets if slot in self.workers]:
            self._finish_start(slot, max(min(self.timeout_s, left_s()), LEAST_START_S))

    def _finish_start(self, slot: Hashable, timeout_s: float) -> None:
        """Wait until a worker has started; store its facts, or why it did not start."""
        worker = self.workers[slot]
        reply = worker.hear(timeout_s)
        if isinstance(reply, wire.Ready):
            self._park(worker)
            self.facts[slot] = reply.facts
            if reply.process is not None:
                self.renewable.add(slot)
        else:
            self.failures[slot] = as_failure(reply)
            self.workers.pop(slot).close()

    def shares(self, slots: Collection[Hashable]) -> dict[Hashable, float]:
        """Return the share of each of these workers in their CPU time; equal ones if unknown."""
        workers = {slot: self.workers.get(slot) for slot in slots}
        used = {
            slot: (worker.cpu_s() if worker else None) or 0.0 for slot, worker in workers.items()
        }
        whole = sum(used.values())
        return {slot: used[slot] / whole if whole else 1 / len(used) for slot in used}

    def ask(self, slot: Hashable, order: Order, timeout_s: float | None = None) -> Reply:
        """Send an order to the worker of the slot and return its reply; all others stay parked.

        A worker that answers another order than this one is ended.
        """
        worker = self.workers[slot]
        if not worker.alive:  # it died for an earlier case of the row
            return wire.Failed("failed", "the worker process had ended before")
        worker.resume()
        worker.tell(order)
        reply = worker.hear(timeout_s or self.timeout_s)
        if not isinstance(reply, wire.Failed | ANSWERS[type(order)]):
            worker.close()
            return as_failure(reply)
        self._park(worker)
        return reply

    def renew(self, slot: Hashable) -> wire.Failed | None:
        """Replace the worker by a fresh copy; if that fails, end the worker and return why."""
        reply = self.ask(slot, wire.Renew())
        if isinstance(reply, wire.Ready):
            return None
        self.workers[slot].close()
        return as_failure(reply)

    def _park(self, worker: Worker) -> None:
        if self.parks:
            worker.park()

    def facts_of(self, slot: Hashable) -> Facts:
        """Return the facts of the worker, and how it is parked."""
        worker = self.workers.get(slot)
        return {**self.facts.get(slot, {}), "parking": worker.parking() if worker else None}

    def cpu_s(self, slots: Collection[Hashable]) -> float | None:
        """Return the sum of the CPU seconds of these workers; None if one is unknown."""
        used = [self.workers[slot].cpu_s() for slot in slots]
        known = [seconds for seconds in used if seconds is not None]
        return sum(known) if len(known) == len(used) else None

    def others(self, slot: Hashable) -> list[Hashable]:
        """Return the slots of the workers that are parked while this one works."""
        return [other for other, worker in self.workers.items() if other != slot and worker.alive]

    def end(self, slot: Hashable) -> None:
        """End the worker of a slot; `start` may replace it."""
        self.renewable.discard(slot)
        if worker := self.workers.pop(slot, None):
            worker.close()

    def dismiss(self, needed: Collection[Hashable] = ()) -> None:
        """End all workers except those of the slots in `needed`."""
        for slot in [slot for slot in self.workers if slot not in needed]:
            self.workers.pop(slot).close()

    def abandon(self) -> None:
        """End all workers, from any thread; a thread that waits for a reply gets a Failed."""
        for worker in list(self.workers.values()):
            worker.close()


def as_failure(reply: Reply) -> wire.Failed:
    """Return an unwanted reply as a failure, with a reason of bounded length."""
    if isinstance(reply, wire.Failed):
        return replace(reply, reason=reply.reason[:LONGEST_REASON])
    name = type(reply).__name__
    return wire.Failed("failed", f"unexpected answer {name} from the worker process")
