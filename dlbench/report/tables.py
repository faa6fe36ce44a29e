"""Lay rows out as tables: common facts go into the title, the others into heads and labels."""

from collections.abc import Iterable, Sequence

from dlbench import units
from dlbench.analysis.labels import (
    varying_axes,
    varying_params,
    words,
    words_in_common,
    workload_name,
)
from dlbench.analysis.rows import Row, leaders
from dlbench.analysis.verdicts import without_figures
from dlbench.formats.base import Cell, Notes, Table
from dlbench.grouping import grouped
from dlbench.report.absent import BUSY, BUSY_MARK, STATUS_WORDS, absent, with_columns, with_lines
from dlbench.report.metrics import SPARSE, UNTIMED, Metric, texts_of, title_of


def split_by_loop(rows: Sequence[Row]) -> list[list[Row]]:
    """Split off the rows of epochs, whose targets have loops: they get tables of their own."""
    parts = [[row for row in rows if bool(row.target.loop) is looped] for looped in (False, True)]
    return [part for part in parts if part]


def lay_out(rows: Sequence[Row], metric: Metric, notes: Notes | None = None) -> Table:
    """Lay out rows; targets and workloads that never ran are named in the notes.

    notes: those of all tables that are shown together, so that a number means one thing.
    """
    shown = with_lines(with_columns(rows))
    labels = varying_params(shown)
    axes = varying_axes(row.target for row in shown)
    targets = list(dict.fromkeys(row.target for row in shown))
    notes = notes or Notes()
    lines = []
    for workload in _by_workload(shown):
        leading = [] if metric in SPARSE else leaders(workload)
        by_target = {row.target: row for row in workload}
        line = tuple(_cell(by_target.get(target), metric, leading, notes) for target in targets)
        lines.append((workload_name(workload[0].workload, labels), line))
    cells = [cell for _, line in lines for cell in line]
    return Table(
        title=f"{title_of(metric, shown)}{_constants(shown, axes, labels)}",
        heads=tuple(words(target, axes) for target in targets),
        rows=tuple(lines),
        notes=(
            *notes.used(cells),
            *absent(rows),
            *([BUSY] if any(cell.text.startswith(BUSY_MARK) for cell in cells) else []),
        ),
    )


def ratios(rows: Sequence[Row], baseline: str, first_note: int = 1) -> Table:
    """Compare every target with the baseline, a target's id; notes start at number first_note.

    Targets and workloads are those of the other tables, without the baseline's own column.
    """
    shown = with_lines(with_columns(rows))
    labels = varying_params(shown)
    axes = varying_axes(row.target for row in shown)
    own = next(row.target for row in rows if row.target.id == baseline)
    targets = [target for target in dict.fromkeys(row.target for row in shown) if target != own]
    notes = Notes(first_note)
    lines = []
    for workload in _by_workload(shown):
        by_target = {row.target: row for row in workload}
        cells = [_ratio_cell(by_target.get(target), notes) for target in targets]
        lines.append((workload_name(workload[0].workload, labels), tuple(cells)))
    return Table(
        title=f"Compared with {' '.join(words(own, axes))}{_constants(shown, axes, labels)}",
        heads=tuple(words(target, axes) for target in targets),
        rows=tuple(lines),
        notes=tuple(notes.lines),
    )


def last_note(table: Table) -> int:
    """Return the number of the last footnote of a table, 0 if it has none."""
    return max((cell.note or 0 for _, cells in table.rows for cell in cells), default=0)


def _by_workload(rows: Iterable[Row]) -> list[list[Row]]:
    return list(grouped(rows, lambda row: row.workload.id).values())


def _constants(rows: Sequence[Row], axes: Sequence[str], labels: Sequence[str]) -> str:
    """Say what all columns and rows have in common."""
    if not rows:
        return ""
    shared = words_in_common(rows[0].target, axes)
    every = [row.workload.params for row in rows]
    batches = {params["batch"] for params in every if "batch" in params}
    if "batch" not in labels and batches:
        shared.append(f"batch {batches.pop()}")
    return f" ({', '.join(shared)})" if shared else ""


def _cell(row: Row | None, metric: Metric, leading: Sequence[Row], notes: Notes) -> Cell:
    if row is None:
        return Cell("")
    if row.status != "ok":
        return Cell(STATUS_WORDS[row.status], note=notes.number(row.reason or row.status))
    found = texts_of(metric, row)
    if found is None:
        return Cell("–")
    text, below = found
    mark = BUSY_MARK if row.busy and metric not in UNTIMED else ""
    return Cell(f"{mark}{text}", best=row in leading, below=below)


def _ratio_cell(row: Row | None, notes: Notes) -> Cell:
    """Write a comparison and its interval; the other tables explain what failed."""
    if row is None:
        return Cell("")
    if row.status != "ok":
        return Cell(STATUS_WORDS[row.status])
    found = row.comparison
    doubt = row.reason if found.verdict in {None, "unsure"} else None
    note = notes.number(without_figures(doubt)) if doubt else None
    if found.ratio is None or found.verdict is None:
        return Cell("–", note=note)
    if found.low is None or found.high is None:
        return Cell(found.verdict, note=note)
    values = (found.ratio, found.low, found.high)
    if found.verdict == "faster":
        values = (1 / found.ratio, 1 / found.high, 1 / found.low)
    factor, low, high = units.ratios(*values)
    has_factor = found.verdict in {"faster", "slower"}
    text = f"{factor}x {found.verdict}" if has_factor else found.verdict
    return Cell(text, note=note, below=f"{low}–{high}")
