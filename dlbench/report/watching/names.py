"""The names of the rows and targets of a plan, in words."""

from dlbench.analysis.labels import target_names, varying_params, workload_name
from dlbench.records.case import Case
from dlbench.records.plan import Plan


class Names:
    """The names of a plan's rows, by their workload's id, and of its targets."""

    def __init__(self, plan: Plan) -> None:
        varying = varying_params(plan.cases)
        self.workloads = {c.workload.id: workload_name(c.workload, varying) for c in plan.cases}
        self.rows = {
            group.workload.id: ", ".join(
                dict.fromkeys(self.workloads[case.workload.id] for case in group.cases)
            )
            for group in plan.groups
        }
        self.targets = target_names([case.target for case in plan.cases])

    def target(self, case: Case) -> str:
        """Return the name of a case's target."""
        return self.targets[case.target]
