"""A loop as anybody writes it: steps one after the other, for seconds; no code of dlbench."""

import json
import sys
from collections.abc import Callable, Mapping
from statistics import median, quantiles
from time import perf_counter
from typing import Any

WARM_UP_S = 1.0
# The times of so many seconds are noted together: a note costs nothing beside them.
NOTE_S = 0.02
FEWEST_NOTES = 2


def times(step: Callable[[], Any], seconds: float) -> list[float]:
    """Seconds of a step, one value per NOTE_S, from a loop without a pause behind a warm-up."""
    steps, began = 0, perf_counter()
    while (spent := perf_counter() - began) < WARM_UP_S:
        step()
        steps += 1
    number = max(1, round(NOTE_S * steps / spent))
    found, began = [], perf_counter()
    while perf_counter() - began < seconds or len(found) < FEWEST_NOTES:
        start = perf_counter()
        for _ in range(number):
            step()
        found.append((perf_counter() - start) / number)
    return found


def main(steps: Mapping[str, Callable[[], Callable[[], Any]]], seconds: float) -> None:
    """Run the loops of all cells and print their median and lowest tenth as JSON."""
    result = {}
    for name, make in steps.items():
        found = times(make(), seconds)
        result[name] = [median(found), quantiles(found, n=10)[0]]
        print(f"{name}: {result[name][0] * 1e6:.1f} us", file=sys.stderr)
    print(json.dumps(result))
