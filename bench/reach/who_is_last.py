"""Two equal products in one process: what it is worth to be the last that gets ready.

In copies of started processes, which differ in nothing but the order of getting ready. Where that
matters depends on the started process, all copies of which are alike in it, and on the machine's
mood. Bound and checked all before any is warmed up, as dlbench does it, it must be worth little in
every one of them.
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

from dlbench.harness import fork_server, wire
from dlbench.harness.supervisor.launcher import Launcher, WorkerProcess
from dlbench.harness.wire import Order
from dlbench.machine.environment import usable_cores
from dlbench.plan.targets import read_declarations
from dlbench.records.case import Target
from dlbench.records.plan import Sampling

ROUNDS = 14
PROCESSES = 16
COPIES = 3  # of each process, in each way
# Worth so much in a process, it is no noise of three copies, each known to 0.3 %.
MUCH = log(1.01)
MOST = 1.005
SAMPLING = Sampling(block_s=0.005, warmup_s=0.1)
PAIR = ("first", "last")
PREPARE = [wire.Prepare(case, product(256), {}, seed=0) for case in PAIR]
CHECK = [wire.Check(case) for case in PAIR]
WARM_UP = [wire.WarmUp(case, SAMPLING) for case in PAIR]
WAYS: dict[str, list[Order]] = {
    "bound, then checked, then warmed up": [*PREPARE, *CHECK, *WARM_UP],
    "bound, then warmed up": [*PREPARE, *WARM_UP],
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


def measure() -> dict[str, list[float]]:
    """What being the last is worth, as a log ratio, by way: one of each process."""
    worth: dict[str, list[float]] = {way: [] for way in WAYS}
    with (
        tempfile.TemporaryDirectory() as folder,
        Launcher(read_declarations(), Path(folder), renews=True) as launch,
    ):
        for _ in range(PROCESSES):
            worker, start = launch(Target("torch", "cpu", "eager", "float32", usable_cores()))
            logs: dict[str, list[float]] = {way: [] for way in WAYS}
            with closing(worker):
                told(worker, start)
                for way, value in copies(worker):
                    logs[way].append(value)
            for way, values in logs.items():
                worth[way].append(median(values))
    return worth


if __name__ == "__main__":
    if not fork_server.available():
        sys.exit("no copies of a process can be made on this system")
    found = measure()
    for way, values in found.items():
        much = sum(abs(value) > MUCH for value in values)
        print(f"{way}: worth more than 1 % in {much} of {PROCESSES} processes")
    ours = next(iter(WAYS))
    in_none = all(abs(value) <= MUCH for value in found[ours])
    reached = tell(f"last / first, {ours}", middle(found[ours]), MOST, 2 - MOST)
    sys.exit(not (in_none and reached))
