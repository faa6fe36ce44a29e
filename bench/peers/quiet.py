"""How much of the machine others used meanwhile: without it, nobody knows whether it was quiet."""

import os
from typing import NamedTuple

import psutil

# Cores that others keep busy on a machine that is not quiet.
NOISY = 0.1


class Used(NamedTuple):
    """CPU seconds so far: of all cores by whomever, and of this process and its ended children."""

    busy_s: float
    own_s: float


def used() -> Used:
    """Read both. Waiting for a disk counts as idle."""
    now = psutil.cpu_times()
    busy = sum(getattr(now, name, 0.0) for name in ("user", "nice", "system", "irq", "softirq"))
    own = os.times()
    return Used(busy, own.user + own.system + own.children_user + own.children_system)


def others(before: Used, after: Used, seconds: float) -> float:
    """How many cores others kept busy in these seconds, on average.

    Seconds in which a child ran count as its own only if it has ended, as all have here.
    """
    busy_s, own_s = (end - start for start, end in zip(before, after, strict=True))
    return max(0.0, busy_s - own_s) / seconds if seconds > 0 else 0.0
