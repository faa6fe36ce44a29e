"""Measures a machine: its clock, memory bandwidth, matrix products, and the smallest steps.

It schedules and never computes; it prints nothing and stores nothing.
"""

from collections.abc import Callable, Generator, Sequence
from time import monotonic

from dlbench import units
from dlbench.harness import wire
from dlbench.harness.supervisor.pool import Launch, WorkerPool
from dlbench.harness.supervisor.probe import (
    SAMPLING,
    Probe,
    blocks_of,
    busy_s,
    fastest_s,
    median_s,
)
from dlbench.harness.supervisor.reach import copies
from dlbench.harness.supervisor.reach.ceiling import CeilingRun
from dlbench.records.base import DTYPES
from dlbench.records.case import Case, Target, Workload
from dlbench.records.machine.hardware import Clock, Finding, HardwarePlan, Kinded, Products
from dlbench.records.machine.roofs import Bandwidth, Floor, SmallestStep
from dlbench.records.measurement import Notice, Progress
from dlbench.workloads.base import kind_named

Event = Progress | Finding | Notice
Events = Generator[Event, None, None]

# Ends of the first ceiling and of all ceilings, as shares of the whole time. The first one is that
# of the most important products; what is left after all is for the smallest steps of other modes.
FIRST_CEILING, ALL_CEILINGS = 0.55, 0.85

# However long the starts took, the first search on a device has so much of the whole time, and each
# of the others, in which fewer frameworks take part.
LEAST_FIRST, LEAST_OTHERS = 0.2, 0.05

CPU = "cpu"

# Links of the chain in one step: 1 ms at 3 GHz and 6 cycles a link.
LINKS = 512 * 1000

# Of an element of the sum: two float64 are read and one is written, as STREAM counts.
SUM_BYTES, ELEMENT_BYTES = 24, 8

# The smallest steps: workloads/floor.py, and the product of two numbers.
SMALLEST: dict[SmallestStep, tuple[str, dict[str, int | str]]] = {
    "predict": ("floor", {"pass": "predict"}),
    "matmul": ("matmul", {"m": 1, "n": 1, "k": 1}),
}


class HardwareRun:
    """Measures what the plan says. launch: starts workers."""

    def __init__(
        self, plan: HardwarePlan, launch: Launch, clock: Callable[[], float] = monotonic
    ) -> None:
        self.plan, self.clock, self.began = plan, clock, clock()
        self.pool = WorkerPool(launch, SAMPLING.timeout_s)
        self.probe = Probe(self.pool)
        self.floors_left = list(plan.floors)
        # By device, the backends whose products are near the fastest one; all at first.
        self.near: dict[str, set[str]] = {}
        self.done = 0
        self.total = len(plan.products) + len(plan.floors) + 2 * len(plan.threads)

    def measure(self) -> Events:
        """Yield every finding, Progress in between, and a Notice for what was not measured."""
        try:
            for index, products in enumerate(self.plan.products):
                chosen = self._chosen(products)
                yield from self._start([target for target, _ in chosen])
                there = [one for one in chosen if self._is_there(one[0])]
                if index == 0 and there:
                    yield from self._gauges(there[0][0])
                yield from self._copies(products.device, [target for target, _ in there])
                yield from self._floors([one for one in there if one in self.floors_left])
                yield from self._ceiling(products, there, self._end_of(index, products.device))
                self.pool.dismiss()
            yield from self._other_floors()
        finally:
            self.pool.dismiss()

    def _end_of(self, index: int, device: str) -> float:
        """Return when the search for a ceiling ends; those after the first get equal times."""
        first, last = (share * self.plan.budget_s for share in (FIRST_CEILING, ALL_CEILINGS))
        others = max(1, len(self.plan.products) - 1)
        planned = self.began + first + (last - first) * index / others
        least_s = (LEAST_OTHERS if device in self.near else LEAST_FIRST) * self.plan.budget_s
        return max(planned, self.clock() + least_s)

    def _progress(self, doing: str, part: float = 0.0) -> Progress:
        return Progress(doing, self.done, self.total, part, is_timed=True)

    def _chosen(self, products: Products) -> list[Kinded]:
        """Return the targets that may have the fastest product, by the first ceiling."""
        near = self.near.get(products.device, set())
        return [one for one in products.targets if one[0].backend in near] or [*products.targets]

    def _start(self, targets: Sequence[Target]) -> Events:
        """Start workers; tell which ones did not start."""
        words = units.counted(len(targets), "worker")
        yield Progress(f"starting {words}", self.done, self.total, phase="starting")
        self.pool.start({target: target for target in targets})
        for target in targets:
            if failure := self.pool.failures.pop(target, None):
                yield Notice(f"Not measured: {target.id}: {failure.reason}")

    def _is_there(self, target: Target) -> bool:
        return target in self.pool.workers and self.pool.workers[target].alive

    # --- the clock and the memory ---------------------------------------------------------------
    def _gauges(self, target: Target) -> Events:
        """Measure the clock and the memory, in the worker of a target: all workers will do."""
        for threads in self.plan.threads:
            words = units.counted(threads, "thread")
            gauges: dict[str, Callable[[Target, int], Clock | Bandwidth | wire.Failed]] = {
                "the clock": self._clock,
                "the memory bandwidth": self._bandwidth,
            }
            for what, measure in gauges.items():
                yield self._progress(f"{what} with {words}")
                if self._is_there(target):
                    found = measure(target, threads)
                    if isinstance(found, wire.Failed):
                        yield Notice(f"Not measured: {what}: {found.reason}")
                    else:
                        yield found
                self.done += 1

    def _clock(self, target: Target, threads: int) -> Clock | wire.Failed:
        found = self.probe.gauge(target, "chain", LINKS, threads)
        if isinstance(found, wire.Failed):
            return found
        return Clock(threads, 1e9 * busy_s(found, threads) / LINKS)

    def _bandwidth(self, target: Target, threads: int) -> Bandwidth | wire.Failed:
        size = self.plan.array_bytes // ELEMENT_BYTES
        found = self.probe.gauge(target, "sum", size, threads)
        if isinstance(found, wire.Failed):
            return found
        gb_s = 1e-9 * SUM_BYTES * size / fastest_s(found)
        return Bandwidth(threads, gb_s, self.plan.array_bytes, blocks_of(found))

    # --- copies ---------------------------------------------------------------------------------
    def _copies(self, device: str, there: Sequence[Target]) -> Events:
        """Measure copies to and from a device other than the CPU, once."""
        if device != CPU and device not in self.near:
            yield self._progress(f"copies between host and {device}")
            yield from copies.measured(self.probe, there)

    # --- the smallest steps ---------------------------------------------------------------------
    def _floors(self, chosen: Sequence[Kinded]) -> Events:
        """Time the smallest steps of targets whose workers are there."""
        for target, kind in chosen:
            yield self._progress(f"the smallest steps of {target.backend} {target.mode}")
            for step, (name, params) in SMALLEST.items():
                workload = Workload(name, params, kind_named(name).work(params, {}))
                yield self._floor(step, Case(workload, target, kind))
            self.floors_left.remove((target, kind))
            self.done += 1

    def _floor(self, step: SmallestStep, case: Case) -> Floor | Notice:
        """Time one smallest step; return why not if that fails."""
        target, case_run = case.target, self.probe.ready(case)
        if case_run.status == "ok":
            self.probe.time(case_run)
        self.probe.release(case_run)
        if case_run.status != "ok":
            what = f"the smallest {step} of {target.id}"
            return Notice(f"Not measured: {what}: {case_run.reason}")
        samples = case_run.samples
        return Floor(target, median_s(samples), blocks_of(samples), step)

    def _other_floors(self) -> Events:
        """Start the other targets one by one, while there is time; tell which were left out."""
        while self.floors_left and self.clock() - self.began < self.plan.budget_s:
            target, kind = self.floors_left[0]
            yield from self._start([target])
            if self._is_there(target):
                yield from self._floors([(target, kind)])
            else:
                self.floors_left.remove((target, kind))
                self.done += 1
            self.pool.dismiss()
        if self.floors_left:
            modes = ", ".join(f"{target.backend} {target.mode}" for target, _ in self.floors_left)
            yield Notice(
                f"Not measured: the smallest steps of {modes}: the time was up; try a "
                f"longer --budget than {self.plan.budget_s:g}"
            )

    # --- matrix products ------------------------------------------------------------------------
    def _ceiling(self, products: Products, there: Sequence[Kinded], end: float) -> Events:
        """Search for the fastest product of these targets."""
        most = self.plan.memory_bytes[products.device] // DTYPES[products.dtype].bytes
        run = CeilingRun(self.probe, there, most, self.clock, end)
        setting = f"{products.dtype}, {units.counted(products.threads, 'thread')}"
        for step in run.measure():
            if isinstance(step, tuple):
                yield self._progress(f"{setting}: {step[0]}", step[1])
            else:
                yield step
        self.near.setdefault(products.device, run.near)
        self.done += 1
