"""The live workers of a run, of whom at most one runs: the others are parked.

Starting is the exception: who starts does so together with all that start at the same time. It
must not know what the workers measure, nor when.
"""

from collections.abc import Collection, Hashable, Mapping
from typing import Protocol

from dlbench.harness import wire
from dlbench.harness.wire import Order, Reply
from dlbench.model import Target

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
        self, target: Target, seat: Hashable = None, *, warm: bool = False
    ) -> tuple[Worker, wire.Start]:
        """A worker and its first order; warm: with the compiled code of the last in the seat."""


class Crew:
    """Workers by their seat: cases of the same seat share a worker.

    parks: whether a worker is stopped while it has nothing to do; who is alone need not be.
    """

    def __init__(self, launch: Launch, timeout_s: float, *, parks: bool = True) -> None:
        self.launch, self.timeout_s, self.parks = launch, timeout_s, parks
        self.workers: dict[Hashable, Worker] = {}
        self.facts: dict[Hashable, Facts] = {}
        self.refused: dict[Hashable, wire.Failed] = {}
        self.renewable: set[Hashable] = set()

    def missing(self, seats: Collection[Hashable]) -> list[Hashable]:
        """The seats whose worker must be started: those that refused once are not asked again."""
        return [seat for seat in seats if seat not in self.refused and not self._is_there(seat)]

    def _is_there(self, seat: Hashable) -> bool:
        worker = self.workers.get(seat)
        return worker is not None and worker.alive

    def start(self, targets: Mapping[Hashable, Target], *, warm: bool = False) -> None:
        """Start a worker per seat, all at once: importing a framework takes seconds.

        warm: with the compiled code that the last worker of the seat has left.
        """
        self.renewable -= targets.keys()
        for seat, target in targets.items():
            worker, order = self.launch(target, (id(self), seat), warm=warm)
            self.workers[seat] = worker
            worker.tell(order)
        for seat in targets:
            self._hear_start(seat)

    def _hear_start(self, seat: Hashable) -> None:
        worker = self.workers[seat]
        reply = worker.hear(self.timeout_s)
        if isinstance(reply, wire.Ready):
            self._park(worker)
            self.facts[seat] = reply.facts
            if reply.process is not None:
                self.renewable.add(seat)
        else:
            self.refused[seat] = failed(reply)
            self.workers.pop(seat).close()

    def ask(self, seat: Hashable, order: Order, timeout_s: float | None = None) -> Reply:
        """Let the worker of the seat carry out an order while all others are parked."""
        worker = self.workers[seat]
        if not worker.alive:  # it died for an earlier case of the row
            return wire.Failed("failed", "the worker had died before")
        worker.resume()
        worker.tell(order)
        reply = worker.hear(timeout_s or self.timeout_s)
        self._park(worker)
        return reply

    def renew(self, seat: Hashable) -> wire.Failed | None:
        """Let a fresh copy take the worker's place; who does not get there is ended."""
        reply = self.ask(seat, wire.Renew())
        if isinstance(reply, wire.Ready):
            return None
        self.workers[seat].close()
        return failed(reply)

    def _park(self, worker: Worker) -> None:
        if self.parks:
            worker.park()

    def facts_of(self, seat: Hashable) -> Facts:
        """What the worker said of itself, and how it could be parked up to now."""
        worker = self.workers.get(seat)
        return {**self.facts.get(seat, {}), "parking": worker.parking() if worker else None}

    def used_s(self, seats: Collection[Hashable]) -> float | None:
        """CPU seconds of these workers together; None where one is unknown."""
        used = [self.workers[seat].cpu_s() for seat in seats]
        known = [seconds for seconds in used if seconds is not None]
        return sum(known) if len(known) == len(used) else None

    def others(self, seat: Hashable) -> list[Hashable]:
        """Who is to be silent while this one works."""
        return [other for other, worker in self.workers.items() if other != seat and worker.alive]

    def dismiss(self, needed: Collection[Hashable] = ()) -> None:
        """End the workers that are not needed any more."""
        for seat in [seat for seat in self.workers if seat not in needed]:
            self.workers.pop(seat).close()

    def abandon(self) -> None:
        """End all workers from another thread; whoever waits for them hears of their death."""
        for worker in list(self.workers.values()):
            worker.close()


def failed(reply: Reply) -> wire.Failed:
    """A reply that was not hoped for, as a failure."""
    if isinstance(reply, wire.Failed):
        return reply
    return wire.Failed("failed", f"the worker answered {type(reply).__name__} out of turn")
