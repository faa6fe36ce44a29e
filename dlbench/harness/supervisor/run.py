"""The generations of a plan: takes workers through its rows and yields events.

Rows are measured one after the other, the cases of a row in turns, and all rows once per generation
of processes. It schedules and never computes; it prints nothing and stores nothing.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping
from time import monotonic
from types import MappingProxyType
from typing import Self

from dlbench.harness.supervisor.past import Past, RowKey
from dlbench.harness.supervisor.pool import Launch, WorkerPool
from dlbench.harness.supervisor.row import Events, RowRun
from dlbench.harness.supervisor.schedule import Budget
from dlbench.harness.supervisor.state import Later, RunState, late, later_rows
from dlbench.records.case import Case, Group
from dlbench.records.measurement import Measurement
from dlbench.records.plan import Plan


def own_process(case: Case) -> Hashable:
    """Return the slot of a case: one per target, and one per null."""
    return case.target, case.null


class Supervisor:
    """Measures a plan. launch: starts workers; slot: cases of equal slot share a worker.

    expected_s: the seconds to get each case ready, by its id, as far as they are known.
    """

    def __init__(
        self,
        plan: Plan,
        launch: Launch,
        clock: Callable[[], float] = monotonic,
        slot: Callable[[Case], Hashable] = own_process,
        expected_s: Mapping[str, float] = MappingProxyType({}),
    ) -> None:
        self.pool = WorkerPool(launch, plan.sampling.timeout_s)
        self.budget = Budget(plan.sampling, clock)
        self.state = RunState(plan, self.pool, self.budget, clock, slot, expected_s)
        self.past = Past()
        self.row: RowRun | None = None

    def after(self, past: Past) -> Self:
        """Return the supervisor, which will go on where a stopped run ended."""
        self.past = past
        past.restore(self.state)
        return self

    def measure(self) -> Events:
        """Yield a Measurement for every case and generation, and Progress in between.

        On KeyboardInterrupt, also one thrown into the generator, it first yields the unfinished
        measurements with samples, and then raises the exception again. The measurement last yielded
        may come twice.
        """
        try:
            while self.budget.has_generations:
                yield from self._generation()
                self.pool.dismiss()
                self.budget.begin_generation()
            yield from self._skip_the_rest()
        except KeyboardInterrupt:
            if self.row is not None:
                yield from self.row.interrupt()
            raise
        finally:
            self.pool.dismiss()

    def _generation(self) -> Events:
        """Measure every row once; a mirrored order makes time short for other rows each time."""
        groups = self.state.plan.groups[:: self.state.direction]
        for group, later in zip(groups, later_rows(self.state, groups), strict=True):
            key = RowKey(self.state.generation, group.workload.id)
            if key in self.past.rows:
                self.budget.count_prepared(self.past.preparing_s.get(key, 0.0))
            else:
                yield from self.measure_row(group, later)

    def measure_row(self, group: Group, later: Later) -> Events:
        """Measure one row; later: what comes after it."""
        self.row = RowRun(self.state, group, later)
        for event in self.row.measure():
            if isinstance(event, Measurement):
                self.state.count(event)
            yield event

    def _skip_the_rest(self) -> Iterator[Measurement]:
        """Yield a skipped Measurement for every case that no generation had time for."""
        for case in (case for group in self.state.plan.groups for case in group.live):
            if case.id not in self.state.reported:
                yield Measurement(case.id, "skipped", case.skip or late(self.state.plan))
