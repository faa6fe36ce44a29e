"""The table of answers: a line per workload and question."""

from collections.abc import Mapping, Sequence

from dlbench import units
from dlbench.analysis.labels import names_by_case, workload_names
from dlbench.analysis.rows import Row
from dlbench.answers.answer import Answer, Answers
from dlbench.answers.questions import SIDES, TITLES
from dlbench.answers.sentences import side
from dlbench.formats.base import Cell, Table
from dlbench.grouping import grouped
from dlbench.report.view import DEFAULT, View

# Modes are compared within a backend: the rankings say when compiling pays off.
WITHOUT_TABLE = {"mode", "mode_kind"}

HEADS = (("fastest",), ("compared with",), ("times", "as long"), ("95 %", "interval"))
BASELINE_HEADS = (("baseline",), ("compared with",), ("verdict",), ("95 %", "interval"))

TWO_SIDES = (
    "Intervals are those of two sides; in a ranking they hold for all targets at once and are wider"
)

Line = tuple[str, tuple[Cell, ...]]


def tables(rows: Sequence[Row], answers: Answers, view: View = DEFAULT) -> list[Table]:
    """Return a table per question: of each workload, its fastest side and the next one.

    With a baseline among the sides, each other one is compared with it.
    """
    by_question = grouped(answers.by_workload, lambda one: one.question)
    return [
        _table(question, answered, rows, view)
        for question, answered in by_question.items()
        if question not in WITHOUT_TABLE or any(one.left == _named(view) for one in answered)
    ]


def _named(view: View) -> str | None:
    """Return the baseline as the records name it."""
    return None if view.side is None else SIDES.get(view.side, view.side)


def _table(question: str, answers: Sequence[Answer], rows: Sequence[Row], view: View) -> Table:
    names = names_by_case(rows)
    labels = dict(zip((row.workload.id for row in rows), workload_names(rows), strict=True))
    has_baseline = all(one.left == _named(view) for one in answers)
    write = _against_baseline if has_baseline else _against_fastest
    shown = [
        (labels[workload], write(answer, names))
        for workload, those in grouped(answers, lambda one: one.workload).items()
        for answer in (those if has_baseline else those[:1])
    ]
    if view.sort == "name":
        shown.sort(key=lambda line: line[0])
    return Table(
        title=TITLES[question],
        heads=BASELINE_HEADS if has_baseline else HEADS,
        rows=tuple(_cut(shown, view.top)),
        notes=(TWO_SIDES,),
        starred=False,
    )


def _cut(lines: Sequence[Line], top: int | None) -> list[Line]:
    """Return the first lines, and one that counts the others."""
    shown = list(lines[: top or None])
    if len(shown) < len(lines):
        shown.append((f"… {len(lines) - len(shown)} more", (Cell(""),) * len(HEADS)))
    return shown


def _against_fastest(answer: Answer, names: Mapping[str, str]) -> tuple[Cell, ...]:
    is_sure = answer.verdict == "slower"
    ratio, *ends = _texts(answer.ratio, answer.low, answer.high)
    return (
        Cell(names.get(answer.left_case, side(answer.left)), best=is_sure),
        Cell(names.get(answer.right_case, side(answer.right))),
        Cell(ratio if is_sure else answer.verdict),
        Cell("–".join(ends)),
    )


def _against_baseline(answer: Answer, names: Mapping[str, str]) -> tuple[Cell, ...]:
    """Write how much faster or slower than the baseline the other side is."""
    values = (answer.ratio, answer.low, answer.high)
    if answer.verdict == "faster":
        low, high = (None if end is None else 1 / end for end in (answer.high, answer.low))
        values = (1 / answer.ratio, low, high)
    ratio, *ends = _texts(*values)
    is_sure = answer.verdict in {"slower", "faster"}
    return (
        Cell(names.get(answer.left_case, side(answer.left))),
        Cell(names.get(answer.right_case, side(answer.right))),
        Cell(f"{ratio}x {answer.verdict}" if is_sure else answer.verdict),
        Cell("–".join(ends)),
    )


def _texts(ratio: float, low: float | None, high: float | None) -> list[str]:
    return units.ratios(ratio) if low is None or high is None else units.ratios(ratio, low, high)
