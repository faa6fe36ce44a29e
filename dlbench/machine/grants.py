"""What the system grants this process: cores by its affinity, CPU time and memory by its groups.

The one place that knows; plan, records, counters and messages ask it.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from dlbench.machine import cgroups
from dlbench.records.run import CoreLimit

PROC = Path("/proc")


@dataclass(frozen=True)
class Grant:
    """The CPU time of this process.

    machine: the number of cores of the machine; allowed: the cores of the affinity mask; quota: the
    CPU seconds per second that the tightest of its groups allows, None without a quota.
    """

    machine: int
    allowed: frozenset[int]
    quota: float | None = None

    @property
    def cores(self) -> int:
        """Return the number of cores that threads can use at a time, at least 1.

        A part of a core counts as one: the last thread is stopped for a part of the time.
        """
        allowed = len(self.allowed)
        return allowed if self.quota is None else max(1, min(allowed, ceil(self.quota)))

    @property
    def limit(self) -> CoreLimit | None:
        """Return why it is less than the machine; None if it is not."""
        if self.quota is not None and self.quota < len(self.allowed):
            return "quota"
        return "affinity" if len(self.allowed) < self.machine else None


def granted(proc: Path = PROC) -> Grant:
    """Return what this process may use. proc: where the kernel's files of processes are."""
    return Grant(os.cpu_count() or 1, affinity(), quota(proc))


def affinity() -> frozenset[int]:
    """Return the cores that this process may use."""
    try:
        return frozenset(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        return frozenset(range(os.cpu_count() or 1))


def quota(proc: Path) -> float | None:
    """Return the smallest quota of the own group and of all visible groups above it, in cores.

    Version 2: cpu.max (docs.kernel.org/admin-guide/cgroup-v2.html). Version 1: cpu.cfs_quota_us and
    cpu.cfs_period_us (docs.kernel.org/scheduler/sched-bwc.html). None without one.
    """
    second = (_of_version_2(folder) for folder in cgroups.folders(proc, cgroups.UNIFIED))
    first = (_of_version_1(folder) for folder in cgroups.folders(proc, "cpu"))
    return min((found for found in (*second, *first) if found is not None), default=None)


def _of_version_2(folder: Path) -> float | None:
    """Read `max 100000` or `50000 100000`: microseconds of CPU time in a period."""
    return _share([folder / "cpu.max"])


def _of_version_1(folder: Path) -> float | None:
    """Read two files; the quota is -1 without one."""
    return _share([folder / "cpu.cfs_quota_us", folder / "cpu.cfs_period_us"])


def _share(files: Iterable[Path]) -> float | None:
    """Divide the first by the second number; None if there is no limit, or no two numbers."""
    try:
        quota, period = (int(word) for file in files for word in file.read_text().split())
    except (OSError, ValueError):
        return None
    return quota / period if quota >= 0 and period > 0 else None


def available_memory(proc: Path = PROC) -> int | None:
    """Return the bytes that the own group and all visible groups above it still allow.

    What the kernel can drop at once, old pages of files, counts as free. Version 2: memory.max,
    memory.current and memory.stat; version 1: memory.limit_in_bytes, memory.usage_in_bytes and
    memory.stat (docs.kernel.org/admin-guide/cgroup-v1/memory.html). None without a limit.
    """
    second = cgroups.folders(proc, cgroups.UNIFIED)
    first = cgroups.folders(proc, "memory")
    left = (
        *(_left(folder, "memory.max", "memory.current", "inactive_file") for folder in second),
        *(
            _left(folder, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
            for folder in first
        ),
    )
    return min((found for found in left if found is not None), default=None)


def _left(folder: Path, limit: str, used: str, droppable: str) -> int | None:
    """Return the bytes that a group still allows; None if it has no limit, or no such files."""
    try:
        most, now = (int((folder / name).read_text()) for name in (limit, used))
    except (OSError, ValueError):
        return None
    return max(0, most - now + _stat(folder, droppable))


def _stat(folder: Path, name: str) -> int:
    """Read a line of memory.stat; 0 without one."""
    try:
        lines = (folder / "memory.stat").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(f"{name} "))
    except (OSError, ValueError, StopIteration, IndexError):
        return 0
