"""Lay rows out as tables: the title says what all have in common, heads and labels the rest."""

from collections.abc import Callable, Iterable, Sequence

from dlbench import units
from dlbench.analysis.labels import TARGET_AXES, varying_axes, varying_params, words, workload_name
from dlbench.analysis.rows import Row, leaders
from dlbench.analysis.verdicts import without_figures
from dlbench.formats.base import Cell, Notes, Table
from dlbench.grouping import grouped
from dlbench.report.metrics import SPARSE, Metric, Texts, title_of

STATUS_WORDS = {
    "skipped": "skipped",
    "parity_failed": "wrong",
    "failed": "failed",
    "timed_out": "hung",
    "out_of_memory": "no memory",
}


def split_by_loop(rows: Sequence[Row]) -> list[list[Row]]:
    """What goes into tables of their own: epochs have loops for targets, which others have not."""
    parts = [[row for row in rows if bool(row.target.loop) is looped] for looped in (False, True)]
    return [part for part in parts if part]


def lay_out(rows: Sequence[Row], metric: Metric) -> Table:
    """Lay out rows: what is the same for all goes to the title, what never ran to the notes."""
    shown = _with_lines(_with_columns(rows))
    labels = varying_params(shown)
    axes = varying_axes(row.target for row in shown)
    targets = list(dict.fromkeys(row.target for row in shown))
    unit, texts = title_of(metric, shown)
    notes = Notes()
    lines = []
    for workload in _by_workload(shown):
        leading = [] if metric in SPARSE else leaders(workload)
        by_target = {row.target: row for row in workload}
        cells = [_cell(by_target.get(target), texts, leading, notes) for target in targets]
        lines.append((workload_name(workload[0].workload, labels), tuple(cells)))
    return Table(
        title=f"{unit}{_constants(shown, axes, labels)}",
        heads=tuple(words(target, axes) for target in targets),
        rows=tuple(lines),
        notes=(*notes.lines, *_no_column(rows), *_no_line(rows), *_synthetic(shown)),
    )


def ratios(rows: Sequence[Row], baseline: str, first_note: int = 1) -> Table:
    """Times over those of the baseline, a target's id; notes are numbered from first_note on.

    Targets and workloads are those of the other tables, without the baseline's own column.
    """
    shown = _with_lines(_with_columns(rows))
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
        title=f"time / time of {' '.join(words(own, axes))}{_constants(shown, axes, labels)}",
        heads=tuple(words(target, axes) for target in targets),
        rows=tuple(lines),
        notes=tuple(notes.lines),
    )


def last_note(table: Table) -> int:
    """The number of the last footnote of a table, 0 if it has none."""
    return max((cell.note or 0 for _, cells in table.rows for cell in cells), default=0)


def _with_columns(rows: Sequence[Row]) -> list[Row]:
    """Rows of targets that ran at least once; all, if none did."""
    ran = {row.target for row in rows if row.status != "skipped"}
    return [row for row in rows if row.target in ran] or list(rows)


def _with_lines(rows: Sequence[Row]) -> list[Row]:
    """Rows of workloads that ran on at least one target; all, if none did."""
    ran = {row.workload.id for row in rows if row.status != "skipped"}
    return [row for row in rows if row.workload.id in ran] or list(rows)


def _by_workload(rows: Iterable[Row]) -> list[list[Row]]:
    return list(grouped(rows, lambda row: row.workload.id).values())


def _constants(rows: Sequence[Row], axes: Sequence[str], labels: Sequence[str]) -> str:
    """What all columns and rows have in common."""
    if not rows:
        return ""
    common = [axis for axis in TARGET_AXES if axis not in axes]
    shared = [*filter(None, words(rows[0].target, common))]
    every = [row.workload.params for row in rows]
    batches = {params["batch"] for params in every if "batch" in params}
    if "batch" not in labels and batches:
        shared.append(f"batch {batches.pop()}")
    return f" ({', '.join(shared)})" if shared else ""


def _cell(
    row: Row | None, texts: Callable[[Row], Texts | None], leading: Sequence[Row], notes: Notes
) -> Cell:
    if row is None:
        return Cell("")
    if row.status != "ok":
        return Cell(STATUS_WORDS[row.status], note=notes.number(row.reason or row.status))
    found = texts(row)
    if found is None:
        return Cell("–")
    return Cell(found[0], best=row in leading, below=found[1])


def _ratio_cell(row: Row | None, notes: Notes) -> Cell:
    """A ratio and its verdict, and the interval below; what failed is explained elsewhere."""
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
        return Cell(f"{units.significant(found.ratio)} {found.verdict}", note=note)
    ratio, low, high = units.ratios(found.ratio, found.low, found.high)
    return Cell(f"{ratio} {found.verdict}", note=note, below=f"{low}–{high}")


def _no_column(rows: Sequence[Row]) -> list[str]:
    """Why targets have no column, each reason once."""
    columns = {row.target for row in _with_columns(rows)}
    reasons = (row.reason for row in rows if row.target not in columns)
    return [f"no column: {reason}" for reason in dict.fromkeys(reasons) if reason]


def _no_line(rows: Sequence[Row]) -> list[str]:
    """How many workloads have no line, by reason."""
    columns = _with_columns(rows)
    lines = {row.workload.id for row in _with_lines(columns)}
    absent: dict[str, set[str]] = {}
    for row in columns:
        if row.workload.id not in lines:
            absent.setdefault(str(row.reason), set()).add(row.workload.id)
    return [
        f"{units.counted(len(workloads), 'workload')} without a line: {reason}"
        for reason, workloads in absent.items()
    ]


def _synthetic(rows: Sequence[Row]) -> list[str]:
    names = synthetic_networks(rows)
    return [f"on synthetic data: {', '.join(names)}"] if names else []


def synthetic_networks(rows: Sequence[Row]) -> list[str]:
    """The networks that were measured on synthetic data, sorted."""
    workloads = [row.workload for row in rows]
    return sorted({str(one.params.get("network")) for one in workloads if one.synthetic})
