"""Load: how many cores other programs keep busy."""

from dlbench import units
from dlbench.checks.base import Facts, Outcome
from dlbench.machine.observation import Other

SUBJECT = "system"

# Others take so much of a core at most without showing: a sample is left out if it lost 5 % of its
# time (harness/worker/interference.py).
LITTLE = 0.05

# From half of a core on, a run finds too few quiet rounds: measured beside a program in bursts,
# nearly all samples that met one lost more than 5 % (same place).
TOO_MUCH = 0.5

# More names tell nothing new.
MOST_NAMED = 3

MEANING = "they take cores from what is measured: times become longer and are marked ~"
ADVICE = "end other programs, or wait for them"


def check(facts: Facts) -> Outcome:
    """Judge the work of others while dlbench did nothing."""
    observed = facts.observed
    if observed.cores is None:
        return Outcome("unknown", "the system does not count it", MEANING, ADVICE)
    cores = f"{observed.cores:.2f} of {units.counted(len(facts.grant.allowed), 'core')}"
    seen = f"others keep {cores} busy"
    least = max(LITTLE, observed.cores_resolution)
    if observed.cores <= least:
        return Outcome("good", seen)
    busiest = [one for one in observed.others if one.cores > least]
    named = ", ".join(map(_named, busiest[:MOST_NAMED]))
    return Outcome(
        "bad" if observed.cores > TOO_MUCH else "notice",
        f"{seen}: {named}" if named else f"{seen}, by programs that are not seen here",
        MEANING,
        ADVICE,
    )


def _named(program: Other) -> str:
    return f"{program.name} (pid {program.pid}) {program.cores:.2f}"
