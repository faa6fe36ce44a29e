"""Lay rows out as tables: common facts go into the title, the others into heads and labels."""

from collections.abc import Callable, Iterable, Sequence

from dlbench import units
from dlbench.analysis.labels import (
    target_names,
    varying_axes,
    varying_params,
    words,
    words_in_common,
    workload_name,
    workload_names,
)
from dlbench.analysis.rows import Row, leaders
from dlbench.analysis.verdicts import without_figures
from dlbench.formats.base import Cell, Notes, Table
from dlbench.grouping import grouped
from dlbench.records.case import Target
from dlbench.report.metrics import SPARSE, Metric, Texts, title_of

# Workloads that a note names; there may be hundreds.
MOST_NAMED = 4

# Before a figure that was measured while other programs used the CPU, and its explanation.
BUSY_MARK = "!"
BUSY = f"{BUSY_MARK} measured while other programs used the CPU, which makes times too long"

STATUS_WORDS = {
    "skipped": "skipped",
    "parity_failed": "wrong",
    "failed": "failed",
    "timed_out": "hung",
    "out_of_memory": "no memory",
}


def split_by_loop(rows: Sequence[Row]) -> list[list[Row]]:
    """Split off the rows of epochs, whose targets have loops: they get tables of their own."""
    parts = [[row for row in rows if bool(row.target.loop) is looped] for looped in (False, True)]
    return [part for part in parts if part]


def lay_out(rows: Sequence[Row], metric: Metric, notes: Notes | None = None) -> Table:
    """Lay out rows; targets and workloads that never ran are named in the notes.

    notes: those of all tables that are shown together, so that a number means one thing.
    """
    shown = _with_lines(_with_columns(rows))
    labels = varying_params(shown)
    axes = varying_axes(row.target for row in shown)
    targets = list(dict.fromkeys(row.target for row in shown))
    unit, texts = title_of(metric, shown)
    notes = notes or Notes()
    lines = []
    for workload in _by_workload(shown):
        leading = [] if metric in SPARSE else leaders(workload)
        by_target = {row.target: row for row in workload}
        line = tuple(_cell(by_target.get(target), texts, leading, notes) for target in targets)
        lines.append((workload_name(workload[0].workload, labels), line))
    cells = [cell for _, line in lines for cell in line]
    return Table(
        title=f"{unit}{_constants(shown, axes, labels)}",
        heads=tuple(words(target, axes) for target in targets),
        rows=tuple(lines),
        notes=(
            *notes.used(cells),
            *_no_column(rows),
            *_no_line(rows),
            *_synthetic(shown),
            *([BUSY] if any(cell.text.startswith(BUSY_MARK) for cell in cells) else []),
        ),
    )


def ratios(rows: Sequence[Row], baseline: str, first_note: int = 1) -> Table:
    """Compare every target with the baseline, a target's id; notes start at number first_note.

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
        title=f"Compared with {' '.join(words(own, axes))}{_constants(shown, axes, labels)}",
        heads=tuple(words(target, axes) for target in targets),
        rows=tuple(lines),
        notes=tuple(notes.lines),
    )


def last_note(table: Table) -> int:
    """Return the number of the last footnote of a table, 0 if it has none."""
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
    """Say what all columns and rows have in common."""
    if not rows:
        return ""
    shared = words_in_common(rows[0].target, axes)
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
    text, below = found
    return Cell(f"{BUSY_MARK if row.busy else ''}{text}", best=row in leading, below=below)


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


def _no_column(rows: Sequence[Row]) -> list[str]:
    """Name the targets without a column by reason; a reason that names its backend says enough."""
    columns = {row.target for row in _with_columns(rows)}
    absent = [row for row in rows if row.target not in columns and row.reason]
    names = target_names(list(dict.fromkeys(row.target for row in rows)))
    return [
        f"Not measured: {_unless_named([names[t] for t in _targets(those)], reason)}{reason}"
        for reason, those in grouped(absent, lambda row: str(row.reason)).items()
    ]


def _targets(rows: Sequence[Row]) -> list[Target]:
    return list(dict.fromkeys(row.target for row in rows))


def _unless_named(names: Sequence[str], reason: str) -> str:
    """List the names before the reason, unless it begins with the backend's name."""
    is_named = all(name.partition(" ")[0] == reason.partition(" ")[0] for name in names)
    return "" if is_named else f"{', '.join(names)}: "


def _no_line(rows: Sequence[Row]) -> list[str]:
    """Name the workloads without a line, by reason."""
    columns = _with_columns(rows)
    lines = {row.workload.id for row in _with_lines(columns)}
    absent = [row for row in columns if row.workload.id not in lines]
    return [
        f"Not measured: {_listed(workload_names(those))}: {reason}"
        for reason, those in grouped(absent, lambda row: str(row.reason)).items()
    ]


def _listed(names: Sequence[str]) -> str:
    """List the first names, each once, and count the others."""
    known = list(dict.fromkeys(names))
    more = f" and {len(known) - MOST_NAMED} more" if len(known) > MOST_NAMED else ""
    return f"{', '.join(known[:MOST_NAMED])}{more}"


def _synthetic(rows: Sequence[Row]) -> list[str]:
    names = synthetic_networks(rows)
    return [f"Measured on random numbers instead of data: {', '.join(names)}"] if names else []


def synthetic_networks(rows: Sequence[Row]) -> list[str]:
    """Return the networks that were measured on random numbers, sorted."""
    workloads = [row.workload for row in rows]
    return sorted({str(one.params.get("network")) for one in workloads if one.synthetic})
