"""Ask every installed framework what it is and which GPUs it sees, each in a short process."""

import tempfile
from collections.abc import Callable, Mapping
from functools import partial

from dlbench.harness import wire
from dlbench.harness.keeper import Keeper
from dlbench.harness.supervisor.pool import Worker
from dlbench.harness.supervisor.process import WorkerProcess
from dlbench.records.case import Declaration
from dlbench.records.framework import FrameworkFacts

# A framework takes 3 to 8 s to import on two cores, and longer beside other programs; a driver that
# hangs would hang every case, too.
LONGEST_S = 60.0

Start = Callable[[Mapping[str, str]], Worker]


def kept(keeper: Keeper) -> Start:
    """Return what starts a worker that ends with its supervisor, also if its import hangs."""
    return partial(WorkerProcess, keeper=keeper)


def ask(
    backend: str, declared: Declaration, *, threads: int, start: Start = WorkerProcess
) -> FrameworkFacts | str:
    """Return what the framework says, or why it does not.

    It is asked as a case would find it: with the declared environment. start: starts a worker.
    """
    with tempfile.TemporaryDirectory(prefix="dlbench-", ignore_cleanup_errors=True) as scratch:
        try:
            worker = start(declared.variables(threads, scratch))
        except OSError as error:
            return f"its process cannot be started: {error.strerror}"
        try:
            worker.tell(wire.Probe(backend))
            reply = worker.hear(LONGEST_S)
        finally:
            worker.close()
    if isinstance(reply, wire.Probed):
        return reply.facts
    return reply.reason if isinstance(reply, wire.Failed) else "its answer is not understood"
