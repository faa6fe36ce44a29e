"""The live workers of a run, of which at most one runs: the others are parked.

Starting is the exception: workers that are needed at the same time start together. It must not know
what the workers measure, nor when.
"""

from collections.abc import Collection, Hashable, Mapping
from typing import Protocol

from dlbench.harness import wire
from dlbench.harness.wire import Order, Reply
from dlbench.records.case import Target

Facts = dict[str, str | int | None]


class Worker(Protocol):
    """What is needed of a worker; process.WorkerProcess is the real one."""

    alive: bool

    def tell(self, order: Order) -> None:
        """Send an order."""

    def hear(self, timeout_s: float) -> Reply:
        """The next reply; a Failed whatever goes wrong."""

    def park(self) -> None:
        """Stop the worker with all its threads, as far as the platform can."""

    def resume(self) -> None:
        """Let it go on."""

    def parking(self) -> str:
        """How it is parked, or why it cannot be."""

    def cpu_s(self) -> float | None:
        """CPU seconds that it has used so far; None where unknown."""

    def close(self) -> None:
        """End the worker."""


class Launch(Protocol):
    """Starts workers; process.Launcher is the real one."""

    def __call__(
        self, target: Target, slot: Hashable = None, *, warm: bool = False
    ) -> tuple[Worker, wire.Start]:
        """A worker and its first order; warm: with the compiled code of the last in the slot."""


class WorkerPool:
    """Workers by their slot: cases of the same slot share a worker.

    parks: whether a worker is stopped while it has nothing to do; one that is alone need not be.
    """

    def __init__(self, launch: Launch, timeout_s: float, *, parks: bool = True) -> None:
        self.launch, self.timeout_s, self.parks = launch, timeout_s, parks
        self.workers: dict[Hashable, Worker] = {}
        self.facts: dict[Hashable, Facts] = {}
        self.refused: dict[Hashable, wire.Failed] = {}
        self.renewable: set[Hashable] = set()

    def missing(self, slots: Collection[Hashable]) -> list[Hashable]:
        """The slots whose worker must be started: those that refused once are not asked again."""
        return [slot for slot in slots if slot not in self.refused and not self._is_there(slot)]

    def _is_there(self, slot: Hashable) -> bool:
        worker = self.workers.get(slot)
        return worker is not None and worker.alive

    def start(self, targets: Mapping[Hashable, Target], *, warm: bool = False) -> None:
        """Start a worker per slot, all at once: importing a framework takes seconds.

        warm: with the compiled code that the last worker of the slot has left.
        """
        self.renewable -= targets.keys()
        for slot, target in targets.items():
            worker, order = self.launch(target, (id(self), slot), warm=warm)
            self.workers[slot] = worker
            worker.tell(order)
        for slot in targets:
            self._hear_start(slot)

    def _hear_start(self, slot: Hashable) -> None:
        worker = self.workers[slot]
        reply = worker.hear(self.timeout_s)
        if isinstance(reply, wire.Ready):
            self._park(worker)
            self.facts[slot] = reply.facts
            if reply.process is not None:
                self.renewable.add(slot)
        else:
            self.refused[slot] = failed(reply)
            self.workers.pop(slot).close()

    def ask(self, slot: Hashable, order: Order, timeout_s: float | None = None) -> Reply:
        """Let the worker of the slot carry out an order while all others are parked."""
        worker = self.workers[slot]
        if not worker.alive:  # it died for an earlier case of the row
            return wire.Failed("failed", "the worker had died before")
        worker.resume()
        worker.tell(order)
        reply = worker.hear(timeout_s or self.timeout_s)
        self._park(worker)
        return reply

    def renew(self, slot: Hashable) -> wire.Failed | None:
        """Let a fresh copy take the worker's place; end a worker whose copy does not get there."""
        reply = self.ask(slot, wire.Renew())
        if isinstance(reply, wire.Ready):
            return None
        self.workers[slot].close()
        return failed(reply)

    def _park(self, worker: Worker) -> None:
        if self.parks:
            worker.park()

    def facts_of(self, slot: Hashable) -> Facts:
        """What the worker said of itself, and how it could be parked up to now."""
        worker = self.workers.get(slot)
        return {**self.facts.get(slot, {}), "parking": worker.parking() if worker else None}

    def used_s(self, slots: Collection[Hashable]) -> float | None:
        """CPU seconds of these workers together; None where one is unknown."""
        used = [self.workers[slot].cpu_s() for slot in slots]
        known = [seconds for seconds in used if seconds is not None]
        return sum(known) if len(known) == len(used) else None

    def others(self, slot: Hashable) -> list[Hashable]:
        """The slots of the workers that must be silent while this one works."""
        return [other for other, worker in self.workers.items() if other != slot and worker.alive]

    def dismiss(self, needed: Collection[Hashable] = ()) -> None:
        """End the workers that are not needed any more."""
        for slot in [slot for slot in self.workers if slot not in needed]:
            self.workers.pop(slot).close()

    def abandon(self) -> None:
        """End all workers from another thread; a thread that waits for one hears of its death."""
        for worker in list(self.workers.values()):
            worker.close()


def failed(reply: Reply) -> wire.Failed:
    """A reply that was not hoped for, as a failure."""
    if isinstance(reply, wire.Failed):
        return reply
    return wire.Failed("failed", f"the worker answered {type(reply).__name__} out of turn")
