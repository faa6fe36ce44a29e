"""Summarise the blocks of one case: the time of a step, and irregularities."""

from collections.abc import Iterable, Sequence
from math import exp, log
from statistics import fmean, median
from typing import NamedTuple

from dlbench import units
from dlbench.analysis.samples import CaseSamples, by_generation, by_placement
from dlbench.records.measurement import Sample
from dlbench.stats.location import Estimate, lag1, location
from dlbench.stats.shape import Modes, centre, drift, modes

# Fewest generations for an estimate of their spread; with fewer, the interval is the blocks'.
ENOUGH_GENERATIONS = 3


# The logarithm of the largest plausible number of seconds.
LARGEST = log(1e9)


class Summary(NamedTuple):
    """A summary of the valid blocks. time: seconds of a step; the others as in rows.Row."""

    time: Estimate | None
    generations: int
    autocorrelation: float | None
    drift: float | None
    modes: str | None


def summary(samples: CaseSamples) -> Summary:
    """Summarise a case from its own samples alone."""
    groups = by_generation(samples.selection.samples)
    steps = [[sample.step_s for sample in group] for group in groups]
    logs = [[log(step_s) for step_s in group if step_s > 0] for group in steps]
    timed = [_timed(group) for group in by_placement(samples.selection.samples)]
    series = [[value for _, value in process] for process in timed]
    resembling = [r for values in series if (r := lag1(values)) is not None]
    found = modes([value for values in logs for value in values])
    return Summary(
        time=_time(steps, logs) if steps else None,
        generations=len(by_generation(samples.samples)),
        autocorrelation=fmean(resembling) if resembling else None,
        drift=_drift(timed),
        modes=_two(found) if found else None,
    )


def _timed(samples: Sequence[Sample]) -> list[tuple[float, float]]:
    """Return the start of every sample, and the log of the seconds of its step."""
    found = ((sample.started_s, sample.step_s) for sample in samples)
    return [(started_s, log(step_s)) for started_s, step_s in found if step_s > 0]


def _time(steps: Sequence[Sequence[float]], logs: Sequence[Sequence[float]]) -> Estimate:
    """Seconds of a step. Its interval knows of generations where there are enough of them.

    With fewer it is that of these processes: of their blocks, which resemble each other.
    """
    every = [step for group in steps for step in group]
    if min(every) <= 0:
        return Estimate(median(every), None, None)
    if len(steps) >= ENOUGH_GENERATIONS:
        value, low, high = location(logs).interval()
        return Estimate(exp(value), *_ends(low, high))
    _, low, high = location([[value for values in logs for value in values]]).interval()
    return Estimate(median(every), *_ends(low, high))


def _ends(*logs: float | None) -> tuple[float | None, ...]:
    return tuple(None if log_s is None else exp(log_s) for log_s in logs)


def _drift(timed: Iterable[Sequence[tuple[float, float]]]) -> float | None:
    """Change from the first to the last sample of a process, as a share; None if it may be 0.

    Each process counts from its own beginning and around its own median; the longest one counts.
    """
    values, times = centre(timed)
    slope = drift(values, times)
    return slope.change(max(times)) if slope and slope.clear else None


def _two(found: Modes) -> str:
    """Write two modes, such as `1.20 ms (60 %) and 1.50 ms`."""
    low, high = units.duration(exp(found.low)), units.duration(exp(found.high))
    return f"{low} ({units.percent(found.share)}) and {high}"
