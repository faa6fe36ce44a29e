"""What the pairs of a run lend each other: how much processes differ by luck, and rounds by noise.

With several repetitions, the run's own pairs show the luck. With one, it is what is usual, and what
the pair itself came to in earlier runs, raised by the null pairs of the run.
"""

from collections.abc import Iterable, Sequence
from statistics import fmean, median, variance
from typing import NamedTuple

import numpy as np

from dlbench.analysis.pairing.pairs import Pair
from dlbench.analysis.samples import ENOUGH
from dlbench.records.case import Case
from dlbench.records.run import Standing
from dlbench.stats.location import LEAST_VALUES, Variance, location, rank_correlation
from dlbench.stats.luck import USUAL, Spread, fitted, pooled, raised
from dlbench.stats.ramp import SD_BY_MAD

# The noise of few rounds is that of a noisy pair: so many others have less.
NOISY_SHARE = 0.75


class NullRatio(NamedTuple):
    """The median log ratio of a case to itself in one generation; the true one is 0."""

    workload: str
    target: str
    value: float


class Luck(NamedTuple):
    """The luck of a run.     of_run: of all pairs, None with too few repetitions to tell.

    usual: of this machine; failed: workloads whose null came out different; earlier: what the
    repetitions of earlier runs came to.
    """

    of_run: Variance | None
    usual: Variance = USUAL
    nulls: Sequence[NullRatio] = ()
    failed: frozenset[str] = frozenset()
    earlier: Sequence[Standing] = ()

    def of(self, workload: str, targets: tuple[str, str]) -> Variance:
        """Return the luck of a pair of these targets: no less than their own nulls show."""
        own = [one for one in self.nulls if one.target in targets]
        if self.of_run is None:
            known = spread_of_values(earlier_ratios(self.earlier, workload, targets))
            usual = self.usual if known is None else pooled(self.usual, known)
            found = raised(usual, [one.value for one in own])
        else:
            here = [one for one in own if one.workload == workload]
            found = _at_least(self.of_run, here)
        if workload in self.failed:
            found = _at_least(found, [one for one in self.nulls if one.workload == workload])
        return found


def _at_least(luck: Variance, nulls: Sequence[NullRatio]) -> Variance:
    shown = fmean(one.value**2 for one in nulls) if nulls else 0.0
    return luck._replace(value=max(luck.value, shown))


def earlier_ratios(
    earlier: Iterable[Standing], workload: str, targets: tuple[str, str]
) -> list[float]:
    """Return the log ratios of two targets in the repetitions that had both."""
    one, other = targets
    rows = [standing.get(workload, {}) for standing in earlier]
    return [row[one] - row[other] for row in rows if one in row and other in row]


def spread_of_values(values: Sequence[float]) -> Spread | None:
    """Return the variance of the ratios of a pair's repetitions; None of fewer than two."""
    return Spread(variance(values), len(values) - 1) if len(values) > 1 else None


def luck_of(pairs: Iterable[Pair]) -> Variance | None:
    """Estimate the luck of a run from the pairs of its cases; None if they are too few."""
    return fitted([found for pair in pairs if not pair.busy and (found := spread_of(pair))])


def null_ratios(nulls: Iterable[tuple[Case, Pair]]) -> list[NullRatio]:
    """Return the ratios of undisturbed null pairs, with the case that each repeats."""
    return [
        NullRatio(case.workload.id, case.target.id, value)
        for case, pair in nulls
        if not pair.busy
        for value in medians(pair)
    ]


def medians(pair: Pair) -> list[float]:
    """Return the median log ratio of each generation with enough rounds."""
    return [median(group) for group in pair.generations if len(group) >= ENOUGH]


def spread_of(pair: Pair) -> Spread | None:
    """Return the variance of a pair's generations around its ratio; None of a single one."""
    middles = medians(pair)
    if len(middles) <= 1:
        return None
    value = location([group for group in pair.generations if len(group) >= ENOUGH]).value
    df = len(middles) - 1
    return Spread(sum((middle - value) ** 2 for middle in middles) / df, df)


def correlation_of(pairs: Iterable[Pair]) -> float | None:
    """Return the correlation of successive rounds of a row's pairs; None if there are no rounds."""
    known = [
        rank_correlation(group)
        for pair in pairs
        for group in pair.generations
        if len(group) >= LEAST_VALUES
    ]
    return median(known) if known else None


def noise_of(pairs: Iterable[Pair]) -> float | None:
    """Return the standard deviation of a round's log ratio in a noisy pair; None if unknown."""
    groups = [group for pair in pairs if not pair.busy for group in pair.generations]
    known = [_noise(group) for group in groups if len(group) >= LEAST_VALUES]
    return float(np.quantile(known, NOISY_SHARE)) if known else None


def _noise(values: Sequence[float]) -> float:
    middle = median(values)
    return SD_BY_MAD * median(abs(value - middle) for value in values)
