"""Counts the lines of dlbench that a call executes: what grows with a run, without a clock."""

import sys
from collections.abc import Callable
from pathlib import Path

import dlbench

PACKAGE = str(Path(dlbench.__file__).parent)


def lines_of(call: Callable[[], object]) -> int:
    """The number of lines that are executed, each round of a loop or a comprehension counted."""
    count = 0

    def local(frame, event, _):
        nonlocal count
        count += event == "line"
        return local

    def start(frame, event, _):
        return local if frame.f_code.co_filename.startswith(PACKAGE) else None

    before = sys.gettrace()
    sys.settrace(start)
    try:
        call()
    finally:
        sys.settrace(before)
    return count


def growth(call: Callable[[int], object], size: int) -> float:
    """How much more is done from twice to four times the size than from the size to its double.

    What is done once, whatever the size, does not count: 2 is linear, and 4 is quadratic.
    """
    first, second, third = (lines_of(lambda n=n: call(n)) for n in (size, 2 * size, 4 * size))
    return (third - second) / (second - first)
