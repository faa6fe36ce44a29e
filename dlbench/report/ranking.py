"""Lay out a workload as a ranking: a line for each target, the fastest first."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import inf
from typing import NamedTuple

from dlbench import units
from dlbench.analysis.labels import (
    target_names,
    varying_axes,
    varying_params,
    words_in_common,
    workload_name,
)
from dlbench.analysis.rows import Row, is_timed
from dlbench.analysis.verdicts import without_figures
from dlbench.answers.questions import others
from dlbench.formats.base import Cell, Notes, Table
from dlbench.grouping import grouped
from dlbench.records.case import Target
from dlbench.report.absent import BUSY, BUSY_MARK, STATUS_WORDS, absent, with_columns, with_lines
from dlbench.report.metrics import Metric, head_of, texts_of
from dlbench.report.view import View

# Digits of a time that other programs made too long: more would look exact.
BUSY_DIGITS = 1

# Behind a rank that several targets share.
TIE_MARK = "="

# With more lines than this on a page, each workload shows its first targets only.
MOST_LINES, FEW_LINES = 40, 5

TIES = (
    f"Rank: one more than the number of targets surely faster; {TIE_MARK} shared. "
    "±: 95 % interval of the time"
)
PAIRED = (
    "Ratios are measured side by side, so they may differ from the quotient of two times. Their "
    "intervals also allow for luck: two processes that do the same differ a little"
)

# Of a compiled mode whose eager mode was not measured.
NO_TWIN = "no eager"


class Column(NamedTuple):
    """A column of a ranking: its head, and the cell of a row."""

    head: tuple[str, ...]
    cell: Callable[[Row], Cell]


def rankings(rows: Sequence[Row], view: View, baseline: str | None = None) -> list[Table]:
    """Return a table per workload; the last one has the notes on what was not measured.

    baseline: what the rows were compared with, as in ComparedRows; None for the fastest.
    """
    shown = with_lines(with_columns(rows))
    if not shown:
        return []
    labels = varying_params(shown)
    names = target_names(list(dict.fromkeys(row.target for row in shown)))
    races = list(grouped(shown, lambda row: row.workload.id).values())
    most = view.most(MOST_LINES, FEW_LINES, len(shown))
    notes = Notes()
    tables = []
    for race in races:
        ordered = view.ordered(race)
        columns = _filled([*_columns(race, view, notes), *_against(race, baseline, names)], race)
        ranks = _ranks(race)
        lines = [
            (f"{ranks[row.case]:<3} {names[row.target]}".strip(), _line(row, columns, notes))
            for row in ordered[:most]
        ]
        if len(ordered) > len(lines):
            more = Cell(f"… {len(ordered) - len(lines)} more")
            lines.append(("", (more, *(Cell("") for _ in columns[1:]))))
        tables.append(
            Table(
                title="",
                heads=tuple(column.head for column in columns),
                rows=tuple(lines),
                notes=tuple(notes.used([cell for _, line in lines for cell in line])),
                label=workload_name(race[0].workload, labels),
                starred=False,
            )
        )
    return _with_notes(tables, [*_legend(tables), *absent(rows)])


def _filled(columns: Sequence[Column], race: Sequence[Row]) -> list[Column]:
    """Return the columns with a text in some row; the first one always."""
    good = [row for row in race if row.status == "ok"]
    return [
        column
        for place, column in enumerate(columns)
        if not place or any(column.cell(row).text for row in good)
    ]


def setting(rows: Sequence[Row]) -> str:
    """Say what all targets and workloads have in common; empty if nothing."""
    shown = with_lines(with_columns(rows))
    if not shown:
        return ""
    differing = varying_axes(row.target for row in shown)
    batches = {row.workload.params.get("batch") for row in shown} - {None}
    batch = [f"batch {batches.pop()}"] if len(batches) == 1 else []
    said = ", ".join([*words_in_common(shown[0].target, differing), *batch])
    return f"All: {said}" if said else ""


def _columns(race: Sequence[Row], view: View, notes: Notes) -> list[Column]:
    """Return the time and the metrics asked for, or the rate that suits the workload."""
    metrics = view.metrics or _usual(race)
    return [
        Column(("time",), lambda row: _time(row, notes)),
        Column(("±",), _reach),
        *(
            Column(head_of(metric, race), _metric(metric, race))
            for metric in metrics
            if metric != "time" and any(texts_of(metric, row) for row in race)
        ),
    ]


def _usual(race: Sequence[Row]) -> tuple[Metric, ...]:
    """Return the rate of a network in samples, of a product in GFLOP/s; and when compiling pays."""
    has_samples = any(row.time.samples_per_s for row in race)
    rate: Metric = "samples" if has_samples else "gflops"
    return rate, "break-even"


def _against(
    race: Sequence[Row], baseline: str | None, names: Mapping[Target, str]
) -> list[Column]:
    """Return the comparison with the fastest or the baseline, if anything was compared."""
    if all(row.comparison.ratio is None for row in race):
        return []
    if baseline is None:
        return [Column(("vs", "fastest"), _factor), Column(("95 %", "interval"), _ends)]
    own = next((names[row.target] for row in race if row.target.id == baseline), baseline)
    return [Column(("vs", *own.split()), _worded), Column(("95 %", "interval"), _interval)]


def _line(row: Row, columns: Sequence[Column], notes: Notes) -> tuple[Cell, ...]:
    if row.status == "ok":
        return tuple(column.cell(row) for column in columns)
    word = Cell(STATUS_WORDS[row.status], note=notes.number(row.reason or row.status))
    return (word, *(Cell("") for _ in columns[1:]))


def _ranks(race: Sequence[Row]) -> dict[str, str]:
    """Return the rank of each row as text, by case; empty if it has none."""
    shared = Counter(row.rank for row in race)
    return {
        row.case: ""
        if row.rank is None
        else f"{row.rank}{TIE_MARK if shared[row.rank] > 1 else ''}"
        for row in race
    }


def _time(row: Row, notes: Notes) -> Cell:
    """Write the time; a rough one where other programs disturbed it."""
    seconds = row.time.seconds
    if not seconds:
        return Cell("–")
    why = row.comparison.reason if row.rank is None and not row.busy else None
    note = notes.number(without_figures(why)) if why else None
    if row.busy:
        return Cell(f"{BUSY_MARK}{units.duration(seconds, BUSY_DIGITS)}", note=note)
    return Cell(units.duration(seconds), best=bool(row.leads), note=note)


def _reach(row: Row) -> Cell:
    """Write half of the interval of the time, in percent of it."""
    seconds, low, high = row.time.seconds, row.time.low_s, row.time.high_s
    if not seconds or low is None or high is None or row.busy:
        return Cell("")
    return Cell(units.percent((high - low) / 2 / seconds))


def _metric(metric: Metric, race: Sequence[Row]) -> Callable[[Row], Cell]:
    eager = {_but_mode(row) for row in race if row.mode_kind == "dynamic" and is_timed(row)}

    def cell(row: Row) -> Cell:
        found = None if row.busy else texts_of(metric, row)
        if found is not None:
            return Cell(found[0])
        lacks_twin = row.mode_kind == "static" and _but_mode(row) not in eager
        return Cell(NO_TWIN if metric == "break-even" and lacks_twin and not row.busy else "")

    return cell


def _but_mode(row: Row) -> tuple[str, ...]:
    """Return what a compiled mode shares with its own eager mode."""
    return others(row, "mode")


def _factor(row: Row) -> Cell:
    """Write how many times as long as the fastest the target takes: once at least."""
    found = row.comparison
    if found.ratio is None or found.verdict is None or found.low is None:
        return Cell("")
    if found.high is None:
        return Cell(f"≥ {units.ratios(found.low)[0]}x" if found.verdict == "slower" else "")
    return Cell(f"{units.ratios(*_to_fastest(row))[0]}x")


def _worded(row: Row) -> Cell:
    """Write how much faster or slower than the baseline the target is."""
    found = row.comparison
    if found.ratio is None or found.verdict is None:
        return Cell("")
    if found.low is None or found.high is None or found.verdict not in {"faster", "slower"}:
        return Cell(found.verdict)
    return Cell(f"{units.ratios(*_upward(row))[0]}x {found.verdict}")


def _interval(row: Row) -> Cell:
    found = row.comparison
    if found.ratio is None or found.low is None or found.high is None:
        return Cell("")
    return Cell("–".join(units.ratios(*_upward(row))[1:]))


def _ends(row: Row) -> Cell:
    """Write the interval of the ratio to the fastest."""
    if row.comparison.low is None or row.comparison.high is None:
        return Cell("")
    return Cell("–".join(units.ratios(*_to_fastest(row))[1:]))


def _to_fastest(row: Row) -> tuple[float, float, float]:
    """Return the ratio to the fastest with its interval; nothing is faster than the fastest."""
    found = row.comparison
    ratio, low, high = (max(1.0, end or 1.0) for end in (found.ratio, found.low, found.high))
    return ratio, low, high


def _upward(row: Row) -> tuple[float, float, float]:
    """Return a ratio and its interval; of a faster row the inverse, so that they exceed 1."""
    found = row.comparison
    ratio, low, high = found.ratio or inf, found.low or inf, found.high or inf
    return (1 / ratio, 1 / high, 1 / low) if found.verdict == "faster" else (ratio, low, high)


def _legend(tables: Sequence[Table]) -> list[str]:
    """Explain the marks that occur."""
    labels = [label for table in tables for label, _ in table.rows]
    cells = [cell.text for table in tables for _, line in table.rows for cell in line]
    has_ratios = any(head[0] == "vs" for table in tables for head in table.heads)
    return [
        *([TIES] if any(label[:3].rstrip().endswith(TIE_MARK) for label in labels) else []),
        *([PAIRED] if has_ratios else []),
        *([f"{NO_TWIN}: its eager mode was not measured"] if NO_TWIN in cells else []),
        *([BUSY] if any(text.startswith(BUSY_MARK) for text in cells) else []),
    ]


def _with_notes(tables: Sequence[Table], more: Sequence[str]) -> list[Table]:
    """Return the tables, the last one with more notes."""
    *others, last = tables
    return [*others, replace(last, notes=(*last.notes, *more))]
