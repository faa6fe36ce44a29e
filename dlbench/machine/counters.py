"""The system's counters of this process and its cores, each from the best available source.

It must not know blocks, nor the use of the counters. Unknown is None, never 0.

/proc/schedstat is unsuitable: its time run by a CPU (7th value) grows only when a task is switched
out (kernel/sched/stats.h: rq_sched_info_depart), so a worker that spins for a second would count as
a second of work at the moment of its interruption.
"""

import contextlib
import os
import sys
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil

from dlbench.machine import cgroups

if sys.platform != "win32":
    import resource


NS, US = 1e-9, 1e-6


# The unit of /proc/stat, USER_HZ: 100 on every architecture but Alpha (time(7)).
TICK_S = 0.01


# Counters in ns or us include a running task at the scheduler's tick at the latest: CONFIG_HZ is
# 250 or 1000 in every major distribution. They include a task at once when it is switched out or
# reads its own counter. Seen here (HZ=250): 4.0 ms.
SCHEDULER_TICK_S = 0.004


# The resolution of psutil: the timer of Windows, 64 Hz; macOS counts in 10 ms.
PSUTIL_TICK_S = 1 / 64


# Bytes to read: enough for /proc/stat, which begins with a line of about 100 bytes per CPU.
SMALLEST_READ = 4096


BYTES_PER_CPU = 256


@dataclass(frozen=True)
class Source:
    """One counter: its name, its resolution, and a function that reads it, in seconds."""

    name: str
    resolution_s: float
    read: Callable[[], float]


class File:
    """A small file of the kernel, kept open: reading it again is one system call."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.size = SMALLEST_READ + BYTES_PER_CPU * (os.cpu_count() or 1)

    def read(self) -> bytes:
        """Return the beginning of the file as it is now."""
        return os.pread(self.descriptor, self.size, 0)

    def __del__(self) -> None:
        os.close(self.descriptor)


def opened(path: Path) -> File | None:
    """Open a file; return None if it does not exist or cannot be read."""
    try:
        return File(os.open(path, os.O_RDONLY))
    except OSError:
        return None


class Total:
    """A total in a file, in seconds; it keeps its last value after the end of its process."""

    def __init__(self, file: File, unit_s: float, find: Callable[[bytes], bytes]) -> None:
        self.file, self.unit_s, self.find = file, unit_s, find
        self.seconds = 0.0

    def read(self) -> float:
        """Return the current total in seconds."""
        with contextlib.suppress(OSError, IndexError, ValueError):
            self.seconds = int(self.find(self.file.read())) * self.unit_s
        return self.seconds


def under(name: bytes) -> Callable[[bytes], bytes]:
    """Return a function that finds the value of a name in lines of `name value`."""
    return lambda text: text.partition(name + b" ")[2].split(None, 1)[0]


def involuntary_switches() -> int | None:
    """Return the involuntary switches of this process (getrusage(2)); None on Windows."""
    if sys.platform == "win32":
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw


class Children:
    """The CPU time of the programs that this process has started, directly or not.

    The time of those that have ended stays in the total.
    """

    def __init__(self) -> None:
        self.seconds: dict[psutil.Process, float] = {}

    def look(self) -> None:
        """Find those that run now."""
        with contextlib.suppress(psutil.Error):
            for child in psutil.Process().children(recursive=True):
                self.seconds.setdefault(child, 0.0)

    def read(self) -> float:
        """Return the CPU seconds of those that were found."""
        for child in self.seconds:
            with contextlib.suppress(psutil.Error):
                times = child.cpu_times()
                self.seconds[child] = times.user + times.system
        return sum(self.seconds.values())


# --- how long the cores were busy ---------------------------------------------------------------
def busy(proc: Path, cores: Collection[int]) -> Source:
    """Return the best source of the busy time of the cores, of all processes."""
    return (
        busy_by_core(proc, cores)
        or busy_by_slice(proc, cores)
        or busy_ticks(proc, cores)
        or busy_of_psutil()
    )


def busy_by_core(proc: Path, cores: Collection[int]) -> Source | None:
    """Return cgroup v1's source, in ns per CPU; docs.kernel.org/admin-guide/cgroup-v1/cpuacct.html.

    Only the root counts all processes, and a container may see its own group in place of the root.
    The root alone has a release_agent; .../cgroup-v1/cgroups.html, 1.4.
    """
    for folder in cgroups.points(proc, "cpuacct"):
        file = opened(folder / "cpuacct.usage_percpu")
        if file and (folder / "release_agent").exists():
            name = f"{folder.name}/cpuacct.usage_percpu"
            return Source(name, SCHEDULER_TICK_S, lambda f=file: _of_cores(f, cores) * NS)  # type: ignore[misc]
    return None


def _of_cores(file: File, cores: Collection[int]) -> int:
    by_core = file.read().split()
    return sum(int(by_core[core]) for core in cores)


def busy_by_slice(proc: Path, cores: Collection[int]) -> Source | None:
    """Return cgroup v2's source, in us per slice; docs.kernel.org/admin-guide/cgroup-v2.html.

    The root's own cpu.stat counts ticks, so the sum of its children is used. It must be the root of
    the machine, which alone has no cgroup.type; this process must be in one of the children; and
    it must be allowed all CPUs, as the sum does not separate them.
    """
    own = cgroups.folders(proc, cgroups.UNIFIED)
    if len(own) < 2 or len(cores) != os.cpu_count():  # noqa: PLR2004 - the root and a child
        return None
    root = own[-1]
    if not (root / "cgroup.controllers").exists() or (root / "cgroup.type").exists():
        return None
    files = filter(None, map(opened, sorted(root.glob("*/cpu.stat"))))
    totals = [Total(file, US, under(b"usage_usec")) for file in files]
    if not totals:
        return None
    return Source("*/cpu.stat", SCHEDULER_TICK_S, partial(_sum, totals))


def busy_ticks(proc: Path, cores: Collection[int]) -> Source | None:
    """Return /proc/stat as a source: user (and guests), nice, system, irq, softirq; proc_stat(5).

    The kernel samples every core once a tick: right on average, off by a tick at either edge.
    """
    stat = opened(proc / "stat")
    if stat is None or not rows(stat, cores):
        return None
    return Source(
        "stat",
        2 * TICK_S,
        lambda: sum(sum(row[:3]) + sum(row[5:7]) for row in rows(stat, cores)) * TICK_S,
    )


def busy_of_psutil() -> Source:
    """Return psutil as a source: all time that is not idle, of all cores."""
    names = ("user", "nice", "system", "irq", "softirq", "interrupt", "dpc")

    def seconds() -> float:
        now = psutil.cpu_times()
        return float(sum(getattr(now, name, 0.0) for name in names))

    return Source("psutil.cpu_times", 2 * PSUTIL_TICK_S, seconds)


# --- what was taken from this process -----------------------------------------------------------
def rows(stat: File, cores: Collection[int]) -> list[list[int]]:
    """Return the values of the cores in /proc/stat."""
    wanted = {b"cpu%d" % core for core in cores}
    lines = (line.split() for line in stat.read().splitlines() if line.startswith(b"cpu"))
    return [[int(value) for value in line[1:]] for line in lines if line[0] in wanted]


def stolen(proc: Path, cores: Collection[int]) -> Source | None:
    """Return the source of the time that the hypervisor took; proc_stat(5), steal."""
    stat = opened(proc / "stat")
    if stat is None or not rows(stat, cores):
        return None
    return Source("stat", TICK_S, lambda: sum(row[7] for row in rows(stat, cores)) * TICK_S)


def waited(proc: Path) -> Source | None:
    """Return the source of the time that ready threads had no core, in ns, over all threads.

    docs.kernel.org/scheduler/sched-stats.html, /proc/<pid>/schedstat, 2nd value.
    """
    tasks = proc / "self" / "task"
    totals: dict[str, Total] = {}

    def seconds() -> float:
        for name in os.listdir(tasks):  # noqa: PTH208 - Path.iterdir() takes three times as long
            if name not in totals and (file := opened(tasks / name / "schedstat")):
                totals[name] = Total(file, NS, lambda text: text.split()[1])
        return sum(total.read() for total in totals.values())

    try:
        seconds()
    except OSError:
        return None
    return Source("self/task/*/schedstat", NS, seconds) if totals else None


# The names of the time that a quota stopped a group, and its unit: cgroup v2 and v1.
STOPPED = ((cgroups.UNIFIED, b"throttled_usec", US), ("cpu", b"throttled_time", NS))


def throttled(proc: Path) -> Source | None:
    """Return the source of the time that a quota stopped this process, summed over cores.

    Every core has a run queue of the group with a clock of its own, and the total adds the stops of
    all: kernel/sched/fair.c, unthrottle_cfs_rq: `cfs_b->throttled_time += rq_clock(rq) -
    cfs_rq->throttled_clock`. Seen here (Linux 6.18, v1, 1.5 s): two busy threads with a quota of
    one core were stopped for 0.70 s each, and the total grew by 1.40 s. A stop counts at its end.

    cpu.stat.local has all stops of the group's own queues, whichever group's quota made them (from
    Linux 6.7 on: kernel/sched/core.c, throttled_time_self). cpu.stat has those by the group's own
    quota only, so the groups above are added; queues that two quotas stop at a time count twice.
    docs.kernel.org/admin-guide/cgroup-v2.html, docs.kernel.org/scheduler/sched-bwc.html.
    """
    for controller, name, unit_s in STOPPED:
        folders = cgroups.folders(proc, controller)
        local = _totals(folders[:1], "cpu.stat.local", name, unit_s)
        if totals := local or _totals(folders, "cpu.stat", name, unit_s):
            source = "cpu.stat.local" if local else "cpu.stat"
            return Source(source, SCHEDULER_TICK_S, partial(_sum, totals))
    return None


def _totals(folders: Iterable[Path], file_name: str, name: bytes, unit_s: float) -> list[Total]:
    """Return the totals of this name in the groups' files that have it."""
    files = [file for folder in folders if (file := opened(folder / file_name))]
    return [Total(file, unit_s, under(name)) for file in files if name in file.read()]


def _sum(totals: Iterable[Total]) -> float:
    return sum(total.read() for total in totals)
