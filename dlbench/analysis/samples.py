"""Join the measurements of a case over all generations, and select the samples that count.

It must not know what is computed from them.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cached_property, reduce
from math import log
from statistics import median
from typing import NamedTuple

from dlbench.grouping import grouped
from dlbench.records.case import Target
from dlbench.records.machine.device_time import DeviceTime
from dlbench.records.measurement import (
    Compiling,
    Measurement,
    Memory,
    ParityCheck,
    Sample,
    Status,
    StopReason,
    Stretch,
)

# With fewer quiet samples (or rounds) than this, disturbed ones are used too: it is the smallest
# number whose median has a 95 % interval (stats.location.median_with_interval).
ENOUGH = 6

# The memory of a case in older runs.
UNKNOWN = Memory()


# Generation and round: samples of one round were taken under the same conditions.
RoundKey = tuple[int, int]


class Selection(NamedTuple):
    """The samples that count.

    left_out: number of disturbed samples that do not; busy: disturbed samples are used, because too
    few were quiet.
    """

    samples: tuple[Sample, ...]
    left_out: int
    busy: bool


class FirstCalls(NamedTuple):
    """Seconds of each of the first calls in a generation, and what the compiler did in them.

    may_start: whether they may contain what the process pays once, at its first case.
    """

    generation: int
    calls_s: tuple[float, ...]
    compiling: Compiling | None
    may_start: bool = False


@dataclass(frozen=True)
class CaseSamples:
    """One case over all generations.

    status and reason come from the first measurement that is not ok; calls_s and parity from the
    first generation, before anything was compiled; stop_reason from the last; first_calls, warmup,
    devices and stretches from all; lead_s: the longest lead-in of a turn; start_s: the median
    seconds that the process took to start computing, None if unknown; memory: the most in any;
    places: the rounds of all cases of a run, each once: a run may have a million.
    """

    case: str
    status: Status
    reason: str | None
    calls_s: tuple[float, ...]
    parity: tuple[ParityCheck, ...]
    stop_reason: StopReason | None
    samples: tuple[Sample, ...]
    first_calls: tuple[FirstCalls, ...] = ()
    stretches: tuple[Stretch, ...] = ()
    lead_s: float | None = None
    start_s: float | None = None
    memory: Memory = UNKNOWN
    warmup: tuple[Sample, ...] = ()
    devices: tuple[DeviceTime, ...] = ()
    places: dict[RoundKey, RoundKey] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def selection(self) -> Selection:
        """Select the quiet samples if there are enough of them, otherwise all."""
        if not any(sample.flags for sample in self.samples):  # most of the time, and quickly told
            return Selection(self.samples, 0, busy=False)
        quiet = tuple(sample for sample in self.samples if is_quiet(sample))
        left_out = len(self.samples) - len(quiet)
        if left_out and len(quiet) < ENOUGH:
            return Selection(self.samples, 0, busy=True)
        return Selection(quiet, left_out, busy=False)

    @cached_property
    def by_round(self) -> dict[RoundKey, Sample] | None:
        """The samples by generation and round; None if the case was not measured in rounds."""
        places = ((sample.generation, sample.round) for sample in self.samples)
        known = self.places
        rounds = {
            known.setdefault(place, place): sample
            for place, sample in zip(places, self.samples, strict=True)
        }
        return rounds if len(rounds) == len(self.samples) else None

    @cached_property
    def logs(self) -> dict[RoundKey, float]:
        """The log of the seconds of a step in every round that has a time.

        Kept, like the next ones, as a case is paired with all others of its workload.
        """
        rounds = (self.by_round or {}).items()
        return {key: log(step_s) for key, sample in rounds if (step_s := sample.step_s) > 0}

    @cached_property
    def disturbed(self) -> AbstractSet[RoundKey]:
        """The rounds that other programs disturbed."""
        return {key for key, sample in (self.by_round or {}).items() if not is_quiet(sample)}

    @cached_property
    def throttled(self) -> AbstractSet[RoundKey]:
        """The rounds that the cgroup's quota stopped."""
        rounds = (self.by_round or {}).items()
        return {key for key, sample in rounds if "throttled" in sample.flags}

    @cached_property
    def middle_s(self) -> float:
        """The median seconds of a step in the samples that count; 0 without any."""
        return median([sample.step_s for sample in self.selection.samples] or [0.0])

    @cached_property
    def steady_s(self) -> dict[int, float]:
        """The median seconds of a step by generation."""
        return {
            group[0].generation: median(sample.step_s for sample in group)
            for group in by_generation(self.samples)
        }


def is_quiet(sample: Sample) -> bool:
    """Return whether no other program disturbed the sample."""
    return not sample.is_disturbed


def by_generation(samples: Iterable[Sample]) -> list[list[Sample]]:
    """Group samples by generation, in the order in which the generations occur."""
    return list(grouped(samples, lambda sample: sample.generation).values())


def by_placement(samples: Iterable[Sample]) -> list[list[Sample]]:
    """Group samples by generation and process: a new process may run at another speed."""
    return list(grouped(samples, lambda sample: (sample.generation, sample.renewal)).values())


def join_generations(
    measurements: Iterable[Measurement], targets: Mapping[str, Target] | None = None
) -> dict[str, CaseSamples]:
    """Join the measurements of every case, by the id of the case.

    A measurement that was written twice, because of an interrupt, counts once. targets: of the
    cases, by id; cases of a target share a process, whose start the first of them may contain.
    """
    every = list(measurements)
    first = _first_of_processes(every, targets or {})
    lines: dict[str, dict[int, Measurement]] = {}
    for measurement in every:
        lines.setdefault(measurement.case, {})[measurement.generation] = measurement
    places: dict[RoundKey, RoundKey] = {}
    return {case: _join(list(of.values()), first, places) for case, of in lines.items()}


def _first_of_processes(
    measurements: Iterable[Measurement], targets: Mapping[str, Target]
) -> set[tuple[str, int]]:
    """Return case and generation of the measurements that may be the first of their process.

    A process may have ended where a case failed.
    """
    first, last = set(), dict[tuple[Target, int], Status]()
    for one in measurements:
        if one.case in targets:
            process = (targets[one.case], one.generation)
            if last.get(process) != "ok":
                first.add((one.case, one.generation))
            last[process] = one.status
    return first


def _join(
    lines: Sequence[Measurement],
    first_of: AbstractSet[tuple[str, int]],
    places: dict[RoundKey, RoundKey],
) -> CaseSamples:
    first, last = lines[0], lines[-1]
    starts = [line.start_s for line in lines if line.start_s is not None]
    deciding = next((line for line in lines if line.status != "ok"), first)
    return CaseSamples(
        case=first.case,
        status=deciding.status,
        reason=deciding.reason,
        calls_s=first.calls_s,
        parity=first.parity,
        stop_reason=last.stop_reason,
        samples=tuple(sample for line in lines for sample in line.samples),
        stretches=tuple(stretch for line in lines for stretch in line.stretches),
        lead_s=max(line.lead_s for line in lines),
        first_calls=tuple(
            FirstCalls(
                line.generation,
                line.calls_s,
                line.compiling,
                line.start_s is None and (line.case, line.generation) in first_of,
            )
            for line in lines
        ),
        start_s=median(starts) if starts else None,
        memory=reduce(Memory.most, (line.memory for line in lines)),
        warmup=tuple(sample for line in lines for sample in line.warmup),
        devices=tuple(line.device for line in lines if line.device),
        places=places,
    )
