"""Crossovers: along a batch or a size, one side is faster first, then the other.

Between the last workload in which one side is surely faster and the first in which the other one
is, the answer changes; where exactly is not claimed. That needs no curve, only that the answer
changes no more often than it is seen to.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import combinations, groupby
from typing import NamedTuple

from dlbench.analysis.pairing.contest import ALPHA
from dlbench.analysis.rows import Row
from dlbench.answers.duel import Duel
from dlbench.answers.questions import Question, others, value
from dlbench.answers.series import Series, series_of
from dlbench.grouping import grouped
from dlbench.records.base import Record
from dlbench.records.case import Target
from dlbench.stats.multiple import holm

# Modes are compared within a backend, like with like; of all other sides the best are compared.
WITHIN = {"mode", "mode_kind"}

# The comparison of all targets of both sides, and that of those which every workload has.
BOTH = 2

Fight = Callable[[str, Sequence[str], Sequence[str]], Duel]
"""Compare two groups of cases, by their ids, of a workload."""


class Span(Record, frozen=True):
    """Neighbouring workloads in which the same side is surely faster.

    first, last: the smallest and the largest value of the parameter among them.
    """

    side: str
    first: int
    last: int


class Crossover(Record, frozen=True):
    """A question whose answer changes along a parameter.

    same: the values of the other axes, if only targets with these were compared; kind, fixed: of
    the workloads, and their other parameters; parameter: `batch`, `size` or another one; spans:
    two or more, in ascending order. The answer changes between the `last` of one and the `first` of
    the next; all that is said of a series holds together in 95 % of runs.
    """

    question: str
    left: str
    right: str
    same: tuple[str, ...]
    kind: str
    fixed: dict[str, int | str]
    parameter: str
    spans: tuple[Span, ...]


class _Sides(NamedTuple):
    """Two sides of a question, and what their targets have in common."""

    left: str
    right: str
    same: tuple[str, ...] = ()


Both = tuple[list[Row], list[Row]]


def crossovers_of(question: Question, rows: Sequence[Row], fight: Fight) -> Iterator[Crossover]:
    """Return where the answers to a question change. rows: all that were timed."""
    by_workload = grouped(rows, lambda row: row.workload.id)
    split = _like if question.axis in WITHIN else _best
    sides = {id_: split(question, those) for id_, those in by_workload.items()}
    for series in series_of(those[0].workload for those in by_workload.values()):
        points = {number: sides[id_] for number, id_ in series.points.items()}
        for pair in dict.fromkeys(pair for found in points.values() for pair in found):
            both = {number: found[pair] for number, found in points.items() if pair in found}
            spans = _spans(pair, series, both, fight)
            if len(spans) > 1:
                yield _crossover(question, pair, series, spans)


def _best(question: Question, rows: Sequence[Row]) -> dict[_Sides, Both]:
    """Pair the rows of every two sides of a workload."""
    by_side = grouped(rows, lambda row: value(row, question.axis))
    return {
        _Sides(left, right): (by_side[left], by_side[right])
        for left, right in combinations(question.values, 2)
        if left in by_side and right in by_side
    }


def _like(question: Question, rows: Sequence[Row]) -> dict[_Sides, Both]:
    """Pair every two rows that differ in the mode alone."""
    return {
        _Sides(left.target.mode, right.target.mode, same): ([left], [right])
        for same, those in grouped(rows, lambda row: others(row, question.axis)).items()
        for pair in combinations(those, 2)
        for left, right in [sorted(pair, key=lambda row: (row.mode_kind, row.target.mode))]
        if value(left, question.axis) != value(right, question.axis)
    }


def _spans(pair: _Sides, series: Series, both: Mapping[int, Both], fight: Fight) -> list[Span]:
    """Return neighbouring points with the same sure side; the error is shared by all points."""
    kept = [_everywhere([rows[place] for rows in both.values()]) for place in range(BOTH)]
    duels = {
        number: _fights(series.points[number], whole, kept, fight) for number, whole in both.items()
    }
    gates = holm([_p(found) for found in duels.values()])
    sure = [
        (pair.left if found[0].verdict == "slower" else pair.right, number)
        for (number, found), gate in zip(duels.items(), gates, strict=True)
        if gate is not None and gate <= ALPHA
    ]
    return [
        Span(side, numbers[0], numbers[-1])
        for side, those in groupby(sure, key=lambda point: point[0])
        if (numbers := [number for _, number in those])
    ]


def _fights(
    workload: str, whole: Both, everywhere: Sequence[AbstractSet[Target]], fight: Fight
) -> list[Duel]:
    """Compare both sides, and again those of their targets that all points have.

    A target that is missing somewhere would otherwise change the answer.
    """
    common = [
        [row for row in rows if row.target in kept]
        for rows, kept in zip(whole, everywhere, strict=True)
    ]
    cases = [[[row.case for row in side] for side in sides] for sides in (whole, common)]
    return [fight(workload, left, right) for left, right in cases if left and right]


def _everywhere(points: Sequence[Sequence[Row]]) -> AbstractSet[Target]:
    """Return the targets that every point has."""
    first, *rest = ({row.target for row in rows} for rows in points)
    return first.intersection(*rest)


def _p(duels: Sequence[Duel]) -> float | None:
    """Return the p-value of one side's being faster; None unless both comparisons say the same."""
    verdicts = {one.verdict for one in duels}
    if len(duels) < BOTH or verdicts not in ({"slower"}, {"faster"}):
        return None
    ps = [one.p for one in duels if one.p is not None]
    return max(ps) if len(ps) == BOTH else None


def _crossover(
    question: Question, pair: _Sides, series: Series, spans: Sequence[Span]
) -> Crossover:
    return Crossover(
        question=question.axis,
        left=pair.left,
        right=pair.right,
        same=pair.same,
        kind=series.kind,
        fixed=dict(series.fixed),
        parameter=series.parameter,
        spans=tuple(spans),
    )
