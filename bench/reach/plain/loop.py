"""A loop as anybody writes it: steps one after the other, for seconds; no code of dlbench."""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from statistics import median, quantiles
from time import perf_counter
from typing import Any

SIZES = (256, 1024)
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


def plain(function: Any, **_: Any) -> Any:
    """The function as it is: the mode of a framework without a graph."""
    return function


def main(
    product: Callable[[int], Callable[[], Any]],
    passes: Sequence[Callable[[str], Callable[[], Any]]] = (),
    networks: Iterable[str] = (),
) -> None:
    """Run the loops of all cells and print their median and lowest tenth as JSON.

    product: makes the step of a matrix product; passes: make those of a network.
    """
    steps = {f"matmul {size}": partial(product, size) for size in SIZES}
    steps |= {f"{one.__name__} {name}": partial(one, name) for name in networks for one in passes}
    result = {}
    for name, make in steps.items():
        found = times(make(), float(sys.argv[3]))
        result[name] = [median(found), quantiles(found, n=10)[0]]
        print(f"{name}: {result[name][0] * 1e6:.1f} us", file=sys.stderr)
    print(json.dumps(result))
