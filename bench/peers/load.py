"""A competitor: a process pinned to one core that is busy in random bursts, half of the time.

`with competing(seed):` starts it and ends it. It dies with the process that started it.
"""

import argparse
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from time import monotonic, sleep

SHORTEST_S, LONGEST_S = 0.05, 1.0


def bursts(seed: int) -> Iterator[tuple[float, float]]:
    """Seconds busy and seconds idle, for ever; drawn alike, so half of the time is busy."""
    draw = random.Random(seed)  # noqa: S311 - no secret
    if draw.random() < 0.5:  # noqa: PLR2004 - a coin: as many begin idle as begin busy
        yield 0.0, draw.uniform(SHORTEST_S, LONGEST_S)
    while True:
        yield draw.uniform(SHORTEST_S, LONGEST_S), draw.uniform(SHORTEST_S, LONGEST_S)


def busiest_core() -> int | None:
    """The core that is taken: the last usable one; None where processes cannot be pinned."""
    if not hasattr(os, "sched_getaffinity"):
        return None
    return max(os.sched_getaffinity(0))


@contextmanager
def competing(seed: int) -> Iterator[None]:
    """Have the competitor run meanwhile; the same seed gives the same bursts."""
    process = subprocess.Popen(
        [sys.executable, __file__, "--seed", str(seed)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for the sitting, which ends it
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline(), "the competing load did not start"
        yield
    finally:
        process.kill()
        process.communicate()


def compete(seed: int) -> None:
    """Be busy and idle in turns, until killed or until nobody holds the standard input."""
    core = busiest_core()
    if core is not None:
        os.sched_setaffinity(0, {core})
    Thread(target=_end_with_parent, daemon=True).start()
    print("started", flush=True)
    for busy_s, idle_s in bursts(seed):
        until = monotonic() + busy_s
        while monotonic() < until:
            pass
        sleep(idle_s)


def _end_with_parent() -> None:
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, required=True)
    compete(parser.parse_args().seed)
