"""The generations of a plan: drives workers through its rows and yields what happened.

Rows are measured one after the other, the cases of a row in turns, and all of it once per
generation of processes. It schedules and never computes; it prints nothing and stores nothing.
"""

from collections.abc import Callable, Hashable, Iterator
from time import monotonic

from dlbench.harness.supervisor.pool import Launch, WorkerPool
from dlbench.harness.supervisor.row import Events, RowRun, RunState
from dlbench.harness.supervisor.schedule import Budget
from dlbench.records.case import Case
from dlbench.records.measurement import Measurement
from dlbench.records.plan import Plan


def own_process(case: Case) -> Hashable:
    """Cases of a target share a worker; a null has one of its own."""
    return case.target, case.null


class Supervisor:
    """Measures a plan with workers that `launch` gives; cases of equal `slot` share a worker."""

    def __init__(
        self,
        plan: Plan,
        launch: Launch,
        clock: Callable[[], float] = monotonic,
        slot: Callable[[Case], Hashable] = own_process,
    ) -> None:
        self.plan = plan
        self.pool = WorkerPool(launch, plan.sampling.timeout_s)
        self.budget = Budget(plan.sampling, clock)
        self.state = RunState(plan, self.pool, self.budget, clock, slot)
        self.row: RowRun | None = None

    def measure(self) -> Events:
        """Yield a Measurement for every case and generation, and progress in between.

        On KeyboardInterrupt, also one that is thrown into the generator, what has samples is
        yielded too, before the exception goes on. A measurement that was being handled then is
        yielded again.
        """
        try:
            while self.budget.has_generations:
                yield from self._generation()
                self.pool.dismiss()
                self.budget.go_on()
            yield from self._passed_over()
        except KeyboardInterrupt:
            if self.row is not None:
                yield from self.row.interrupted()
            raise
        finally:
            self.pool.dismiss()

    def _generation(self) -> Events:
        """Every row once: mirrored, so that time is not always short for the same ones."""
        groups = self.plan.groups[:: self.state.direction]
        for index, group in enumerate(groups):
            self.row = RowRun(self.state, group, groups[index + 1 :])
            for event in self.row.measure():
                self.state.done += isinstance(event, Measurement)
                yield event

    def _passed_over(self) -> Iterator[Measurement]:
        """The cases that no generation had the time for."""
        reason = f"the budget of {self.plan.sampling.budget_s or 0:g} s was used up before its turn"
        for case in (case for group in self.plan.groups for case in group.live):
            if case.id not in self.state.told:
                yield Measurement(case.id, "skipped", case.skip or reason)
