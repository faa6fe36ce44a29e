"""What disturbed a timed block: counters read right before and right after it, and flags.

It must not know any framework, case or wire, nor where a counter comes from.
"""

import time
from pathlib import Path
from typing import NamedTuple

import msgspec

from dlbench.machine import counters
from dlbench.records.measurement import Flag, Sample

# What others took, and what threads waited for a core, is noise up to this share of a block; not
# of all threads' time, as all must wait for the last at a barrier. Seen on 2 cores, PyTorch's
# product of 256x256 matrices by 2 threads, blocks of 20 and 50 ms: quiet half of the blocks lost
# less than 0.1 %; beside a process that is busy in bursts, nearly all blocks that met a burst lost
# more than 5 %. A block that lost less may still be some percent longer.
LOST_SHARE = 0.05

# Stolen time is noise up to this share of the time that the threads could have run.
STOLEN_SHARE = 0.02


class Counters(NamedTuple):
    """Totals at one moment, in seconds; None where the system does not tell. See Sample.

    busy_s: what the cores of this process worked, for whomever; own_s: for this process.
    """

    busy_s: float | None
    own_s: float
    waited_s: float | None
    steal_s: float | None
    throttled_s: float | None
    switches: int | None


class Monitor:
    """Reads what this process and its cores go through; made once, before the blocks.

    proc and cgroup: where the kernel's files are.
    """

    def __init__(self, proc: Path = Path("/proc"), cgroup: Path = Path("/sys/fs/cgroup")) -> None:
        allowed = counters.affinity()
        self.cores = len(allowed)
        self.busy = counters.busy(proc, cgroup, allowed)
        self.waited = counters.waited(proc)
        self.stolen = counters.stolen(proc, allowed)
        self.throttled = counters.throttled(proc, cgroup)

    @property
    def resolution_s(self) -> float:
        """How much of the others' time may be counted in a block too early or too late."""
        return self.busy.resolution_s

    def before(self) -> Counters:
        """Read before a block: busy and own time last, so that the reading is not in it.

        Own time first, in both: to tell it, the kernel brings this core's counters up to date.
        """
        around = self._around()
        own_s = time.process_time()
        return Counters(self.busy.read(), own_s, *around)

    def after(self) -> Counters:
        """Read after a block: busy and own time first."""
        own_s = time.process_time()
        busy_s = self.busy.read()
        return Counters(busy_s, own_s, *self._around())

    def _around(self) -> tuple[float | None, float | None, float | None, int | None]:
        waited_s, steal_s, throttled_s = (
            None if source is None else source.read()
            for source in (self.waited, self.stolen, self.throttled)
        )
        return waited_s, steal_s, throttled_s, counters.involuntary_switches()

    def facts(self) -> dict[str, str | int | None]:
        """Where the counters come from; None for those that the system does not tell."""
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
    """The sample with what has happened since `before`, and the flags that this gives it."""
    seen = with_counters(sample, before, monitor.after())
    earned = flags(seen, threads, monitor.cores, monitor.resolution_s)
    return msgspec.structs.replace(seen, flags=earned)


def with_counters(sample: Sample, before: Counters, after: Counters) -> Sample:
    """The sample with what happened between the two readings."""
    busy_s = _since(before.busy_s, after.busy_s)
    own_s = after.own_s - before.own_s
    return msgspec.structs.replace(
        sample,
        foreign_s=None if busy_s is None else max(0.0, busy_s - own_s),
        waited_s=_since(before.waited_s, after.waited_s),
        steal_s=_since(before.steal_s, after.steal_s),
        throttled_s=_since(before.throttled_s, after.throttled_s),
        switches=_more(before.switches, after.switches),
    )


def _since(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else max(0.0, after - before)


def _more(before: int | None, after: int | None) -> int | None:
    return None if before is None or after is None else after - before


def flags(sample: Sample, threads: int, cores: int, resolution_s: float | None) -> tuple[Flag, ...]:
    """What keeps a sample from speaking for its case.

    cores: those that the busy time is of; resolution_s: of the busy time.
    """
    told: dict[Flag, bool] = {
        "busy": _busy(sample, threads, cores, resolution_s),
        "stolen": _stolen(sample, min(threads, cores)),
        "throttled": bool(sample.throttled_s),
    }
    return tuple(flag for flag, is_so in told.items() if is_so)


def _busy(sample: Sample, threads: int, cores: int, resolution_s: float | None) -> bool:
    """Whether others took cores that the threads could have used.

    Others' time that the clock may have counted in the wrong block is believed only if threads
    waited as well. Waiting alone proves nothing, as threads may wait for each other: left out for
    that, a case would lose just the blocks in which it is slow by itself.
    """
    foreign_s, host_s = sample.foreign_s, sample.host_s
    floor_s = LOST_SHARE * host_s
    if foreign_s is None or resolution_s is None or foreign_s <= floor_s:
        return False
    waited = sample.waited_s is not None and sample.waited_s > floor_s
    sure = foreign_s > floor_s + resolution_s
    return (sure or waited) and foreign_s + threads * host_s > cores * host_s


def _stolen(sample: Sample, running: int) -> bool:
    """A single tick may have gathered in many blocks: only a second one is of this block."""
    return sample.steal_s is not None and sample.steal_s > max(
        counters.TICK_S, STOLEN_SHARE * running * sample.host_s
    )
