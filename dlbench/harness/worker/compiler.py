"""The compiler of a static mode in a worker: its start, its caches and the first calls.

It must not know any framework or workload.
"""

import hashlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

from dlbench.backends.base import Backend, Step
from dlbench.errors import DlbenchError
from dlbench.harness.worker import timing
from dlbench.machine.memory import PeakMemory
from dlbench.records.case import Target
from dlbench.records.measurement import Caches, Compiling

# Calls to time one by one before all others: the first compiles, the second may compile again
# (gradients, shapes), the third shows whether compiling has ended.
FIRST_CALLS = 3

# Digits of a digest in the name of a folder: enough for some hundred cases.
DIGITS = 16


class Compiler:
    """The compiler of a backend in a static mode. scratch: a folder that outlives the worker."""

    def __init__(self, backend: Backend, target: Target, scratch: Path) -> None:
        if backend.compiler is None:
            raise DlbenchError(f"the backend has no compiler for the static mode {target.mode}")
        self.device, self.native = backend.device, backend.compiler
        self.target, self.scratch = target, scratch
        self.start_s: float | None = None
        self.start_caches: Caches = "cold"
        self.caches: Caches = "cold"

    def begin(self, case: str) -> None:
        """Start the compiler if needed, and give the case its own cache.

        The start is timed with the smallest program, compiled twice: the second time is compiling,
        and the extra time of the first is starting. It is not timed at the start of the worker,
        as other workers start at the same time. The cache holds what an earlier process compiled
        for the case, and nothing else.
        """
        if self.start_s is None:
            first, second = (self._seconds(partial(self._compile_smallest, name)) for name in "ab")
            self.start_s = max(0.0, first - second)
            self.start_caches = self.caches
        self._keep(case)

    def _seconds(self, call: Callable[[], None]) -> float:
        """Return the seconds of one call."""
        return timing.block(call, self.device.wait, 1).host_s

    def _compile_smallest(self, name: str) -> None:
        """Compile and run the smallest program, with its own cache."""
        self._keep(name)
        self.native.start()

    def _keep(self, name: str) -> None:
        """Use the cache of this name, and note whether it is cold or warm."""
        folder = self.scratch / hashlib.sha256(name.encode()).hexdigest()[:DIGITS]
        was_there = folder.exists()
        folder.mkdir(parents=True, exist_ok=True)
        is_kept = self.native.keep(str(folder))
        self.caches = "warm" if was_there and is_kept else "cold"

    def first_calls(self, step: Step) -> tuple[tuple[float, ...], Compiling | None]:
        """Return the seconds of each first call, and the record of compiling.

        Raises DlbenchError if nothing was compiled. Returns no record if the compiler was warm but
        this case was cold: no real run is in that state.
        """
        graphs, seconds, memory = [self.native.graphs()], [], PeakMemory()
        for _ in range(FIRST_CALLS):
            seconds.append(self._seconds(step.run))
            graphs.append(self.native.graphs())
        rise = memory.rise()
        self.native.wait_until_idle()
        if not graphs[-1]:
            raise DlbenchError(f"the mode {self.target.mode} is static, but compiled nothing")
        if self.caches != self.start_caches:
            return tuple(seconds), None
        return tuple(seconds), Compiling(self.caches, self.start_s or 0.0, tuple(graphs), rise)


def count_graphs(backend: Backend) -> int:
    """Return the number of graphs of a backend so far; 0 in a dynamic mode."""
    return 0 if backend.compiler is None else backend.compiler.graphs()


def wait_until_idle(backend: Backend) -> None:
    """Wait until the backend's compiler is idle, if it has one."""
    if backend.compiler is not None:
        backend.compiler.wait_until_idle()
