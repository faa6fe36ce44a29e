"""The findings of a verification: worked examples of the lecture, and checks of networks.

A finding holds all that a report needs. This module must not know how to compute or show it.
"""

from collections.abc import Iterable, Iterator

from dlbench.records.base import Record
from dlbench.records.case import Target
from dlbench.records.measurement import ParityCheck, Status

# A number, a vector or a matrix, row by row.
Numbers = float | tuple[float, ...] | tuple[tuple[float, ...], ...]


class Figure(Record, frozen=True):
    """The result of an example in the lecture.

    expected: the result of the lecture's formula; within: the largest allowed absolute error;
    printed: the result as the lecture prints it, None if it prints only the formula; slip: the
    mistake in the printed result, or None.
    """

    example: str
    about: str
    expected: Numbers
    within: float
    printed: str | None = None
    slip: str | None = None


class Worked(Record, frozen=True):
    """The result of a backend for an example.

    values: None if the backend could not compute it; reason: why not.
    """

    figure: Figure
    backend: str
    values: Numbers | None
    reason: str | None = None
    status: Status = "ok"

    @property
    def example(self) -> str:
        """Return the name of the example."""
        return self.figure.example

    @property
    def skipped(self) -> bool:
        """Return whether this machine cannot run the backend; this is no failure."""
        return self.status == "skipped"

    @property
    def passed(self) -> bool:
        """Return whether the values equal those of the lecture's formula."""
        if self.values is None:
            return False
        pairs = zip(_each(self.values), _each(self.figure.expected), strict=True)
        return all(abs(value - expected) <= self.figure.within for value, expected in pairs)


class Agreement(Record, frozen=True):
    """The checks of all quantities of a network on a target.

    checks: empty if the target could not compute them; reason: why not.
    """

    network: str
    target: Target
    checks: tuple[ParityCheck, ...] = ()
    reason: str | None = None
    status: Status = "ok"

    @property
    def skipped(self) -> bool:
        """Return whether this machine cannot run the target; this is no failure."""
        return self.status == "skipped"

    @property
    def passed(self) -> bool:
        """Return whether every quantity is within its tolerance."""
        return bool(self.checks) and all(check.passed for check in self.checks)

    @property
    def worst(self) -> ParityCheck:
        """Return the check with the largest error relative to its tolerance."""
        return worst(self.checks)


Finding = Worked | Agreement


def worst(checks: Iterable[ParityCheck]) -> ParityCheck:
    """Return the check with the largest error relative to its tolerance."""
    return max(checks, key=lambda check: check.share)


def _each(numbers: Numbers) -> Iterator[float]:
    """Yield every number, row by row."""
    if isinstance(numbers, float):
        yield numbers
        return
    for part in numbers:
        yield from _each(part)
