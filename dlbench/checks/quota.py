"""Quota and affinity: how many cores this process may use, and whether it is stopped meanwhile."""

from math import ceil

from dlbench import units
from dlbench.checks.base import Facts, Outcome, text
from dlbench.machine import cgroups

SUBJECT = "cpu"

HIDES = "a limit would not be seen before it stops a thread"
ASK = "ask who runs the container or machine whether CPU time is limited"

ADVICE = "raise the CPU limit of the container or slice, or measure with --threads 1"


def check(facts: Facts) -> Outcome:
    """Judge the limit of the control groups against the cores of the affinity mask."""
    grant = facts.grant
    allowed, cores = len(grant.allowed), f"{len(grant.allowed)} of {grant.machine} cores"
    if grant.quota is None:
        if text(facts.proc / "self" / "cgroup") is None:
            return Outcome("unknown", f"{cores}; no control groups are seen", HIDES, ASK)
        if not any(cgroups.folders(facts.proc, name) for name in (cgroups.UNIFIED, "cpu")):
            return Outcome("unknown", f"{cores}; the own control group is hidden", HIDES, ASK)
        return Outcome("good", f"{cores}, no quota")
    seen = f"{cores}, quota of {grant.quota:g}"
    if grant.quota >= allowed:
        return Outcome("good", seen)
    if grant.quota < ceil(grant.quota):
        few = "needs more than that, and is" if grant.cores == 1 else "need more than that, and are"
        threads = units.counted(grant.cores, "thread")
        meaning = f"{threads} {few} stopped for a part of the time"
        return Outcome("bad", seen, meaning, ADVICE)
    meaning = "helper threads of a framework count too, so that samples may be stopped"
    return Outcome("notice", seen, meaning, ADVICE)
