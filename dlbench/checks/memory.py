"""Memory: whether enough is free, and whether a control group allows less than that.

docs.kernel.org/admin-guide/cgroup-v2.html (memory.max), .../cgroup-v1/memory.html.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from dlbench import units
from dlbench.checks.base import Facts, Outcome, number, text
from dlbench.machine import cgroups

SUBJECT = "system"

# A started framework takes up to 1 GiB, and a row has several at a time.
LEAST_FREE = 2 * 2**30

KIBI = 1024


class Files(NamedTuple):
    """The files of a group's limit and of what it uses, in one version of control groups.

    cache: the name in memory.stat of the cache of files that is given back first.
    """

    controller: str
    limit: str
    used: str
    cache: str


VERSIONS = (
    Files(cgroups.UNIFIED, "memory.max", "memory.current", "inactive_file"),
    Files("memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)


def check(facts: Facts) -> Outcome:
    """Compare the limit with what is free."""
    free = _available(facts)
    if free is None:
        advice = "watch it while dlbench runs, or choose smaller sizes"
        return Outcome("unknown", "the system does not tell", "large cases may not fit", advice)
    room = min(_rooms(facts), default=free)
    seen = f"{units.size(free)} free"
    if room < free:
        seen += f", of which the control group allows {units.size(room)}"
    if min(room, free) < LEAST_FREE:
        meaning = "the workers of a row may not fit: they swap, or the system ends them"
        return Outcome("bad", seen, meaning, "end other programs, or choose fewer --backend")
    if room < free:
        meaning = "dlbench plans with all that is free: what is larger is ended by the system"
        return Outcome("notice", seen, meaning, "raise the limit, or choose smaller sizes")
    return Outcome("good", seen)


def _available(facts: Facts) -> int | None:
    """Return the bytes that can be had without swapping; proc_meminfo(5)."""
    found = re.search(
        r"^MemAvailable:\s+(\d+) kB", text(facts.proc / "meminfo") or "", re.MULTILINE
    )
    return int(found[1]) * KIBI if found else None


def _rooms(facts: Facts) -> Iterator[int]:
    """Yield what is left of the limit of the own group, and of each visible one above it."""
    for files in VERSIONS:
        for folder in cgroups.folders(facts.proc, files.controller):
            limit, used = number(folder / files.limit), number(folder / files.used)
            if limit is not None and used is not None:  # `max` is no number: no limit
                yield max(0, limit - used + _cache(folder, files.cache))


def _cache(folder: Path, name: str) -> int:
    """Return the bytes of cached files that the group would give back; 0 if they are unknown."""
    found = re.search(rf"^{name} (\d+)$", text(folder / "memory.stat") or "", re.MULTILINE)
    return int(found[1]) if found else 0
