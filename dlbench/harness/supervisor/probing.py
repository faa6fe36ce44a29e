"""Ask every installed framework what it is and which GPUs it sees, each in a short process."""

import tempfile
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import cache, partial
from importlib.util import find_spec

from dlbench.harness import wire
from dlbench.harness.keeper import Keeper
from dlbench.harness.supervisor.pool import Worker
from dlbench.harness.supervisor.process import WorkerProcess
from dlbench.machine.gpu import kinds
from dlbench.machine.grants import granted
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


def seen_by(
    declarations: Mapping[str, Declaration],
    ask_one: Callable[[str], FrameworkFacts | str] | None = None,
    may_have: Callable[[str], bool] = kinds.may_have,
) -> Callable[[str], int]:
    """Return what counts the accelerators of a kind, by the framework that sees the most.

    A framework is asked once, in a short process, and only where there may be such a device.
    ask_one: asks a backend; may_have: whether there may be a device of a kind.
    """
    ask_once = cache(ask_one or partial(_ask_here, declarations))

    def count(kind: str) -> int:
        if not may_have(kind):
            return 0
        able = [name for name, one in declarations.items() if kind in one.devices]
        known = [one for one in map(ask_once, able) if isinstance(one, FrameworkFacts)]
        return max((one.devices.get(kind, 0) for one in known), default=0)

    return count


def _ask_here(declarations: Mapping[str, Declaration], backend: str) -> FrameworkFacts | str:
    """Ask a backend in a process that ends with this one."""
    declared = declarations[backend]
    if find_spec(declared.package) is None:
        return f"{backend} is not installed"
    with closing(Keeper()) as keeper:
        return ask(backend, declared, threads=granted().cores, start=kept(keeper))
