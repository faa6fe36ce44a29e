"""Two equal products in one process: what it is worth to be the last that gets ready.

In copies of one started process, which differ in nothing but the order. Prepared all before any is
warmed up, as dlbench does, it must be worth little; one after the other it is shown beside that,
and depends on the machine's mood.
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from math import log
from pathlib import Path
from statistics import median

from paired import middle, tell
from taking_turns import block, product, told

from dlbench import nursery, wire
from dlbench.environment import usable_cores
from dlbench.launching import Launcher
from dlbench.model import Sampling, Target
from dlbench.processes import WorkerProcess
from dlbench.stats import Estimate
from dlbench.targets import read_declarations
from dlbench.wire import Order

ROUNDS = 14
COPIES = 24  # of each way
MOST = 1.005
SAMPLING = Sampling(block_s=0.005, warmup_s=0.1)
PAIR = ("first", "last")
PREPARE = [wire.Prepare(case, product(256), {}, seed=0) for case in PAIR]
WARM_UP = [wire.WarmUp(case, SAMPLING) for case in PAIR]
WAYS: dict[str, list[Order]] = {
    "all prepared before any is warmed up": [*PREPARE, *WARM_UP],
    "one after the other": [order for both in zip(PREPARE, WARM_UP, strict=True) for order in both],
}


def last_to_first(worker: WorkerProcess) -> float:
    """The log ratio of their times, the median over rounds in mirrored order."""
    logs = []
    for number in range(ROUNDS):
        order = PAIR[:: -1 if number % 2 else 1]
        step_s = {case: block(worker, case) for case in order}
        logs.append(log(step_s["last"] / step_s["first"]))
    return median(logs)


def copies(worker: WorkerProcess) -> Iterator[tuple[str, float]]:
    """Ways in turns, each in a fresh copy, with the log ratio of that."""
    for number in range(COPIES):
        for way, orders in list(WAYS.items())[:: -1 if number % 2 else 1]:
            for order in (wire.Renew(), *orders):
                told(worker, order)
            yield way, last_to_first(worker)


def measure() -> dict[str, Estimate]:
    """What being the last is worth, as a ratio, by way."""
    logs: dict[str, list[float]] = {way: [] for way in WAYS}
    with (
        tempfile.TemporaryDirectory() as folder,
        Launcher(read_declarations(), Path(folder), renews=True) as launch,
    ):
        worker, start = launch(Target("torch", "cpu", "eager", "float32", usable_cores()))
        with closing(worker):
            told(worker, start)
            for way, value in copies(worker):
                logs[way].append(value)
    return {way: middle(values) for way, values in logs.items()}


if __name__ == "__main__":
    if not nursery.can_hatch():
        sys.exit("no copies of a process can be made on this system")
    found = measure()
    ours, other = WAYS
    print(f"last / first, {other}: {found[other].value:.4f}")
    sys.exit(not tell(f"last / first, {ours}", found[ours], MOST, 2 - MOST))
