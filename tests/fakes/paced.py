"""A run of scripted workers whose every phase takes a known time, told to a watcher."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dlbench.harness import wire
from dlbench.harness.supervisor.run import Supervisor
from dlbench.harness.wire import Order
from dlbench.plan.estimate import forecast
from dlbench.records.case import Target
from dlbench.records.measurement import Compiling
from dlbench.records.plan import Plan
from fakes.workers import Answer, Stable, tag_of

# Seconds of an order for a worker, by the order's tag, its case (empty for `start`) and its target.
Pace = Callable[[str, str, Target], float]


class Paced(Stable):
    """Workers whose orders take the seconds that a function says.

    The first case of a worker with a static mode starts a compiler, which takes those of
    `compiler`.
    """

    def __init__(self, pace: Pace, scripts=None) -> None:
        super().__init__(scripts, block_s=1e-6)
        self.pace = pace
        self.fresh: list[Target] = []

    def next_answer(self, target: Target, order: Order) -> Answer:
        seconds = self.pace(tag_of(order), getattr(order, "case", ""), target)
        self.clock.advance(seconds * (order.blocks if isinstance(order, wire.Turn) else 1))
        if isinstance(order, wire.Start):
            self.fresh.append(target)
        elif isinstance(order, wire.Prepare) and target.mode == "compile" and target in self.fresh:
            self.fresh.remove(target)
            start_s = self.pace("compiler", order.case, target)
            self.clock.advance(start_s)
            return wire.Prepared((seconds,), Compiling("cold", start_s, (0, 1)))
        return super().next_answer(target, order)


@dataclass(frozen=True)
class Moment:
    """An event of a run, and the second in which it comes."""

    now: float
    event: object


def moments(plan: Plan, pace: Pace, scripts=None) -> Iterator[Moment]:
    """The events of a run, as the watcher of `dlbench run` gets them, without the head."""
    workers = Paced(pace, scripts)
    clock = workers.clock.seconds
    yield Moment(clock(), forecast(plan))
    for event in Supervisor(plan, workers.launch, clock).measure():
        yield Moment(clock(), event)
    yield Moment(clock(), None)
