"""Counters of the system about this process and its cores, each from the best source there is.

It must not know what a block is, nor what the counters are for. Unknown is None, never 0.

/proc/schedstat is left alone on purpose: its time run by a CPU (7th value) grows only when a task
is switched out (kernel/sched/stats.h: rq_sched_info_depart), so that a worker that spins for a
second would be seen as a second of work at the moment in which it is interrupted.
"""

import contextlib
import os
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

import psutil

if sys.platform != "win32":
    import resource


NS, US = 1e-9, 1e-6


# The unit of /proc/stat, USER_HZ: 100 on every architecture but Alpha (time(7)).
TICK_S = 0.01


# Counters in ns or us follow a task that goes on running at the scheduler's tick, at the latest:
# CONFIG_HZ is 250 or 1000 in every major distribution. A task that is switched out is counted at
# once, and so is the one that asks. Seen here (HZ=250): 4.0 ms.
SCHEDULER_TICK_S = 0.004


# Where only psutil tells: the timer of Windows, 64 Hz; macOS counts in 10 ms.
PSUTIL_TICK_S = 1 / 64


# Enough for /proc/stat, whose lines of the CPUs, about 100 bytes each, come first.
SMALLEST_READ = 4096


BYTES_PER_CPU = 256


@dataclass(frozen=True)
class Source:
    """One counter: where it is read, how late it may be, and how to read it, in seconds."""

    name: str
    resolution_s: float
    read: Callable[[], float]


class File:
    """A small file of the kernel, kept open: reading it again is one system call."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.size = SMALLEST_READ + BYTES_PER_CPU * (os.cpu_count() or 1)

    def read(self) -> bytes:
        """Its beginning, as it is now."""
        return os.pread(self.descriptor, self.size, 0)

    def __del__(self) -> None:
        os.close(self.descriptor)


def opened(path: Path) -> File | None:
    """The file, None where there is none or it may not be read."""
    try:
        return File(os.open(path, os.O_RDONLY))
    except OSError:
        return None


class Total:
    """A total out of a file, in seconds; it stays what it was when what it is of has ended."""

    def __init__(self, file: File, unit_s: float, find: Callable[[bytes], bytes]) -> None:
        self.file, self.unit_s, self.find = file, unit_s, find
        self.seconds = 0.0

    def read(self) -> float:
        """As it is now."""
        with contextlib.suppress(OSError, IndexError, ValueError):
            self.seconds = int(self.find(self.file.read())) * self.unit_s
        return self.seconds


def under(name: bytes) -> Callable[[bytes], bytes]:
    """Finds the value under a name in lines of `name value`."""
    return lambda text: text.partition(name + b" ")[2].split(None, 1)[0]


def affinity() -> frozenset[int]:
    """The cores that this process may use."""
    try:
        return frozenset(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        return frozenset(range(os.cpu_count() or 1))


def involuntary_switches() -> int | None:
    """How often a core was taken from this process; getrusage(2). Windows does not tell."""
    if sys.platform == "win32":
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw


# --- how long the cores were busy ---------------------------------------------------------------
def busy(proc: Path, cgroup: Path, cores: Collection[int]) -> Source:
    """The best source there is, all of them being of all processes."""
    return (
        busy_by_core(cgroup, cores)
        or busy_by_slice(proc, cgroup, cores)
        or busy_ticks(proc, cores)
        or busy_of_psutil()
    )


def busy_by_core(cgroup: Path, cores: Collection[int]) -> Source | None:
    """In cgroup v1, ns for every CPU; docs.kernel.org/admin-guide/cgroup-v1/cpuacct.html.

    Only the root is of all processes, and a container may be shown its own group in its place.
    The root alone has a release_agent; .../cgroup-v1/cgroups.html, 1.4.
    """
    for folder in (cgroup / "cpuacct", cgroup / "cpu,cpuacct"):
        file = opened(folder / "cpuacct.usage_percpu")
        if file and (folder / "release_agent").exists():
            name = f"{folder.name}/cpuacct.usage_percpu"
            return Source(name, SCHEDULER_TICK_S, lambda f=file: _of_cores(f, cores) * NS)  # type: ignore[misc]
    return None


def _of_cores(file: File, cores: Collection[int]) -> int:
    by_core = file.read().split()
    return sum(int(by_core[core]) for core in cores)


def busy_by_slice(proc: Path, cgroup: Path, cores: Collection[int]) -> Source | None:
    """In cgroup v2, us for every slice; docs.kernel.org/admin-guide/cgroup-v2.html, cpu.stat.

    The root's own cpu.stat is made of ticks, so its children are added up. It must be the root
    of the machine, which alone has no cgroup.type; this process must be in one of the children;
    and it must be allowed all CPUs, as they are not told apart.
    """
    is_root = (cgroup / "cgroup.controllers").exists() and not (cgroup / "cgroup.type").exists()
    own = groups(proc).get("", "/")
    if not is_root or own == "/" or len(cores) != os.cpu_count():
        return None
    files = filter(None, map(opened, sorted(cgroup.glob("*/cpu.stat"))))
    totals = [Total(file, US, under(b"usage_usec")) for file in files]
    if not totals:
        return None
    return Source("*/cpu.stat", SCHEDULER_TICK_S, lambda: sum(total.read() for total in totals))


def busy_ticks(proc: Path, cores: Collection[int]) -> Source | None:
    """/proc/stat: user, nice, system, irq and softirq; proc_stat(5). Guests are in user.

    Every core is looked at once a tick: right on average, and wrong by a tick at either edge.
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
    """All that is not idle, of all cores."""
    names = ("user", "nice", "system", "irq", "softirq", "interrupt", "dpc")

    def seconds() -> float:
        now = psutil.cpu_times()
        return float(sum(getattr(now, name, 0.0) for name in names))

    return Source("psutil.cpu_times", 2 * PSUTIL_TICK_S, seconds)


# --- what was taken from this process -----------------------------------------------------------
def rows(stat: File, cores: Collection[int]) -> list[list[int]]:
    """/proc/stat's values of the cores."""
    wanted = {b"cpu%d" % core for core in cores}
    lines = (line.split() for line in stat.read().splitlines() if line.startswith(b"cpu"))
    return [[int(value) for value in line[1:]] for line in lines if line[0] in wanted]


def stolen(proc: Path, cores: Collection[int]) -> Source | None:
    """Time that the hypervisor gave to others while a core was wanted; proc_stat(5), steal."""
    stat = opened(proc / "stat")
    if stat is None or not rows(stat, cores):
        return None
    return Source("stat", TICK_S, lambda: sum(row[7] for row in rows(stat, cores)) * TICK_S)


def waited(proc: Path) -> Source | None:
    """Time that threads were ready and had no core, ns, added up over all threads.

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


def throttled(proc: Path, cgroup: Path) -> Source | None:
    """Time that the quota of this process's group, or of one above it, stopped its cores.

    v2: throttled_usec (cgroup-v2.html, cpu.stat); v1: throttled_time, ns
    (docs.kernel.org/scheduler/sched-bwc.html). A group's time is not in that of those below it.
    """
    own = groups(proc)
    second = [
        Total(file, US, under(b"throttled_usec"))
        for file in _quotas(cgroup, own.get("", "/"))
        if b"throttled_usec" in file.read()
    ]
    first = [
        Total(file, NS, under(b"throttled_time"))
        for folder in ("cpu", "cpu,cpuacct")
        for file in _quotas(cgroup / folder, own.get("cpu", "/"))
        if b"throttled_time" in file.read()
    ]
    totals = second or first
    if not totals:
        return None
    return Source("cpu.stat", SCHEDULER_TICK_S, lambda: sum(total.read() for total in totals))


def _quotas(root: Path, group: str) -> list[File]:
    """The cpu.stat of a group and of those above it, as far as this process is shown them."""
    path = root / group.strip("/")
    folders = [path, *path.parents]
    folders = folders[: folders.index(root) + 1]
    return [file for folder in folders if (file := opened(folder / "cpu.stat"))]


def groups(proc: Path) -> dict[str, str]:
    """The groups that this process is in, by controller, v2's under ""; cgroups(7)."""
    try:
        lines = (proc / "self" / "cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    found = (line.split(":", 2) for line in lines)
    return {name: path for _, names, path in found for name in names.split(",")}
