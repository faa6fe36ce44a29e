"""How much slower the slowed-down steps truly are: a long measurement of its own, without dlbench.

A step is slowed down by more work of its own kind, a larger k. Every step is alone in a process, as
in the comparisons: beside others in the same process it takes up to a percent longer or shorter.
All processes are live and stopped; one at a time is let go on for one block, in shuffled and
mirrored rounds, so that the steps share every mood of the machine. `search` finds the k;
`establish` measures them anew, in many generations of processes, whose medians are independent
and give the interval (Student's t).
"""

import argparse
import os
import random
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from math import exp, log
from statistics import fmean, median, stdev
from subprocess import PIPE
from time import perf_counter
from typing import Any, Protocol, Self

import psutil
from scipy import stats
from steps import SIZE, product

BLOCK_S = 0.01
WARM_UP_S = 0.2
# After a switch of processes caches are cold and threads asleep.
LEAD_IN_S = 0.002

# The slow-downs wanted, in percent, and where their k is looked for: whole vectors of 8 floats.
# With others rows are misaligned, and how much slower that is differs from process to process
# (seen with 260: from 1.02 to 1.07 times as long; with 264: from 1.02 to 1.03).
SLOW_DOWNS = (3, 5, 10)
CANDIDATES = tuple(range(SIZE + 8, SIZE + 48, 8))

# A step stands for a slow-down if it differs by at most this share of it, and its ratio is known
# so precisely. Whole vectors are two to three percent apart.
MOST_AWAY = 0.25
WIDEST = 0.005

Record = dict[str, Any]
Times = list[list[float]]  # seconds of a step: by step, by round


class Step(Protocol):
    """A step that can be timed."""

    def time(self) -> float:
        """Seconds of one call, from a block of them."""


Asked = Sequence[str]
"""A script that serves a step, and what it is asked for."""

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "PJRT_NPROC")


class Alone:
    """A step in a process of its own, stopped but for its blocks."""

    def __init__(self, asked: Asked, threads: int) -> None:
        command = [sys.executable, *asked, "--threads", str(threads)]
        env = {**os.environ, **dict.fromkeys(THREADS, str(threads))}
        self.process = psutil.Popen(command, stdin=PIPE, stdout=PIPE, text=True, env=env)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def started(self) -> None:
        """Wait until it has imported what it needs, and stop it."""
        self._hear()

    def time(self) -> float:
        """Let it go on for one block. The first one warms up, and is as long as that takes."""
        self.process.resume()
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return float(self._hear())

    def _hear(self) -> str:
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("a step ended in the middle of its measurement")
        self.process.suspend()
        return str(line)


def starting_order(count: int, generation: int) -> list[int]:
    """Who is started and warmed up when: shuffled, and reversed in every second generation.

    Seen where it was always the same: in seven measurements the first took 0.14 % longer than the
    same step in the next process, with a standard error of 0.09 %.
    """
    order = list(range(count))
    random.Random(generation // 2).shuffle(order)  # noqa: S311 - no secret
    return order[::-1] if generation % 2 else order


def products(ks: Sequence[int]) -> list[Asked]:
    """The steps with these k."""
    return [(__file__, "--k", str(k)) for k in ks]


def in_one_generation(
    asked: Sequence[Asked], threads: int, seconds: float, generation: int = 0
) -> Times:
    """Times of every step, each in a process that was started for it."""
    order = starting_order(len(asked), generation)
    with ExitStack() as stack:
        steps = [stack.enter_context(Alone(asked[index], threads)) for index in order]
        for step in steps:
            step.started()
        times = in_rounds(steps, seconds)
    return [times[order.index(index)] for index in range(len(asked))]


def in_rounds(
    steps: Sequence[Step], seconds: float, clock: Callable[[], float] = perf_counter
) -> Times:
    """One block of each step a round, in shuffled order and then in reverse, for so long."""
    for step in steps:
        step.time()  # warms up
    times: Times = [[] for _ in steps]
    shuffle = random.Random(0).shuffle  # noqa: S311 - no secret
    order, end = list(range(len(steps))), clock() + seconds
    while clock() < end or not times[0]:
        shuffle(order)
        for index in (*order, *reversed(order)):
            times[index].append(steps[index].time())
    return times


def serve(
    step: Callable[[], object], *, block_s: float = BLOCK_S, lead_in_s: float = LEAD_IN_S
) -> None:
    """Time a block of the step for every line that comes in; before the first one, warm up."""
    print("started", flush=True)
    iterations = 0
    for _ in sys.stdin:
        iterations = iterations or _iterations(step, block_s)
        _until(step, lead_in_s)
        start = perf_counter()
        for _ in range(iterations):
            step()
        print((perf_counter() - start) / iterations, flush=True)


def _iterations(step: Callable[[], object], block_s: float) -> int:
    _until(step, WARM_UP_S / 2)
    calls, spent = _until(step, WARM_UP_S / 2)
    return max(1, round(block_s * calls / spent))


def _until(step: Callable[[], object], seconds: float) -> tuple[int, float]:
    """Call it for so long; how many calls that were, and their seconds."""
    calls, start = 0, perf_counter()
    while (spent := perf_counter() - start) < seconds:
        step()
        calls += 1
    return calls, spent


def log_ratios(times: Times) -> list[float]:
    """Of every step to the first, the median over rounds."""
    first = times[0]
    return [median(log(a / b) for a, b in zip(step, first, strict=True)) for step in times]


def search(threads: int, seconds: float, generations: int) -> dict[int, int]:
    """The k whose step is about so many percent slower, by slow-down."""
    found = [
        log_ratios(in_one_generation(products((SIZE, *CANDIDATES)), threads, seconds, generation))
        for generation in range(generations)
    ]
    _, *candidates = zip(*found, strict=True)
    return nearest(CANDIDATES, [median(logs) for logs in candidates])


def nearest(ks: Sequence[int], logs: Sequence[float]) -> dict[int, int]:
    """For every slow-down the k whose ratio is nearest to it."""
    return {
        percent: min(zip(ks, logs, strict=True), key=lambda pair: abs(exp(pair[1]) - wanted))[0]
        for percent in SLOW_DOWNS
        for wanted in [1 + percent / 100]
    }


def establish(ks: dict[int, int], threads: int, seconds: float, generations: int) -> Record:
    """The true ratios with their intervals; beside them that of the step to itself.

    times: all blocks, by generation and step, in the order of `steps`.
    """
    steps = [SIZE, SIZE, *ks.values()]
    asked = products(steps)
    times = [in_one_generation(asked, threads, seconds, number) for number in range(generations)]
    _, null, *slow = zip(*map(log_ratios, times), strict=True)
    return {
        "kind": "truth",
        "size": SIZE,
        "generations": generations,
        "seconds": seconds,
        "itself": interval(null),
        "slow": {
            str(percent): {"k": k, **interval(logs)}
            for (percent, k), logs in zip(ks.items(), slow, strict=True)
        },
        "steps": steps,
        "times": times,
    }


def fits(percent: int, found: Record) -> bool:
    """Whether a step with this true ratio may be called slower by so many percent."""
    wanted = percent / 100
    away, half = abs(found["ratio"] - 1 - wanted), (found["high"] - found["low"]) / 2
    return bool(away <= MOST_AWAY * wanted and half <= WIDEST)


def interval(logs: Sequence[float], confidence: float = 0.95) -> dict[str, float | list[float]]:
    """The mean ratio of independent generations with its Student interval."""
    middle = fmean(logs)
    half = 0.0
    if len(logs) > 1:
        quantile = float(stats.t.ppf((1 + confidence) / 2, len(logs) - 1))
        half = quantile * stdev(logs) / len(logs) ** 0.5
    return {
        "ratio": exp(middle),
        "low": exp(middle - half),
        "high": exp(middle + half),
        "by_generation": [exp(value) for value in logs],
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--k", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    options = parser.parse_args()
    serve(product(options.k, options.threads))
