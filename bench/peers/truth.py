"""How much slower the slowed-down steps truly are: a long interleaved measurement, without dlbench.

A step is slowed down by more work of its own kind, a larger k. `search` finds the k; `establish`
measures them anew: fresh processes, in each of them short blocks of every step, shuffled round
by round, so that the steps share every mood of the machine. The processes' medians are independent
and give the interval (Student's t).
"""

import argparse
import json
import random
import subprocess
import sys
from collections.abc import Callable, Sequence
from math import exp, log
from statistics import fmean, median, stdev
from time import perf_counter
from typing import Any

from scipy import stats
from steps import SIZE, product

BLOCK_S = 0.005
WARM_UP_S = 0.2
LEAD_IN = 2

# The slow-downs wanted, in percent, and where their k is looked for.
SLOW_DOWNS = (3, 5, 10)
CANDIDATES = tuple(range(SIZE, SIZE + 41, 2))

# A step stands for a slow-down if its ratio is known to be as near as this, so precisely.
MOST_AWAY = 0.01
WIDEST = 0.005

Record = dict[str, Any]


def in_one_process(ks: Sequence[int], threads: int, seconds: float) -> list[float]:
    """Log ratios of every step to the first, measured here and now."""
    steps = [product(k, threads) for k in ks]
    iterations = [_iterations(step) for step in steps]
    logs: list[list[float]] = [[] for _ in ks]
    shuffle = random.Random(0).shuffle  # noqa: S311 - no secret
    end = perf_counter() + seconds
    while perf_counter() < end:
        order = list(range(len(ks)))
        shuffle(order)
        for turns in (order, order[::-1]):
            times = {index: _time(steps[index], iterations[index]) for index in turns}
            for index, values in enumerate(logs):
                values.append(log(times[index] / times[0]))
    return [median(values) for values in logs]


def _iterations(step: Callable[[], object]) -> int:
    calls, start = 0, perf_counter()
    while perf_counter() < start + WARM_UP_S / 2:
        step()
    start = perf_counter()
    while (spent := perf_counter() - start) < WARM_UP_S / 2:
        step()
        calls += 1
    return max(1, round(BLOCK_S * calls / spent))


def _time(step: Callable[[], object], iterations: int) -> float:
    for _ in range(LEAD_IN):
        step()
    start = perf_counter()
    for _ in range(iterations):
        step()
    return (perf_counter() - start) / iterations


def in_fresh_processes(
    ks: Sequence[int], threads: int, seconds: float, processes: int
) -> list[list[float]]:
    """The same in processes of their own, one after the other: log ratios by process."""
    command = [sys.executable, __file__, "--threads", str(threads), "--seconds", str(seconds)]
    command += ["--k", *map(str, ks)]
    return [
        json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        for _ in range(processes)
    ]


def search(threads: int, seconds: float, processes: int) -> dict[int, int]:
    """The k whose step is about so many percent slower, by slow-down."""
    found = in_fresh_processes(CANDIDATES, threads, seconds, processes)
    return nearest(CANDIDATES, [median(values) for values in zip(*found, strict=True)])


def nearest(ks: Sequence[int], logs: Sequence[float]) -> dict[int, int]:
    """For every slow-down the k whose ratio is nearest to it."""
    return {
        percent: min(zip(ks, logs, strict=True), key=lambda pair: abs(exp(pair[1]) - wanted))[0]
        for percent in SLOW_DOWNS
        for wanted in [1 + percent / 100]
    }


def establish(ks: dict[int, int], threads: int, seconds: float, processes: int) -> Record:
    """The true ratios with their intervals; beside them that of the step to itself."""
    found = in_fresh_processes([SIZE, SIZE, *ks.values()], threads, seconds, processes)
    _, null, *slow = zip(*found, strict=True)
    return {
        "kind": "truth",
        "size": SIZE,
        "processes": processes,
        "seconds": seconds,
        "itself": interval(null),
        "slow": {
            str(percent): {"k": k, **interval(logs)}
            for (percent, k), logs in zip(ks.items(), slow, strict=True)
        },
    }


def fits(percent: int, found: Record) -> bool:
    """Whether a step with this true ratio may be called slower by so many percent."""
    away, half = abs(found["ratio"] - 1 - percent / 100), (found["high"] - found["low"]) / 2
    return bool(away <= MOST_AWAY and half <= WIDEST)


def interval(logs: Sequence[float], confidence: float = 0.95) -> dict[str, float | list[float]]:
    """The mean ratio of independent processes with its Student interval."""
    middle = fmean(logs)
    half = 0.0
    if len(logs) > 1:
        quantile = float(stats.t.ppf((1 + confidence) / 2, len(logs) - 1))
        half = quantile * stdev(logs) / len(logs) ** 0.5
    return {
        "ratio": exp(middle),
        "low": exp(middle - half),
        "high": exp(middle + half),
        "by_process": [exp(value) for value in logs],
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--k", type=int, nargs="+", required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    options = parser.parse_args()
    print(json.dumps(in_one_process(options.k, options.threads, options.seconds)))
