"""A static mode's compiler as a worker sees it: started once, with caches that are cold or warm.

It must not know any framework, nor what is compiled.
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

# Calls timed one by one before anything else runs: the first compiles, the second may compile
# again (gradients, shapes), the third shows whether it is over.
FIRST_CALLS = 3

# Of a digest, for the name of a folder: there are some hundred cases.
DIGITS = 16


class Compiler:
    """Of a started backend in a static mode. scratch: the folder that outlives the worker."""

    def __init__(self, backend: Backend, target: Target, scratch: Path) -> None:
        if backend.compiler is None:
            raise DlbenchError(f"the mode {target.mode} is static, and there is no compiler of it")
        self.device, self.native = backend.device, backend.compiler
        self.target, self.scratch = target, scratch
        self.start_s: float | None = None
        self.start_caches: Caches = "cold"
        self.caches: Caches = "cold"

    def begin(self, case: str) -> None:
        """Start it if need be; then find nothing but what an earlier process has left of the case.

        A smallest program is compiled twice: what the second takes is compiling, and what the first
        takes more is starting. Not done when the worker starts, which others do at the same time.
        """
        if self.start_s is None:
            first, second = (self._seconds(partial(self._smallest, name)) for name in "ab")
            self.start_s = max(0.0, first - second)
            self.start_caches = self.caches
        self._keep(case)

    def _seconds(self, call: Callable[[], None]) -> float:
        return timing.block(call, self.device.wait, 1).host_s

    def _smallest(self, name: str) -> None:
        self._keep(name)
        self.native.start()

    def _keep(self, name: str) -> None:
        folder = self.scratch / hashlib.sha256(name.encode()).hexdigest()[:DIGITS]
        was_there = folder.exists()
        folder.mkdir(parents=True, exist_ok=True)
        is_kept = self.native.keep(str(folder))
        self.caches = "warm" if was_there and is_kept else "cold"

    def first_calls(self, step: Step) -> tuple[tuple[float, ...], Compiling | None]:
        """Their seconds, one by one, and what was compiled meanwhile; an error if nothing ever.

        Nothing is said of compiling where an earlier process has started the compiler and not
        compiled the case: that is what neither a first nor a second run would pay.
        """
        graphs, seconds, memory = [self.native.graphs()], [], PeakMemory()
        for _ in range(FIRST_CALLS):
            seconds.append(self._seconds(step.run))
            graphs.append(self.native.graphs())
        rise = memory.rise()
        self.native.settle()
        if not graphs[-1]:
            raise DlbenchError(f"the mode {self.target.mode} is static, and nothing was compiled")
        if self.caches != self.start_caches:
            return tuple(seconds), None
        return tuple(seconds), Compiling(self.caches, self.start_s or 0.0, tuple(graphs), rise)


def count_graphs(backend: Backend) -> int:
    """How many graphs a backend has made so far; 0 where it compiles nothing."""
    return 0 if backend.compiler is None else backend.compiler.graphs()


def settle(backend: Backend) -> None:
    """Wait until a backend's compiler is at rest, where it has one."""
    if backend.compiler is not None:
        backend.compiler.settle()
