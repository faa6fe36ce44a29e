"""A loop as anybody writes it: steps one after the other; no code of dlbench.

The script gets the name of a cell per line, and answers with the seconds of a step in a loop
without a pause, one value per NOTE_S. It is stopped and let go on from outside.
"""

import gzip
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

SIZES = (256, 1024)
WARM_UP_S = 1.0
# Before the times that count: threads wake and caches fill meanwhile.
LEAD_IN_S = 0.4
LOOP_S = 0.4
# The times of so many seconds are noted together: a note costs nothing beside them.
NOTE_S = 0.02
FEWEST_NOTES = 2


# Bytes before the first pixel and the first digit in the files of MNIST.
BEFORE_PIXELS, BEFORE_DIGITS = 16, 8
WHITE = 255


def images(rows: int) -> tuple[Any, Any]:
    """Images of MNIST in float32 and their digits; without the files, random ones.

    The pixels matter: many are black in all images. A training step of PyTorch takes 1.15 times as
    long on them as on random pixels, with equal shapes.
    """
    folder = os.environ.get("DLBENCH_DATA")
    if folder is None:
        rng = np.random.default_rng(0)
        return rng.random((rows, 28, 28), np.float32), rng.integers(10, size=rows)
    pixels = _values(Path(folder) / "train-images-idx3-ubyte.gz", BEFORE_PIXELS, rows * 28 * 28)
    digits = _values(Path(folder) / "train-labels-idx1-ubyte.gz", BEFORE_DIGITS, rows)
    return (pixels.reshape(rows, 28, 28) / np.float32(WHITE)), digits.astype(np.int64)


def _values(path: Path, before: int, count: int) -> Any:
    with gzip.open(path) as stream:
        return np.frombuffer(stream.read(before + count), np.uint8)[before:]


def steps_in(step: Callable[[], Any], seconds: float) -> int:
    """How many steps fit into so many seconds; they are done."""
    steps, began = 0, perf_counter()
    while perf_counter() - began < seconds:
        step()
        steps += 1
    return steps


def times(step: Callable[[], Any], number: int) -> list[float]:
    """Seconds of a step, one value for `number` steps, from a loop without a pause."""
    steps_in(step, LEAD_IN_S)
    found, began = [], perf_counter()
    while perf_counter() - began < LOOP_S or len(found) < FEWEST_NOTES:
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
    """Run the loop of each cell that is asked for, and print its times as JSON.

    product: makes the step of a matrix product; passes: make those of a network.
    """
    makers = {f"matmul {size}": partial(product, size) for size in SIZES}
    makers |= {f"{one.__name__} {name}": partial(one, name) for name in networks for one in passes}
    made: dict[str, tuple[Callable[[], Any], int]] = {}
    print(json.dumps(list(makers)), flush=True)
    for line in sys.stdin:
        name = line.strip()
        if name not in made:
            step = makers[name]()
            made[name] = step, max(1, round(NOTE_S * steps_in(step, WARM_UP_S) / WARM_UP_S))
        print(json.dumps(times(*made[name])), flush=True)
