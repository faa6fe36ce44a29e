"""Other runs: whether dlbench measures on this machine already."""

from dlbench import units
from dlbench.checks.base import Facts, Outcome

SUBJECT = "system"

# What stands in the command line of a worker, and of nothing else.
WORKER = "dlbench.harness.worker"


def check(facts: Facts) -> Outcome:
    """Count the workers of other runs."""
    workers = [one for one in facts.observed.others if WORKER in one.words]
    if not workers:
        return Outcome("good", "none is seen")
    return Outcome(
        "bad",
        f"{units.counted(len(workers), 'worker')} of another run, such as pid {workers[0].pid}",
        "two runs at a time disturb each other: both find a busy machine",
        "wait for the other run, or end it with Ctrl-C",
    )
