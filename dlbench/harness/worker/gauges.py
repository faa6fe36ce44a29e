"""Gauges: steps that show a property of the machine, the same whatever framework is started.

They are timed as any step is, in blocks with counters and flags. NumPy and SciPy leave Python's
lock while they compute, so that threads compute at the same time.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from typing import Protocol

import numpy as np
from scipy.special import eval_chebyt

from dlbench.backends.base import Backend, Step
from dlbench.errors import DlbenchError
from dlbench.harness import wire
from dlbench.harness.worker.blocks import Blocks
from dlbench.harness.worker.copies import NAMES, Copy
from dlbench.harness.worker.interference import Monitor
from dlbench.reference.arrays import Array

# NumPy leaves Python's lock for more than 500 elements (NPY_BEGIN_THREADS_THRESHOLDED).
CHAINS = 512

# Where the chain starts: no value of it is denormal or infinite, as |T_n(x)| <= 1 for |x| <= 1.
START = 0.3


class Gauge(Protocol):
    """The work of one step, in parts of equal size."""

    @property
    def parts(self) -> Sequence[Callable[[], None]]:
        """Return the work of each thread."""

    def check(self) -> None:
        """Raise DlbenchError if the result is wrong."""


class Sum:
    """a = b + c, over arrays of `size` float64 each that lie in main memory: STREAM's addition.

    McCalpin (1995), Memory Bandwidth and Machine Balance in Current High Performance Computers.
    Its triad a = b + s*c moves the same bytes, and takes the same time (bench/reach/triad.py). But
    NumPy needs two passes for a triad: seen, 0.85 of the rate even if the product stays in the
    cache, where one pass over the sum has 0.99 of that of a compiled triad.
    """

    def __init__(self, size: int, threads: int) -> None:
        self.a, self.b, self.c = (np.empty(size) for _ in "abc")
        edges = [size * thread // threads for thread in range(threads + 1)]
        self.parts = [self._part(slice(*ends)) for ends in pairwise(edges)]

    def _part(self, own: slice) -> Callable[[], None]:
        """Return the work of one thread, which is also the first to touch this memory."""
        a, b, c = self.a[own], self.b[own], self.c[own]
        touched = False

        def compute() -> None:
            nonlocal touched
            if not touched:
                a[:], b[:], c[:] = 0.0, 2.0, 1.0
                touched = True
            np.add(b, c, out=a)

        return compute

    def check(self) -> None:
        """Compare with the sum in Python."""
        if not np.array_equal(self.a, np.full(len(self.a), 2.0 + 1.0)):
            raise DlbenchError("the sum of two arrays has a wrong result")


class Chain:
    """A multiplication and a subtraction that wait for each other, `size` times, in each thread.

    size: a multiple of CHAINS.

    It is the recurrence of Chebyshev polynomials, T_n = 2 x T_(n-1) - T_(n-2), which SciPy computes
    in registers: nothing but the latency of the two operations takes time.
    """

    def __init__(self, size: int, threads: int) -> None:
        self.order = size // CHAINS - 1
        self.results: list[Array] = [np.empty(CHAINS) for _ in range(threads)]
        self.parts = [self._part(result) for result in self.results]

    def _part(self, result: Array) -> Callable[[], None]:
        x = np.full(CHAINS, START)

        def compute() -> None:
            eval_chebyt(self.order, x, out=result)

        return compute

    def check(self) -> None:
        """Compare with cos(n arccos x)."""
        exact = np.cos(self.order * np.arccos(START))
        if not np.allclose(self.results, exact, atol=1e-6):
            raise DlbenchError("the chain has a wrong result")


# Those of the host; copies need the device of a backend.
GAUGES: dict[str, Callable[[int, int], Gauge]] = {"sum": Sum, "chain": Chain}


def gauge(backend: Backend, monitor: Monitor, order: wire.Gauge) -> wire.Timed:
    """Warm up, check and time a gauge in so many threads."""
    made = _made(backend, order)
    with in_threads(made) as run:
        blocks = Blocks(Step(run, lambda _: {}), backend, order.threads, monitor)
        blocks.warm_up(order.sampling, None)
        made.check()
        return blocks.turn(order.lead_s, order.blocks)


def _made(backend: Backend, order: wire.Gauge) -> Gauge:
    if order.name in NAMES:
        return Copy(backend, order.name, order.size)
    return GAUGES[order.name](order.size, order.threads)


@contextmanager
def in_threads(made: Gauge) -> Iterator[Callable[[], object]]:
    """Yield the call that computes all parts, each in a thread; one part needs no thread."""
    if len(made.parts) == 1:
        yield made.parts[0]
        return
    with ThreadPoolExecutor(len(made.parts)) as pool:
        yield lambda: list(pool.map(_call, made.parts))


def _call(part: Callable[[], None]) -> None:
    part()
