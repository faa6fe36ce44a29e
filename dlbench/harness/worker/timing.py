"""Timed blocks: a loop that adds nothing to the step but the call, synced at both edges.

It must not know any framework, case or file; the clock is a parameter so that tests can tell it.
"""

import gc
from collections.abc import Callable, Sequence
from itertools import pairwise, repeat
from math import inf
from statistics import median
from time import perf_counter_ns
from typing import Any, NamedTuple

from dlbench.backends.base import DeviceClock
from dlbench.records.measurement import Sample

Clock = Callable[[], int]
NS = 1e9

# A block never gets longer than this many iterations, whatever the clock says.
MOST_ITERATIONS = 10_000_000

# A block has so many parts, between which it may end early once it has taken so many times as long
# as it should. Seen beside a competing process: disturbed blocks took 12 times as long, and half of
# the time of all blocks.
PARTS = 8
LATE = 2

# Blocks for finding the number of iterations and for seeing whether the speed is steady are this
# share of a block long: enough clock ticks (a perf_counter tick is at most 0.1 microseconds),
# and short enough to see a trend.
PROBE_SHARE = 0.25

# Steady: the medians of two windows of so many probes in a row differ by less than this share.
STEADY_WINDOW = 3
STEADY_SHARE = 0.05


class Patience(NamedTuple):
    """A block may end early that takes so many seconds: if `in_vain` says so, asked once.

    It is given the seconds that the block has taken so far. Being slow must not be the reason: with
    a stall of its own in it, a short block is slower per step than a long one.
    """

    seconds: float
    in_vain: Callable[[float], bool]


PATIENT = Patience(inf, lambda taken_s: False)  # noqa: ARG005


def now_s() -> float:
    """Now, on the clock on which a sample has started."""
    return perf_counter_ns() / NS


def block(  # noqa: PLR0913 - the last three have defaults that are right nearly always
    step: Callable[[], Any],
    wait: Callable[[], None],
    iterations: int,
    clock: Clock = perf_counter_ns,
    device: DeviceClock | None = None,
    *,
    patience: Patience = PATIENT,
) -> Sample:
    """Time `iterations` calls of `step` between two device syncs, without garbage collection.

    The device's own clock is read inside of the host's: from its first work to its last.
    With patience lost between two of its PARTS, it has fewer calls.
    """
    late_ns = patience.seconds * NS
    collecting = gc.isenabled()
    gc.disable()
    try:
        wait()
        start = clock()
        first = None if device is None else device.mark()
        made = 0
        for part in _parts(iterations):
            if made and (taken_ns := clock() - start) >= late_ns:
                if patience.in_vain(taken_ns / NS):
                    break
                late_ns = inf
            for _ in repeat(None, part):
                step()
            made += part
        last = None if device is None else device.mark()
        wait()
        end = clock()
    finally:
        if collecting:
            gc.enable()
    device_s = None if device is None else device.seconds(first, last)
    return Sample(
        iterations=made,
        host_s=(end - start) / NS,
        started_s=start / NS,
        device_s=device_s,
    )


def _parts(iterations: int) -> list[int]:
    """So many calls in PARTS that differ by one at most, or in as many as there are calls."""
    edges = [iterations * part // PARTS for part in range(PARTS + 1)]
    return [after - before for before, after in pairwise(edges) if after > before]


def iterations_for(seconds: float, sample: Sample) -> int:
    """How many steps fill `seconds`, judged by a sample; at least one."""
    wanted = round(seconds / sample.step_s) if sample.host_s > 0 else sample.iterations * 10
    return max(1, min(MOST_ITERATIONS, wanted))


def block_size(seconds: float, samples: Sequence[Sample]) -> int:
    """How many steps fill `seconds`, by the fastest of the last two windows.

    First calls and probes that others disturb are slower than a step is: judged by them, a block
    could be too short to be timed.
    """
    window = samples[-2 * STEADY_WINDOW :]
    return iterations_for(seconds, min(window, key=lambda sample: sample.step_s))


def warm_up(take: Callable[[int], Sample], block_s: float, budget_s: float) -> tuple[Sample, ...]:
    """Take probes until the speed is steady, or for `budget_s` seconds; at least two."""
    samples = [take(1)]
    spent = samples[0].host_s
    while len(samples) == 1 or (spent < budget_s and not _steady(samples)):
        wanted = iterations_for(block_s * PROBE_SHARE, samples[-1])
        samples.append(take(min(wanted, samples[-1].iterations * 10)))
        spent += samples[-1].host_s
    return tuple(samples)


def _steady(samples: list[Sample]) -> bool:
    if len(samples) < 2 * STEADY_WINDOW:
        return False
    recent = samples[-2 * STEADY_WINDOW :]
    if len({sample.iterations for sample in recent}) > STEADY_WINDOW:
        return False  # still growing
    before = median(sample.step_s for sample in recent[:STEADY_WINDOW])
    after = median(sample.step_s for sample in recent[STEADY_WINDOW:])
    return abs(after - before) <= STEADY_SHARE * before
