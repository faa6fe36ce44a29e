"""Interference: counters read right before and right after a block, and the flags they give.

It must not know any framework, case or wire, nor the source of a counter.
"""

import time
from pathlib import Path
from typing import NamedTuple

import msgspec

from dlbench.machine import counters, grants
from dlbench.records.measurement import Flag, Sample

# Other processes' CPU time, and the time of threads without a core, are noise up to this share of a
# block (not of all threads' time: at a barrier, all wait for the last). Seen on 2 cores with
# PyTorch's product of 256x256 matrices by 2 threads, blocks of 20 and 50 ms: quiet half of the
# blocks lost less than 0.1 %; beside a process that is busy in bursts, nearly all blocks that met a
# burst lost more than 5 %. A block that lost less may still be some percent longer.
LOST_SHARE = 0.05

# The cores were short if so much of one was all that nobody used: the counters of both sides are
# read at slightly different times.
SPARE_CORE = 0.5

# Stolen time is noise up to this share of the possible running time of the threads.
STOLEN_SHARE = 0.02


class Counters(NamedTuple):
    """Totals at one moment, in seconds; None if unknown. See records.measurement.Sample.

    busy_s: busy time of this process's cores, for all processes; own_s: for this process and the
    programs it started.
    """

    busy_s: float | None
    own_s: float
    waited_s: float | None
    steal_s: float | None
    throttled_s: float | None
    switches: int | None


class Monitor:
    """Reads the counters of this process and its cores; created once, before the blocks.

    proc: where the kernel's files of processes are.
    """

    def __init__(self, proc: Path = grants.PROC) -> None:
        allowed = grants.affinity()
        self.cores = len(allowed)
        self.busy = counters.busy(proc, allowed)
        self.waited = counters.waited(proc)
        self.stolen = counters.stolen(proc, allowed)
        self.throttled = counters.throttled(proc)
        self.children = counters.Children()

    @property
    def resolution_s(self) -> float:
        """Return how late the busy time, or that of own programs, may be counted, in seconds."""
        return self.busy.resolution_s + (counters.TICK_S if self.children.seconds else 0.0)

    def before(self) -> Counters:
        """Read the counters before a block; busy and own time last, without the reading itself.

        Own time comes before busy time, also in `after`: reading it updates this core's counters.
        """
        around = self._around()
        own_s = self._own_s()
        return Counters(self.busy.read(), own_s, *around)

    def after(self) -> Counters:
        """Read the counters after a block; own and busy time first."""
        own_s = self._own_s()
        busy_s = self.busy.read()
        return Counters(busy_s, own_s, *self._around())

    def adopt(self) -> None:
        """Look for programs that this process has started: their time is its own."""
        self.children.look()

    def _own_s(self) -> float:
        return time.process_time() + self.children.read()

    def _around(self) -> tuple[float | None, float | None, float | None, int | None]:
        waited_s, steal_s, throttled_s = (
            None if source is None else source.read()
            for source in (self.waited, self.stolen, self.throttled)
        )
        return waited_s, steal_s, throttled_s, counters.involuntary_switches()

    def facts(self) -> dict[str, str | int | None]:
        """Return the names of the counters' sources; None for those without a source."""
        return {
            "busy_clock": self.busy.name,
            "busy_clock_resolution_us": round(self.resolution_s / counters.US),
            "waited_clock": _name(self.waited),
            "steal_clock": _name(self.stolen),
            "throttled_clock": _name(self.throttled),
        }


def _name(source: counters.Source | None) -> str | None:
    return None if source is None else source.name


def with_flags(sample: Sample, before: Counters, monitor: Monitor, threads: int) -> Sample:
    """Return the sample with the counters since `before`, and the flags they give."""
    counted = with_counters(sample, before, monitor.after())
    running = min(threads, monitor.cores)
    kinds = flags(counted, running, monitor.cores, monitor.resolution_s)
    return msgspec.structs.replace(counted, flags=kinds, running=running)


def with_counters(sample: Sample, before: Counters, after: Counters) -> Sample:
    """Return the sample with the differences between two readings of the counters."""
    busy_s = _since(before.busy_s, after.busy_s)
    own_s = after.own_s - before.own_s
    return msgspec.structs.replace(
        sample,
        foreign_s=None if busy_s is None else max(0.0, busy_s - own_s),
        cpu_s=max(0.0, own_s),
        waited_s=_since(before.waited_s, after.waited_s),
        steal_s=_since(before.steal_s, after.steal_s),
        throttled_s=_since(before.throttled_s, after.throttled_s),
        switches=_more(before.switches, after.switches),
    )


def _since(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else max(0.0, after - before)


def _more(before: int | None, after: int | None) -> int | None:
    return None if before is None or after is None else after - before


def flags(sample: Sample, running: int, cores: int, resolution_s: float | None) -> tuple[Flag, ...]:
    """Return the kinds of interference in a sample.

    running: the number of threads that can run at a time; cores: the number of cores in the busy
    time; resolution_s: of the busy time.
    """
    conditions: dict[Flag, bool] = {
        "busy": _busy(sample, cores, resolution_s),
        "stolen": _stolen(sample, running),
        "throttled": bool(sample.throttled_s),
    }
    return tuple(flag for flag, is_present in conditions.items() if is_present)


def _busy(sample: Sample, cores: int, resolution_s: float | None) -> bool:
    """Return whether other processes took cores from the worker.

    They did if threads waited, or if the cores were short: used cores count, not threads, as a
    framework may start one per core and use a single one. The clock may count other processes' time
    in the wrong block, so time within its resolution counts only if threads waited. Waiting alone
    proves nothing, as threads may wait for each other: a case would lose just the blocks in which
    it is slow by itself. Threads that a quota stops wait too, which is not the others' doing.
    """
    foreign_s, host_s = sample.foreign_s, sample.host_s
    floor_s = LOST_SHARE * host_s
    if foreign_s is None or resolution_s is None or foreign_s <= floor_s:
        return False
    if sample.waited_s is not None:
        if sample.waited_s - (sample.throttled_s or 0.0) > floor_s:
            return True
        if sample.throttled_s:
            return False
    is_certain = foreign_s > floor_s + resolution_s
    return is_certain and (sample.cpu_s or 0.0) + foreign_s > (cores - SPARE_CORE) * host_s


def _stolen(sample: Sample, running: int) -> bool:
    """Return whether the hypervisor took time; a single tick may stem from earlier blocks."""
    return sample.steal_s is not None and sample.steal_s > max(
        counters.TICK_S, STOLEN_SHARE * running * sample.host_s
    )
