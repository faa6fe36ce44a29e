"""A product whose worker takes turns with three others, against the same worker going on.

What it would take in a loop without pauses is what a user pays. After a switch caches are cold and
threads asleep, or put on few cores: a lead-in that is too short for that would show.
"""

import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from time import sleep

from paired import ratio, tell

from dlbench.harness import wire
from dlbench.harness.supervisor.launcher import Launcher, WorkerProcess
from dlbench.harness.wire import Order, Reply
from dlbench.machine.environment import usable_cores
from dlbench.plan.targets import read_declarations
from dlbench.records.case import Target, Workload
from dlbench.records.plan import Sampling
from dlbench.stats.ramp import FINE_S
from dlbench.workloads.base import kind_named

BACKENDS = ("torch", "numpy", "jax", "tensorflow")
SIZES = (256, 1024)
WORKERS = 4
# Seconds without a pause before the block that is timed.
ON_THE_WAY_S = 1.0
# About the time that the other workers take for their turns.
PAUSE_S = 0.1
ROUNDS = 31
LEAST, MOST = 0.95, 1.05
SAMPLING = Sampling(block_s=0.01, warmup_s=0.3)
CASE = "product"
PATIENCE_S = 60.0


def told(worker: WorkerProcess, order: Order) -> Reply:
    """The reply to an order; the end, with the reason, if it is not carried out."""
    worker.tell(order)
    reply = worker.hear(PATIENCE_S)
    if isinstance(reply, wire.Failed):
        sys.exit(f"{type(order).__name__} failed: {reply.reason}")
    return reply


def block(worker: WorkerProcess, lead_s: float, blocks: int = 1) -> float:
    """Seconds of a step, from the last block of a turn."""
    return told(worker, wire.Turn(CASE, lead_s, blocks)).samples[-1].step_s


def product(size: int) -> Workload:
    """Of square matrices."""
    params: dict[str, int | str] = dict.fromkeys("mnk", size)
    return Workload("matmul", params, kind_named("matmul").work(params, {}))


def ready(launch: Launcher, backend: str, size: int, slot: int) -> tuple[WorkerProcess, float]:
    """A parked worker with the product of this size, and the lead-in that it has learnt."""
    declared = launch.declarations[backend]
    worker, start = launch(
        Target(backend, "cpu", declared.default, "float32", usable_cores()), slot
    )
    prepare = wire.Prepare(CASE, product(size), {}, seed=0)
    for order in (start, prepare, wire.WarmUp(CASE, SAMPLING)):
        told(worker, order)
    worker.park()
    sleep(PAUSE_S)
    worker.resume()
    stretch = told(worker, wire.Sustain(CASE, SAMPLING.stretch_s)).stretch
    worker.park()
    return worker, max(stretch.lead_s, FINE_S)


def taking_turns(workers: Sequence[tuple[WorkerProcess, float]]) -> float:
    """Every worker has a turn of a block; seconds of a step of the last."""
    for worker, lead_s in workers:
        worker.resume()
        step_s = block(worker, lead_s)
        worker.park()
    return step_s


def going_on(worker: WorkerProcess) -> float:
    """Blocks one after the other; seconds of a step of the last."""
    worker.resume()
    step_s = block(worker, ON_THE_WAY_S)
    worker.park()
    return step_s


def compare(backend: str, size: int) -> bool:
    """Measure one product both ways; whether they agree."""
    with (
        tempfile.TemporaryDirectory() as logs,
        Launcher(read_declarations(), Path(logs)) as launch,
        ExitStack() as stack,
    ):
        workers = [ready(launch, backend, size, slot) for slot in range(WORKERS)]
        for worker, _ in workers:
            stack.enter_context(closing(worker))
        found = ratio(lambda: taking_turns(workers), lambda: going_on(workers[-1][0]), ROUNDS)
    return tell(f"{backend} matmul {size}, taking turns / going on", found, MOST, LEAST)


if __name__ == "__main__":
    reached = [compare(backend, size) for backend in BACKENDS for size in SIZES]
    sys.exit(not all(reached))
