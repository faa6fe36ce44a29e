"""What the true ratios of two cases may be, where other programs or a quota disturbed rounds.

Pure: samples of rounds in, bounds of log ratios out.
"""

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import inf, log, log1p
from typing import NamedTuple

from dlbench.analysis.samples import ENOUGH, RoundKey, is_quiet
from dlbench.records.measurement import Sample

# A disturbed block would have taken at least its time less what its threads waited, divided by
# this: a thread that waits for a core may let others wait at a barrier. Seen in 286 disturbed
# blocks beside one competitor on two cores: 98.3 % within 1.5, all within 2.
HIDDEN_LOSS = 1.5

# For bounds, of the disturbed rounds those with the smallest loss count: this share, and ENOUGH.
LEAST_LOSS_SHARE = 0.25

# A block that was stopped all the time has no time of its own; this much of it may count as such.
STOPPED_SHARE = 0.99

Rounds = Mapping[RoundKey, Sample]

Groups = tuple[Sequence[float], ...]
"""Log ratios by generation."""


class View(NamedTuple):
    """Log ratios of a pair by generation: the least and the most that the true ones may be."""

    least: Groups
    most: Groups


def negative(groups: Groups) -> tuple["array[float]", ...]:
    """Return the log ratios with case and baseline exchanged."""
    return tuple(array("d", [-value for value in group]) for group in groups)


def by_generation(
    keys: Iterable[RoundKey],
    ours: Rounds,
    theirs: Rounds,
    ratio: Callable[[Sample, Sample], float],
) -> Groups:
    """Return the log ratios of these rounds by generation."""
    ratios: dict[int, list[float]] = {}
    for key in keys:
        ratios.setdefault(key[0], []).append(ratio(ours[key], theirs[key]))
    return tuple(map(tuple, ratios.values()))


def ratio_of(a: Sample, b: Sample) -> float:
    """Return the log ratio of the times of a step."""
    return log(a.step_s) - log(b.step_s)


def without_stops(keys: Sequence[RoundKey], ours: Rounds, theirs: Rounds) -> View:
    """Return the least and the most that the ratios may be without the stops of a quota."""
    return _without(_stopped, keys, ours, theirs)


def _stopped(sample: Sample) -> tuple[float, float]:
    """Return the logs of how much shorter a block would be at least and at most without stops.

    The counter adds the stops of all cores: they were one after the other, or of all running
    threads at a time. Records of schema versions below 8 do not say how many threads could run.
    """
    summed = (sample.throttled_s or 0.0) / sample.host_s
    least = summed / sample.running if sample.running else 0.0
    least, most = min(least, STOPPED_SHARE), min(summed, STOPPED_SHARE)
    return -log1p(-least), -log1p(-most)


def as_used(keys: Sequence[RoundKey], ours: Rounds, theirs: Rounds) -> View:
    """Return the ratios of mean times, stops included, of ENOUGH parts of each generation.

    A quota stops a process once in a period, longer than many blocks: a median would forget it.
    """
    groups: dict[int, list[RoundKey]] = {}
    for key in keys:
        groups.setdefault(key[0], []).append(key)
    ratios = tuple(
        tuple(
            log(_mean(ours[key] for key in part)) - log(_mean(theirs[key] for key in part))
            for part in _parts(sorted(group))
        )
        for group in groups.values()
    )
    return View(ratios, ratios)


def _parts(keys: Sequence[RoundKey]) -> list[Sequence[RoundKey]]:
    size = max(1, len(keys) // ENOUGH)
    return [keys[start : start + size] for start in range(0, len(keys), size)]


def _mean(samples: Iterable[Sample]) -> float:
    every = list(samples)
    return sum(one.host_s for one in every) / sum(one.iterations for one in every)


def bounds(both: Sequence[RoundKey], ours: Rounds, theirs: Rounds) -> tuple[View, ...]:
    """Return the least and the most that the ratios would be on a quiet machine."""
    losses = {key: _loss(ours[key]) + _loss(theirs[key]) for key in both}
    counted = max(ENOUGH, round(LEAST_LOSS_SHARE * len(both)))
    known = sorted(loss for loss in losses.values() if loss < inf)
    if len(known) < ENOUGH:
        return ()
    most = known[min(counted, len(known)) - 1]
    keys = [key for key in both if losses[key] <= most]
    return (_without(lambda sample: (0.0, _loss(sample)), keys, ours, theirs),)


def _without(
    losses: Callable[[Sample], tuple[float, float]],
    keys: Sequence[RoundKey],
    ours: Rounds,
    theirs: Rounds,
) -> View:
    """Return the least and the most that the ratios may be without losses of time.

    losses: the logs of how much shorter a block would be, at least and at most.
    """

    def least(a: Sample, b: Sample) -> float:
        return ratio_of(a, b) - losses(a)[1] + losses(b)[0]

    def most(a: Sample, b: Sample) -> float:
        return ratio_of(a, b) - losses(a)[0] + losses(b)[1]

    return View(*(by_generation(keys, ours, theirs, ratio) for ratio in (least, most)))


def _loss(sample: Sample) -> float:
    """Return the log of how much longer a block may have taken than on a quiet machine."""
    if is_quiet(sample):
        return 0.0
    if sample.waited_s is None:
        return inf
    lost_s = sample.waited_s + (sample.steal_s or 0.0)
    least_s = (sample.host_s - lost_s) / HIDDEN_LOSS
    return log(sample.host_s / least_s) if least_s > 0 else inf
