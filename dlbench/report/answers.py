"""The table of answers: a line per workload and question."""

from collections.abc import Mapping, Sequence

from dlbench import units
from dlbench.analysis.labels import names_by_case, workload_names
from dlbench.analysis.rows import Row
from dlbench.answers.answer import Answer, Answers
from dlbench.answers.questions import TITLES
from dlbench.answers.sentences import side
from dlbench.formats.base import Cell, Table
from dlbench.grouping import grouped

# Modes are compared within a backend: the table of break-even has them.
WITHOUT_TABLE = {"mode", "mode_kind"}

HEADS = (("fastest",), ("compared with",), ("times", "as long"), ("95 %", "interval"))


def tables(rows: Sequence[Row], answers: Answers) -> list[Table]:
    """Return a table per question: of each workload, its fastest side and the next one."""
    names = names_by_case(rows)
    labels = dict(zip((row.workload.id for row in rows), workload_names(rows), strict=True))
    return [
        Table(
            title=TITLES[question],
            heads=HEADS,
            rows=tuple(
                (labels[workload], _cells(those[0], names))
                for workload, those in grouped(answered, lambda one: one.workload).items()
            ),
            notes=(),
        )
        for question, answered in grouped(answers.by_workload, lambda one: one.question).items()
        if question not in WITHOUT_TABLE
    ]


def _cells(answer: Answer, names: Mapping[str, str]) -> tuple[Cell, ...]:
    is_sure = answer.verdict == "slower"
    ratio, *ends = _texts(answer)
    return (
        Cell(names.get(answer.left_case, side(answer.left)), best=is_sure),
        Cell(names.get(answer.right_case, side(answer.right))),
        Cell(ratio if is_sure else answer.verdict),
        Cell("–".join(ends)),
    )


def _texts(answer: Answer) -> list[str]:
    if answer.low is None or answer.high is None:
        return units.ratios(answer.ratio)
    return units.ratios(answer.ratio, answer.low, answer.high)
