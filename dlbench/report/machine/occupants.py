"""What else measured on this machine, in a sentence."""

from collections.abc import Sequence

from dlbench import units
from dlbench.records.machine.occupant import Occupant

# Others that one line names; a loop in a shell may start hundreds.
MOST_NAMED = 3


def measured_beside(others: Sequence[Occupant]) -> str:
    """Return who measured at the same time, and what that means. others: at least one."""
    names = ", ".join(one.label for one in others[:MOST_NAMED])
    more = f" and {len(others) - MOST_NAMED} more" if len(others) > MOST_NAMED else ""
    count = units.counted(len(others), "other dlbench command")
    return (
        f"{count} measured on this machine at the same time, so times are too long and "
        f"comparisons less sure: {names}{more}. Measure again without --no-lock"
    )
