"""The timed loop against timeit's own, per iteration of a step that does nothing."""

import sys
import timeit

from paired import ratio, tell

from dlbench.harness.worker import timing

ITERATIONS = 200_000
ROUNDS = 101
MOST = 1.10


def step() -> None:
    """Do nothing."""


def ours() -> float:
    """Seconds of a block."""
    return timing.block(step, step, ITERATIONS).host_s


def theirs() -> float:
    """Seconds of timeit's loop around the same call."""
    return timeit.Timer(step).timeit(ITERATIONS)


if __name__ == "__main__":
    found = ratio(ours, theirs, ROUNDS)
    sys.exit(not tell("timed loop / timeit, no-op step", found, MOST))
