"""What others do on the machine while dlbench does nothing, for a few seconds."""

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from dlbench.machine import counters
from dlbench.machine.programs import Program, running


class Other(NamedTuple):
    """Another program. cores: how many it kept busy on average."""

    pid: int
    name: str
    words: tuple[str, ...]
    cores: float


class Observation(NamedTuple):
    """The work of others. cores: those that they kept busy on average, None if nobody counts it.

    cores_resolution: smaller values are noise; stolen: the share of the time of the usable cores
    that the hypervisor took, None if unknown; others: their programs, the busiest first.
    """

    seconds: float
    cores: float | None
    cores_resolution: float
    stolen: float | None
    others: tuple[Other, ...] = ()


@dataclass(frozen=True)
class Observer:
    """Observes others. usable: the cores to look at; own: the id of this process."""

    proc: Path
    usable: Collection[int]
    own: int
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    own_time: Callable[[], float] = time.process_time
    programs: Callable[[], Iterable[Program]] = running

    def observe(self, seconds: float) -> Observation:
        """Do nothing for so many seconds, and return what others did."""
        busy = counters.busy(self.proc, self.usable)
        stolen = counters.stolen(self.proc, self.usable)
        before = {one.pid: one for one in self.programs()}
        start_s, own_s, busy_s = self.clock(), self.own_time(), busy.read()
        stolen_s = stolen.read() if stolen else 0.0
        self.sleep(seconds)
        took_s, own_s = self.clock() - start_s, self.own_time() - own_s
        others_s = busy.read() - busy_s - own_s
        lost_s = stolen.read() - stolen_s if stolen else None
        return Observation(
            took_s,
            max(0.0, others_s) / took_s if busy_s else None,  # this program was busy already
            busy.resolution_s / took_s,
            None if lost_s is None else lost_s / took_s / len(self.usable),
            tuple(self._others(before, took_s)),
        )

    def _others(self, before: Mapping[int, Program], took_s: float) -> list[Other]:
        """Return the other programs that were there all the time, the busiest first."""
        others = [
            Other(one.pid, one.name, one.words, (one.cpu_s - before[one.pid].cpu_s) / took_s)
            for one in self.programs()
            if one.pid != self.own and one.pid in before
        ]
        return sorted(others, key=lambda one: -one.cores)
