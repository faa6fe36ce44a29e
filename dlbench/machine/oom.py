"""The kernel's own count of the processes that it has killed for lack of memory.

The signal is the same as that of `kill -9`, so only the count tells why a process has died.
"""

from pathlib import Path

from dlbench.machine import cgroups
from dlbench.machine.grants import PROC

# The line of the count in each of the files below.
FIELD = "oom_kill"


class OomKills:
    """The kills in the control group of this process, or, without one, on the whole system."""

    def __init__(self, proc: Path = PROC) -> None:
        self.proc, self.seen = proc, count(proc)

    def is_new(self) -> bool | None:
        """Return whether there was a kill since the last call; None if the system does not tell."""
        before, self.seen = self.seen, count(self.proc)
        if self.seen is None:
            return None
        return self.seen > (before or 0)


def count(proc: Path) -> int | None:
    """Return the number of kills so far; None if the system does not tell.

    Version 2: memory.events (docs.kernel.org/admin-guide/cgroup-v2.html). Version 1:
    memory.oom_control (docs.kernel.org/admin-guide/cgroup-v1/memory.html). Outside of a group
    /proc/vmstat counts those of the system. The kernel counts before it kills (mm/oom_kill.c).
    """
    groups = (
        *(folder / "memory.events" for folder in cgroups.folders(proc, cgroups.UNIFIED)[:1]),
        *(folder / "memory.oom_control" for folder in cgroups.folders(proc, "memory")[:1]),
    )
    found = (_read(file) for file in (*groups, proc / "vmstat"))
    return next((kills for kills in found if kills is not None), None)


def _read(file: Path) -> int | None:
    """Read the line `oom_kill 3` of a file; None if there is none."""
    try:
        lines = file.read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):
        return None
    found = [line.split()[1] for line in lines if line.startswith(f"{FIELD} ")]
    return int(found[0]) if found and found[0].isdecimal() else None
