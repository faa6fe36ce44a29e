"""The rounds of a row: how many are done, and how many rows have needed so far."""

from collections.abc import Iterable
from statistics import fmean


class Rounds:
    """The rounds of the present row.

    rows: the number of earlier rows; needed: the sum of the shares of the planned rounds that they
    needed.
    """

    def __init__(self) -> None:
        self.planned = 0
        self.blocks: dict[str, int] = {}
        self.rows, self.needed = 0, 0.0

    def begin(self) -> None:
        """Begin a row; remember how many rounds the row before needed."""
        if self.are_known:
            self.needed += self.done
            self.rows += 1
        self.planned, self.blocks = 0, {}

    def plan(self, planned: int, cases: Iterable[str]) -> None:
        """Take note of the planned rounds, and of the cases that take part."""
        self.planned = planned
        self.blocks = {case: self.blocks.get(case, 0) for case in cases}

    def take(self, case: str, blocks: int) -> None:
        """Count the blocks of a turn."""
        self.blocks[case] = self.blocks.get(case, 0) + blocks

    @property
    def are_known(self) -> bool:
        """Return whether every case has had a turn, so that rounds tell how long the rest is."""
        return bool(self.planned and self.blocks) and all(self.blocks.values())

    @property
    def done(self) -> float:
        """Return the share of the planned rounds that are done."""
        return fmean(self.blocks.values()) / self.planned

    def left_s(self, since_s: float, most_s: float) -> float:
        """Return the seconds left: by the rounds so far, and by how many rows have needed.

        since_s: seconds since the first round; most_s: the most for all rounds of a case, on
        average.
        """
        usual = self.needed / self.rows if self.rows else 1.0
        by_rounds_s = since_s * max(usual - self.done, 0.0) / self.done
        return min(by_rounds_s, max(0.0, most_s * len(self.blocks) - since_s))
