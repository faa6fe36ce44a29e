"""A plan that grows: rows that are chosen as it goes on, each by what those before have shown.

It schedules and never computes; it prints nothing and stores nothing. It must not know what is
looked for.
"""

from collections.abc import Callable
from time import monotonic

from dlbench.harness.supervisor.pool import Launch
from dlbench.harness.supervisor.row import Events
from dlbench.harness.supervisor.run import Supervisor
from dlbench.harness.supervisor.state import Later, later_rows
from dlbench.records.case import Group
from dlbench.records.plan import Plan

Grow = Callable[[Plan], Plan | None]
"""Return the plan with one more row, by all that has been yielded so far; None if it is enough."""


class GrowingSupervisor(Supervisor):
    """Measures a plan of one generation that grows row by row.

    grow: is asked for the next row. Workers live on from row to row. With a time limit, each row
    may have half of what is left, as another one may follow, and none begins that would be late.
    """

    def __init__(
        self, plan: Plan, launch: Launch, grow: Grow, clock: Callable[[], float] = monotonic
    ) -> None:
        super().__init__(plan, launch, clock)
        self.grow = grow

    def _generation(self) -> Events:
        least_s = 0.0  # what the shortest row took: another one takes no less
        while self.budget.left_s > least_s and (plan := self.grow(self.state.plan)) is not None:
            known = {group.workload.id for group in self.state.plan.groups}
            [group] = [group for group in plan.groups if group.workload.id not in known]
            self.state.grow(plan)
            began = self.state.clock()
            yield from self.measure_row(group, self._another(group))
            took_s = self.state.clock() - began
            least_s = min(least_s or took_s, took_s)

    def _another(self, group: Group) -> Later:
        """Return what comes after a row: another such row may."""
        return later_rows(self.state, [group, group])[0]
