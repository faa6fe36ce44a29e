"""Workers that follow a script instead of computing, and a journal of what they were told."""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass

from dlbench.harness import wire
from dlbench.harness.wire import Order, Reply
from dlbench.records.case import Target
from dlbench.records.measurement import ParityCheck, Sample, Stretch
from fakes.clock import ToldClock

FACTS = {"version": "1.0"}
HELD = ParityCheck("product", error=0.25, tolerance=0.5)
BROKEN = ParityCheck("loss", error=0.75, tolerance=0.5)
CALLS_S = (3.0, 2.0, 1.0)
COPY = 4711
NO_STRETCH = Stretch(pause_s=0.0, lead_s=0.0, is_steady=True, samples=())


@dataclass(frozen=True)
class Dies:
    """The worker's last answer, as processes.WorkerProcess words it."""

    failed: wire.Failed


Answer = Reply | Dies | BaseException | None
Script = Mapping[str, Sequence[Answer]]


class Stable:
    """Launches scripted workers; one backend's workers share its script.

    A script gives, by the tag of the order (`start`, `turn`), the next answers in turn: a
    reply, a death, an exception to raise, or None where all goes well; so does whatever comes
    after. Blocks take `block_s` seconds of the told clock, other orders what `takes_s` says by
    their tag, or nothing; while a worker carries out an order,
    every parked one uses `leak_s` of CPU time. At any time at most one worker runs, those that
    start excepted. renewable: the backends whose workers can be renewed.
    """

    def __init__(
        self,
        scripts: Mapping[str, Script] | None = None,
        block_s: float = 1.0,
        leak_s: float | None = 0.0,
        takes_s: Mapping[str, float] | None = None,
        renewable: Collection[str] = (),
    ) -> None:
        self.renewable = renewable
        self.takes_s = takes_s or {}
        self.clock, self.block_s, self.leak_s = ToldClock(), block_s, leak_s
        self.journal: list[str] = []
        self.workers: list[ScriptedWorker] = []
        self.timeouts: list[float] = []
        self.warm: list[bool] = []
        self.scripts = {
            name: {tag: list(answers) for tag, answers in script.items()}
            for name, script in (scripts or {}).items()
        }

    def launch(
        self, target: Target, slot: Hashable = None, *, warm: bool = False
    ) -> tuple["ScriptedWorker", wire.Start]:
        self.warm.append(warm)
        self.workers.append(ScriptedWorker(target, self))
        renewable = target.backend in self.renewable
        return self.workers[-1], wire.Start(target, "/scratch", renewable=renewable)

    def next_answer(self, target: Target, order: Order) -> Answer:
        scripted = self.scripts.get(target.backend, {}).get(tag_of(order), [])
        answer = scripted.pop(0) if scripted else None
        return self.well(order) if answer is None else answer

    def well(self, order: Order) -> Reply:
        """The answer of a worker with which nothing is wrong."""
        self.clock.advance(self.takes_s.get(tag_of(order), 0.0))
        match order:
            case wire.Start():
                reply = wire.Ready(FACTS, process=COPY if order.renewable else None)
            case wire.Prepare():
                reply = wire.Prepared(CALLS_S)
            case wire.Check():
                reply = wire.Verified((HELD,))
            case wire.WarmUp():
                reply = wire.Warm((self.sample(),))
            case wire.Sustain():
                reply = wire.Sustained(NO_STRETCH)
            case wire.Turn():
                reply = wire.Timed(tuple(self.sample_after() for _ in range(order.blocks)))
            case _:
                reply = wire.Ready()
        return reply

    def sample_after(self) -> Sample:
        self.clock.advance(self.block_s)
        return self.sample()

    def sample(self) -> Sample:
        return Sample(iterations=10, host_s=self.block_s, started_s=self.clock.seconds())


class ScriptedWorker:
    """What the supervisor sees of a worker."""

    def __init__(self, target: Target, stable: Stable) -> None:
        self.target, self.stable = target, stable
        self.alive, self.parked = True, False
        self.leaked_s = 0.0
        self._unheard: list[Order] = []

    def tell(self, order: Order) -> None:
        assert self.alive, f"{self.target.backend} was told {order} after its end"
        assert not self.parked, f"{self.target.backend} was told {order} while it was parked"
        starting = isinstance(order, wire.Start)
        others = [w for w in self.stable.workers if w is not self and w.alive and not w.parked]
        assert starting or not others, f"{others[0].target.backend} runs beside"
        case = getattr(order, "case", "").removesuffix(f"/{self.target.id}")
        self._note(f"{tag_of(order)} {case}".strip())
        self._unheard.append(order)

    def hear(self, timeout_s: float) -> Reply:
        self.stable.timeouts.append(timeout_s)
        for worker in self.stable.workers:
            worker.leaked_s += worker.parked * (self.stable.leak_s or 0.0)
        answer = self.stable.next_answer(self.target, self._unheard.pop(0))
        if isinstance(answer, BaseException):
            raise answer
        if isinstance(answer, Dies):
            self.alive = False
            return answer.failed
        return answer

    def park(self) -> None:
        self.parked = True

    def resume(self) -> None:
        self.parked = False

    def parking(self) -> str:
        return "told to stand still"

    def cpu_s(self) -> float | None:
        return None if self.stable.leak_s is None else self.leaked_s

    def close(self) -> None:
        if self.alive:
            self._note("closed")
        self.alive = False

    def _note(self, what: str) -> None:
        self.stable.journal.append(f"{self.target.backend}: {what}")


def tag_of(order: Order) -> str:
    """Its name on the wire, such as `warm_up`."""
    return str(order.__struct_config__.tag)
