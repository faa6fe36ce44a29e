"""Whose turn it is: every case once a round, the order seeded, and mirrored from round to round.

A B C | C B A: what changes steadily while two rounds go by falls on all cases alike.
"""

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


def order(cases: Sequence[T], number: int, seed: str) -> list[T]:
    """The turns of a round: every second one is the mirror image of the one before."""
    forward = list(cases)
    Random(f"{seed}/{number // 2}").shuffle(forward)  # noqa: S311 - no secret
    return forward[::-1] if number % 2 else forward
