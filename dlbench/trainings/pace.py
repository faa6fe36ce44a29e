"""The pace of a target's trainings: how long their epochs took, how much that varied, its trend.

It must not know how it is shown.
"""

from collections.abc import Iterable, Sequence
from math import expm1, log
from statistics import median, quantiles
from typing import NamedTuple

from dlbench.analysis.pairing.pairs import QUIET_SHARE
from dlbench.analysis.samples import ENOUGH
from dlbench.records.base import Record
from dlbench.records.case import Target
from dlbench.records.training import EpochResult, TrainingResult, by_target
from dlbench.stats.shape import LARGEST, centre, drift

# A trend is told per so many epochs, or for all of them where there are fewer: nobody saw more.
PER_EPOCHS = 100

# With fewer values, the quartiles are these values themselves.
LEAST_FOR_QUARTILES = 4


class Trend(Record, frozen=True):
    """The change of an epoch's time in so many epochs with its 95 % interval, as shares.

    0.12 is 12 % longer.
    """

    change: float
    low: float
    high: float
    epochs: int


class Pace(Record, frozen=True):
    """The seconds of the epochs that count (see `counted`).

    epochs: how many count; left_out: how many do not, as other programs disturbed them; busy: they
    count, because too few were quiet; disturbed, throttled: how many of all epochs after the first
    other programs disturbed or a quota stopped; quartile_1, quartile_3: the middle half, None of
    few epochs; trend: None if its interval holds 0, or if disturbed epochs count; free_cores: the
    median number of cores that other programs left in disturbed epochs, None if unknown.
    """

    target: str
    epochs: int
    left_out: int
    busy: bool
    disturbed: int
    throttled: int
    median_s: float
    shortest_s: float
    longest_s: float
    quartile_1: float | None = None
    quartile_3: float | None = None
    trend: Trend | None = None
    free_cores: float | None = None


class Counted(NamedTuple):
    """The epochs of each training whose time counts; busy: disturbed ones do, too."""

    trainings: tuple[tuple[EpochResult, ...], ...]
    busy: bool


def counted(results: Sequence[TrainingResult]) -> Counted:
    """Choose the epochs after the first of each training: the quiet ones, if there are enough.

    The first counts only where there is no other: it compiles, and allocates memory.
    """
    begun = tuple(one.epochs[1:] or one.epochs for one in results if one.epochs)
    quiet = tuple(tuple(e for e in epochs if not e.is_disturbed) for epochs in begun)
    some_disturbed = _number(quiet) < _number(begun)
    if some_disturbed and _number(quiet) < max(ENOUGH, QUIET_SHARE * _number(begun)):
        return Counted(begun, busy=True)
    return Counted(tuple(filter(None, quiet)), busy=False)


def _number(trainings: Iterable[Sequence[EpochResult]]) -> int:
    return sum(map(len, trainings))


def pace(results: Sequence[TrainingResult], cores: int) -> Pace | None:
    """Return the pace of one target's trainings; None if none has an epoch.

    cores: the number of cores that the trainings could use.
    """
    every = [epoch for one in results for epoch in one.epochs[1:] or one.epochs]
    if not every:
        return None
    disturbed = [epoch for epoch in every if epoch.is_disturbed]
    counts = counted(results)
    seconds = sorted(epoch.seconds for epochs in counts.trainings for epoch in epochs)
    is_enough = len(seconds) >= LEAST_FOR_QUARTILES
    low, _, high = quantiles(seconds, n=4) if is_enough else (None, None, None)
    return Pace(
        target=results[0].target.id,
        epochs=len(seconds),
        left_out=len(every) - len(seconds),
        busy=counts.busy,
        disturbed=len(disturbed),
        throttled=sum(epoch.is_throttled for epoch in every),
        median_s=median(seconds),
        shortest_s=seconds[0],
        longest_s=seconds[-1],
        quartile_1=low,
        quartile_3=high,
        trend=None if counts.busy else _trend(counts.trainings),
        free_cores=_free(disturbed, cores),
    )


def paces_of(results: Sequence[TrainingResult], cores: int) -> dict[Target, Pace]:
    """Return the pace of every target with a training that went well."""
    good = by_target([one for one in results if one.status == "ok"])
    known = {target: pace(those, cores) for target, those in good.items()}
    return {target: one for target, one in known.items() if one is not None}


def _trend(trainings: Sequence[Sequence[EpochResult]]) -> Trend | None:
    """Return the common trend of several trainings; None if its interval holds 0.

    The slope of the logarithm of the time over the epochs, by Theil and Sen, with an interval that
    allows for epochs which resemble each other (stats/shape.py).
    """
    numbered = [
        [(float(epoch.epoch), log(epoch.seconds)) for epoch in epochs if epoch.seconds > 0]
        for epochs in trainings
    ]
    values, numbers = centre(numbered)
    found = drift(values, numbers)
    if found is None or not found.clear:
        return None
    epochs = min(PER_EPOCHS, round(max(numbers)))
    low, high = (expm1(min(end * epochs, LARGEST)) for end in (found.low, found.high))
    return Trend(found.change(epochs), low, high, epochs)


def _free(disturbed: Sequence[EpochResult], cores: int) -> float | None:
    """Return how many cores other programs left, in the median of the disturbed epochs."""
    left = [
        max(0.0, cores - block.foreign_s / block.host_s)
        for block in (epoch.block for epoch in disturbed)
        if block is not None and block.foreign_s is not None and block.host_s > 0
    ]
    return median(left) if left else None
