"""What a verification has found, as frozen records: examples of the lecture, and networks.

They carry what is told of them. It must not know how anything is computed or shown.
"""

from collections.abc import Iterable, Iterator

from dlbench.records.base import Record
from dlbench.records.case import Target
from dlbench.records.measurement import ParityCheck, Status

# A number, a vector or a matrix, row by row.
Numbers = float | tuple[float, ...] | tuple[tuple[float, ...], ...]


class Figure(Record, frozen=True):
    """What the lecture says that an example comes to.

    expected: by the lecture's formula, met to within `within` (absolute); printed: as the lecture
    prints it, None where it gives the formula only; slip: what is wrong with what is printed.
    """

    example: str
    about: str
    expected: Numbers
    within: float
    printed: str | None = None
    slip: str | None = None


class Worked(Record, frozen=True):
    """An example as a backend computes it. values: None where it could not; status: ok, or why."""

    figure: Figure
    backend: str
    values: Numbers | None
    reason: str | None = None
    status: Status = "ok"

    @property
    def example(self) -> str:
        """Its name."""
        return self.figure.example

    @property
    def skipped(self) -> bool:
        """Whether it cannot be had on this machine, which is not wrong."""
        return self.status == "skipped"

    @property
    def passed(self) -> bool:
        """Whether it is what the lecture's formula gives."""
        if self.values is None:
            return False
        pairs = zip(_each(self.values), _each(self.figure.expected), strict=True)
        return all(abs(value - expected) <= self.figure.within for value, expected in pairs)


class Agreement(Record, frozen=True):
    """All quantities of a network on a target. status, reason: why there are none."""

    network: str
    target: Target
    checks: tuple[ParityCheck, ...] = ()
    reason: str | None = None
    status: Status = "ok"

    @property
    def skipped(self) -> bool:
        """Whether it cannot be had on this machine, which is not wrong."""
        return self.status == "skipped"

    @property
    def passed(self) -> bool:
        """Whether every quantity is within its tolerance."""
        return bool(self.checks) and all(check.passed for check in self.checks)

    @property
    def worst(self) -> ParityCheck:
        """The quantity that is nearest to its tolerance, or the furthest beyond."""
        return worst(self.checks)


Finding = Worked | Agreement


def worst(checks: Iterable[ParityCheck]) -> ParityCheck:
    """The one that is nearest to its tolerance, or the furthest beyond."""
    return max(checks, key=lambda check: check.share)


def _each(numbers: Numbers) -> Iterator[float]:
    """Every number, row by row."""
    if isinstance(numbers, float):
        yield numbers
        return
    for part in numbers:
        yield from _each(part)
