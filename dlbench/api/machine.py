"""This machine, as planning needs it: what the system tells, and what only frameworks know."""

from collections.abc import Mapping

from dlbench.harness.supervisor.probing import seen_by
from dlbench.plan import targets
from dlbench.plan.targets import Machine
from dlbench.records.case import Declaration


def this_machine(declarations: Mapping[str, Declaration]) -> Machine:
    """Return the properties of this machine; frameworks are asked when a plan needs them."""
    return targets.this_machine(declarations, seen_by(declarations))
