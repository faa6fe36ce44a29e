"""What two runs differ by, as far as their own repetitions do not show it."""

from collections.abc import Iterable, Sequence
from math import log
from statistics import median, variance
from typing import NamedTuple

from dlbench.analysis.samples import CaseSamples, by_generation
from dlbench.stats.location import LEAST_VALUES, MOST_BORROWED, Variance

# What the repetitions of a run show may by chance be all that is usual between runs. At least this
# share of it is kept: the next run is another day.
LEAST_EXCESS = 0.25


class BetweenLuck(NamedTuple):
    """within: the variance of a process's log time, by run, None with one repetition; between: the
    variance of the log ratio of a case in both runs, beyond what their repetitions show.
    """

    within: tuple[Variance | None, ...]
    between: Variance


def luck_between(usual: Variance, runs: Sequence[Iterable[CaseSamples]]) -> BetweenLuck:
    """Return the luck within and between two runs.

    usual: the variance of the log ratio of two processes of different runs. Half of it is that of
    either run. A run of one repetition adds it wholly; one of several shows a part of it.
    """
    within = tuple(_within(samples) for samples in runs)
    half = usual.value / 2
    shares = (half if one is None else max(half - one.value, LEAST_EXCESS * half) for one in within)
    return BetweenLuck(within, Variance(sum(shares), usual.df))


def _within(samples: Iterable[CaseSamples]) -> Variance | None:
    """Return the variance of a case's medians between repetitions, of all cases together."""
    squares, df = 0.0, 0
    for one in samples:
        if not one.samples or one.samples[0].generation == one.samples[-1].generation:
            continue
        logs = [
            median(log(sample.step_s) for sample in group if sample.step_s > 0)
            for group in by_generation(one.selection.samples)
            if sum(sample.step_s > 0 for sample in group) >= LEAST_VALUES
        ]
        if len(logs) > 1:
            squares += (len(logs) - 1) * variance(logs)
            df += len(logs) - 1
    return Variance(squares / df, min(df, MOST_BORROWED)) if df else None
