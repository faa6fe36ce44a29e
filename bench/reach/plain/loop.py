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
# A cell is visited so often, the others in between: what disturbs the machine for seconds is met
# by a visit and not by all of them.
VISITS = 3
LEAD_IN_S = 0.3
# The times of so many seconds are noted together: a note costs nothing beside them.
NOTE_S = 0.02
FEWEST_NOTES = 2


def steps_in(step: Callable[[], Any], seconds: float) -> int:
    """How many steps fit into so many seconds; they are done."""
    steps, began = 0, perf_counter()
    while perf_counter() - began < seconds:
        step()
        steps += 1
    return steps


def times(step: Callable[[], Any], number: int, seconds: float) -> list[float]:
    """Seconds of a step, one value for `number` steps, from a loop without a pause."""
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
    made = {name: make() for name, make in steps.items()}
    numbers = {
        name: max(1, round(NOTE_S * steps_in(step, WARM_UP_S) / WARM_UP_S))
        for name, step in made.items()
    }
    found: dict[str, list[float]] = {name: [] for name in made}
    for _ in range(VISITS):
        for name, step in made.items():
            steps_in(step, LEAD_IN_S)
            found[name] += times(step, numbers[name], float(sys.argv[3]) / VISITS)
    print(json.dumps({name: [median(t), quantiles(t, n=10)[0]] for name, t in found.items()}))
