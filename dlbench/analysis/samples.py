"""What the lines of a run say of a case together: one line per generation becomes one history.

It chooses the blocks that count, and must not know what is computed from them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from dlbench.grouping import grouped
from dlbench.records.measurement import (
    Compiling,
    Measurement,
    ParityCheck,
    Sample,
    Status,
    StopReason,
)

# Quiet blocks, or rounds, without which the disturbed ones are not left out: the fewest of which
# a median has a 95 % interval (stats.median_with_interval).
ENOUGH = 6


# Generation and round: what was measured within it stands in the same conditions.
Turn = tuple[int, int]


class Chosen(NamedTuple):
    """The blocks that count; busy: disturbed ones are among them, there being too few others."""

    samples: tuple[Sample, ...]
    left_out: int
    busy: bool


class Firsts(NamedTuple):
    """The first calls of a generation, in seconds, and what was compiled meanwhile."""

    generation: int
    calls_s: tuple[float, ...]
    compiling: Compiling | None


@dataclass(frozen=True)
class History:
    """A case over all generations. status and reason: of the first line that is not ok.

    calls_s and parity: of the first generation, when nothing was compiled yet; stop_reason: of
    the last; firsts: of every generation.
    """

    case: str
    status: Status
    reason: str | None
    calls_s: tuple[float, ...]
    parity: tuple[ParityCheck, ...]
    stop_reason: StopReason | None
    samples: tuple[Sample, ...]
    firsts: tuple[Firsts, ...] = ()

    @cached_property
    def chosen(self) -> Chosen:
        """The quiet blocks where there are enough of them, otherwise all."""
        quiet = tuple(sample for sample in self.samples if is_quiet(sample))
        left_out = len(self.samples) - len(quiet)
        if left_out and len(quiet) < ENOUGH:
            return Chosen(self.samples, 0, busy=True)
        return Chosen(quiet, left_out, busy=False)

    @cached_property
    def turns(self) -> dict[Turn, Sample] | None:
        """The blocks by generation and round; None where they were not measured in turns."""
        turns = {(sample.generation, sample.round): sample for sample in self.samples}
        return turns if len(turns) == len(self.samples) else None


def is_quiet(sample: Sample) -> bool:
    """Whether nothing disturbed the block."""
    return not sample.is_disturbed


def by_generation(samples: Iterable[Sample]) -> list[list[Sample]]:
    """The blocks of every generation, in the order in which they are met."""
    return list(grouped(samples, lambda sample: sample.generation).values())


def by_placement(samples: Iterable[Sample]) -> list[list[Sample]]:
    """The blocks of every process of every generation: with another one, the time may jump."""
    return list(grouped(samples, lambda sample: (sample.generation, sample.renewal)).values())


def histories(measurements: Iterable[Measurement]) -> dict[str, History]:
    """The history of every case that has a line, by its id.

    A line that was written again, after an interrupt in between, counts once.
    """
    lines: dict[str, dict[int, Measurement]] = {}
    for measurement in measurements:
        lines.setdefault(measurement.case, {})[measurement.generation] = measurement
    return {case: _history(list(generations.values())) for case, generations in lines.items()}


def _history(lines: Sequence[Measurement]) -> History:
    first, last = lines[0], lines[-1]
    told = next((line for line in lines if line.status != "ok"), first)
    return History(
        case=first.case,
        status=told.status,
        reason=told.reason,
        calls_s=first.calls_s,
        parity=first.parity,
        stop_reason=last.stop_reason,
        samples=tuple(sample for line in lines for sample in line.samples),
        firsts=tuple(Firsts(one.generation, one.calls_s, one.compiling) for one in lines),
    )
