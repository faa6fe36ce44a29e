"""The level of a case: what turns cost it, and what a call after a pause costs.

A worker waits between its turns. Its steps must take as long as in a loop without pauses; the
stretches of a measurement show whether they do.
"""

from collections.abc import Sequence
from math import log1p
from statistics import median

from msgspec import Struct

from dlbench.analysis.samples import CaseSamples
from dlbench.records.measurement import Sample, Stretch
from dlbench.stats.level import (
    FEWEST_CHANGES,
    NEIGHBOURS,
    Times,
    is_beyond_doubt,
    keeps_changing,
    penalty,
    quiet_steps,
)
from dlbench.stats.location import Estimate
from dlbench.stats.ramp import FIRST_WINDOW_S, blocks_of, change

# A stretch right after the case's own turn shows no ramp: the worker had no pause.
LEAST_PAUSE_S = 0.02

NOTHING = (None, None, None)


class Level(Struct, frozen=True):
    """How a case's time depends on pauses; None where unknown.

    turn_penalty: how much longer a step takes in turns than without a pause, a share, with its
    interval; after_pause: the time of a step in the first 20 ms after a pause of `pause_s` seconds,
    divided by its time without a pause; lead_s: seconds from the start of a turn to the blocks that
    count; steady: whether the time without a pause stopped changing.
    """

    turn_penalty: float | None = None
    penalty_low: float | None = None
    penalty_high: float | None = None
    after_pause: float | None = None
    pause_s: float | None = None
    lead_s: float | None = None
    steady: bool | None = None

    @property
    def penalty(self) -> Estimate | None:
        """Return the penalty with its interval."""
        if self.turn_penalty is None:
            return None
        return Estimate(self.turn_penalty, self.penalty_low, self.penalty_high)


def level_of(samples: CaseSamples) -> Level:
    """Return the level of a case from its samples and stretches."""
    stretches = [stretch for stretch in samples.stretches if quiet_steps(stretch.samples)]
    if not stretches:
        return Level()
    value, low, high = penalty([_neighbours(samples, one) for one in stretches]) or NOTHING
    rested = [
        (ratio, stretch.pause_s)
        for stretch in stretches
        if stretch.pause_s >= LEAST_PAUSE_S and (ratio := _after_pause(stretch)) is not None
    ]
    return Level(
        turn_penalty=value,
        penalty_low=low,
        penalty_high=high,
        after_pause=median(ratio for ratio, _ in rested) if rested else None,
        pause_s=median(pause_s for _, pause_s in rested) if rested else None,
        lead_s=samples.lead_s,
        steady=_is_steady(stretches),
    )


def _is_steady(stretches: Sequence[Stretch]) -> bool | None:
    """Return whether the time stops changing, by the first stretch of each repetition.

    Those have time enough. None if there are too few to tell it from a change of the machine.
    """
    first = {stretch.samples[0].generation: stretch for stretch in reversed(stretches)}
    changes = [change(blocks_of(stretch.samples)) for stretch in first.values()]
    known = [one for one in changes if one is not None]
    return None if len(known) < FEWEST_CHANGES else not keeps_changing(known)


def doubt(level: Level) -> float:
    """Return how far the log of a case's time may be wrong because of turns; 0 if not by much."""
    found = level.penalty
    return abs(log1p(found.value)) if found is not None and is_beyond_doubt(found) else 0.0


def _neighbours(samples: CaseSamples, stretch: Stretch) -> Times:
    """Return the times of a stretch, and of the blocks in turns nearest to it in its process."""
    first = stretch.samples[0]
    same = [one for one in samples.samples if one.is_quiet and _process(one) == _process(first)]
    nearest = sorted(same, key=lambda one: abs(one.started_s - first.started_s))[:NEIGHBOURS]
    return Times(quiet_steps(nearest), quiet_steps(stretch.samples))


def _process(sample: Sample) -> tuple[int, int]:
    return sample.generation, sample.renewal


def _after_pause(stretch: Stretch) -> float | None:
    """Return the time of a step right after the pause, by that of a steady one."""
    first, spent_s = list[Sample](), 0.0
    for sample in stretch.samples:
        if spent_s >= FIRST_WINDOW_S:
            break
        first.append(sample)
        spent_s += sample.host_s
    steps = sum(sample.iterations for sample in first)
    steady = quiet_steps(stretch.samples)
    if any(sample.is_disturbed for sample in first) or not steps or not steady:
        return None
    return sum(sample.own_s for sample in first) / steps / median(steady)
