"""Whether the host or the device decides the time of a step: a pure rule on the times of blocks.

A host asks for the steps of a block, then it waits for the device. Let a step take the host i
seconds to ask for, and the device d seconds to do. If i > d, the device is done with all steps but
the last when the last one has been asked for: the wait is at most as long as a step. If d > i,
steps pile up: of n steps, n(1 - i/d) are left, or as many as a device lets wait (about 1,000
launches in CUDA, 32 programs in JAX). No clock on the device is needed. Simulated, with noise of
10 % and as many as 32 or 1,024 waiting, the rule is right in 1,000 of 1,000 cases with d/i outside
0.8 to 1.25 (tests/stats/test_issue.py).
"""

from collections.abc import Iterable
from statistics import median
from typing import Literal

from dlbench.records.measurement import Sample

Limit = Literal["launch", "device", "both"]
"""Who decides: the host, which launches steps too slowly; the device; or both about equally."""

# A block with fewer steps cannot tell: even if the device takes all the time, so few are left.
ENOUGH_STEPS = 8

# So many steps are left at most where the host decides, and at least where the device does. One is
# the most in theory; noise adds some percent.
MOST_LEFT_BY_HOST = 1.1
LEAST_LEFT_BY_DEVICE = 1.5

# A wait that is no longer is no sign of work left: waking up after a device that worked takes
# longer than after one that did not. An assumption, of several times what a wait for a GPU takes.
WAKING_S = 30e-6


def left_s(sample: Sample, sync_s: float) -> float | None:
    """Return the seconds of work that were left when the last step had been asked for.

    sync_s: of a block without work. None if the block does not tell.
    """
    if sample.issued_s is None or sample.iterations < ENOUGH_STEPS or sample.host_s <= 0:
        return None
    return max(0.0, sample.host_s - sample.issued_s - sync_s)


def limit(samples: Iterable[Sample], sync_s: float) -> Limit | None:
    """Return who decides the time of a step, by the median of blocks; None if none tells."""
    found = [
        (seconds, seconds / sample.step_s)
        for sample in samples
        if (seconds := left_s(sample, sync_s)) is not None
    ]
    if not found:
        return None
    seconds, steps = (median(values) for values in zip(*found, strict=True))
    if steps <= MOST_LEFT_BY_HOST or seconds <= WAKING_S:
        return "launch"
    return "device" if steps >= LEAST_LEFT_BY_DEVICE else "both"
