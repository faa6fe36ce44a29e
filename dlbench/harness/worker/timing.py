"""The timed loop: adds nothing to a step but its call, and syncs the device at both ends.

It must not know any framework, case or file; the clock is a parameter, for tests.
"""

import gc
from collections.abc import Callable, Sequence
from itertools import pairwise, repeat
from math import inf
from statistics import median
from time import perf_counter_ns
from typing import Any, NamedTuple

from dlbench.backends.base import nothing
from dlbench.records.measurement import Sample

Clock = Callable[[], int]
NS = 1e9

# The most iterations of a block, even if the clock shows no time for a step.
MOST_ITERATIONS = 10_000_000

# A block has so many parts, and may end early between two of them, after LATE times its planned
# length. Seen beside a competing process: disturbed blocks took 12 times as long, and half of the
# time of all blocks.
PARTS = 8
LATE = 2

# So many empty blocks tell what a block costs beside its steps, by their median.
EMPTY_BLOCKS = 20

# A block is so many times as long as an empty one: what is no step is at most a quarter of a
# percent of it, an eighth of the smallest difference that a table tells.
EMPTY_IN_A_BLOCK = 400

# The length of a probe of the warm-up, as a share of a block: enough clock ticks (of at most 0.1
# microseconds with perf_counter), and short enough to show a trend.
PROBE_SHARE = 0.25

# The speed is steady if the medians of two windows of so many probes differ by less than this.
STEADY_WINDOW = 3
STEADY_SHARE = 0.05


class Patience(NamedTuple):
    """When a block may end early: after `seconds`, ask `in_vain(elapsed)` once; if true, end it.

    Slowness alone must not be the reason: with a stall of its own, a short block is slower per step
    than a long one.
    """

    seconds: float
    in_vain: Callable[[float], bool]


PATIENT = Patience(inf, lambda taken_s: False)  # noqa: ARG005


def now_s() -> float:
    """Return the time on the clock of `Sample.started_s`."""
    return perf_counter_ns() / NS


def block(
    step: Callable[[], Any],
    wait: Callable[[], None],
    iterations: int,
    clock: Clock = perf_counter_ns,
    *,
    patience: Patience = PATIENT,
) -> Sample:
    """Time `iterations` calls of `step` between two device syncs, without garbage collection.

    The clock is read once more when the last call has returned: until then the host asks for work,
    then it waits for the device. The block may end early between two of its PARTS (see Patience),
    and then has fewer calls.
    """
    late_ns = patience.seconds * NS
    collecting = gc.isenabled()
    gc.disable()
    try:
        wait()
        start = clock()
        made = 0
        for part in _parts(iterations):
            if made and (taken_ns := clock() - start) >= late_ns:
                if patience.in_vain(taken_ns / NS):
                    break
                late_ns = inf
            for _ in repeat(None, part):
                step()
            made += part
        issued = clock()
        wait()
        end = clock()
    finally:
        if collecting:
            gc.enable()
    return Sample(
        iterations=made,
        host_s=(end - start) / NS,
        started_s=start / NS,
        issued_s=(issued - start) / NS,
    )


def empty_s(wait: Callable[[], None]) -> float:
    """Return the seconds of a block without work: two clock readings and a wait for nothing."""
    return median(block(nothing, wait, 1).host_s for _ in range(EMPTY_BLOCKS))


def _parts(iterations: int) -> list[int]:
    """Split the calls into PARTS parts of nearly equal size; leave out empty ones."""
    edges = [iterations * part // PARTS for part in range(PARTS + 1)]
    return [after - before for before, after in pairwise(edges) if after > before]


def iterations_for(seconds: float, sample: Sample) -> int:
    """Return how many steps fill `seconds`, by the speed of a sample; at least one."""
    steps = round(seconds / sample.step_s) if sample.host_s > 0 else sample.iterations * 10
    return max(1, min(MOST_ITERATIONS, steps))


def block_size(seconds: float, samples: Sequence[Sample]) -> int:
    """Return how many steps fill `seconds`, by the fastest probe of the last two windows.

    First calls and disturbed probes are slower: sized by them, a block could be too short.
    """
    window = samples[-2 * STEADY_WINDOW :]
    return iterations_for(seconds, min(window, key=lambda sample: sample.step_s))


def warm_up(take: Callable[[int], Sample], block_s: float, budget_s: float) -> tuple[Sample, ...]:
    """Take probes until the speed is steady, or for `budget_s` seconds; return two or more."""
    samples = [take(1)]
    spent = samples[0].host_s
    while len(samples) == 1 or (spent < budget_s and not _steady(samples)):
        steps = iterations_for(block_s * PROBE_SHARE, samples[-1])
        samples.append(take(min(steps, samples[-1].iterations * 10)))
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
