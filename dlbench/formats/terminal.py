"""Text for a terminal: tables as wide as it is, and colour where it has any."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rich import box
from rich.console import Console
from rich.table import Table as Drawing
from rich.text import Text

from dlbench.formats.base import Cell, Document, Sheet, Table, TrainingDocument

DECLARATION = {"option": "table"}


BEST_MARK = "*"


LEGEND = "fastest of its row, or not measurably slower"


RATIO_LEGEND = "second line: 95 % interval (unsure, same: of time / time of the baseline)"


ANSWER_LEGEND = "[ ]: 95 % interval; averages are geometric means over workloads"


# Characters between two columns, and at the end of a line.
GAP, END = 2, 1


class _Line(NamedTuple):
    """A line of text, and its style where there is colour."""

    text: str
    style: str = ""


def write(document: Document, console: Console, /) -> str:
    """Return the document as the console would print it."""
    return _drawn(_parts(document), console)


def write_sheet(sheet: Sheet, console: Console, /) -> str:
    """Return what several runs say as the console would print it."""
    return _drawn(_parts_of(sheet), console)


def _drawn(parts: Iterable[Table | _Line], console: Console) -> str:
    with console.capture() as captured:
        for part in parts:
            if isinstance(part, Table):
                _print(console, _Line(f"\n{part.title}".rstrip(), "bold"))
                for drawing in to_rich(part, console.width):
                    console.print(drawing)
            else:
                _print(console, part)
    return captured.get() if console.is_terminal else _trimmed(captured.get())


def _trimmed(text: str) -> str:
    """Return a text without spaces at the ends of its lines, and without two empty lines in a row.

    They come from tables, and show as changes between two files.
    """
    lines = [line.rstrip() for line in text.split("\n")]
    return "\n".join(
        line for line, before in zip(lines, ["-", *lines[:-1]], strict=True) if line or before
    )


def write_trainings(document: TrainingDocument, console: Console, /) -> str:
    """Return the table of trainings as the console would print it, with its notes."""
    table = document.table
    with console.capture() as captured:
        for warning in document.warnings:
            _print(console, _Line(f"Warning: {warning}", "yellow"))
        _print(console, _Line(document.source, "dim"))
        _print(console, _Line(f"\n{table.title}", "bold"))
        console.print(*to_rich(table, console.width), sep="")
        for note in table.notes:
            _print(console, _Line(note))
    return captured.get()


def _print(console: Console, line: _Line) -> None:
    """Print a line, wrapped for a person and whole for a program such as grep."""
    console.print(
        line.text,
        style=line.style,
        markup=False,
        highlight=False,
        soft_wrap=not console.is_terminal,
    )


def _parts(document: Document) -> Iterator[Table | _Line]:
    """Yield everything from top to bottom."""
    yield from (_Line(f"Warning: {warning}", "yellow") for warning in document.warnings)
    yield _Line(document.source, "dim")
    if document.setting:
        yield _Line(document.setting, "dim")
    if document.answers:
        yield _Line("")
        yield from (_Line(f"- {answer}", "bold") for answer in document.answers)
        yield _Line(ANSWER_LEGEND, "dim")
    yield from document.tables
    yield _Line("")
    notes = (note for table in document.tables for note in table.notes)
    yield from map(_Line, dict.fromkeys(notes))
    if any(table.has_star for table in document.tables):
        yield _Line(f"{BEST_MARK} {LEGEND}", "dim")
    if document.ratios:
        yield document.ratios
        yield from map(_Line, document.ratios.notes)
        if any(cell.below for _, cells in document.ratios.rows for cell in cells):
            yield _Line(RATIO_LEGEND, "dim")
    if document.rerun:
        yield _Line(document.rerun)
    yield from (_Line(line, "dim") for line in document.remarks)


def _parts_of(sheet: Sheet) -> Iterator[Table | _Line]:
    """Yield everything from top to bottom."""
    yield from (_Line(f"Warning: {warning}", "yellow") for warning in sheet.warnings)
    yield from (_Line(source, "dim") for source in sheet.sources)
    if sheet.answers:
        yield _Line("")
        yield from (_Line(f"- {answer}", "bold") for answer in sheet.answers)
    if sheet.legend:
        yield _Line(sheet.legend, "dim")
    yield from sheet.tables
    yield _Line("")
    yield from map(_Line, dict.fromkeys(note for table in sheet.tables for note in table.notes))
    yield from (_Line(line, "dim") for line in sheet.remarks)


def to_rich(table: Table, width: int) -> list[Drawing]:
    """Draw a table for a terminal of `width` characters; further columns go to further tables.

    The best of a row is bold, and marked where there is no colour.
    """
    labels = [table.label, *(label for label, _ in table.rows)]
    label_width = max(len(word) for label in labels for word in [*label.split(), ""])
    room = width - label_width - END
    parts, taken = [[]], 0  # type: list[list[int]], int
    for column in range(len(table.heads)):
        needed = _needed(table, column)
        if parts[-1] and taken + needed > room:
            parts.append([])
            taken = 0
        taken += needed
        parts[-1].append(column)
    return [_drawing(table, columns, label_width) for columns in parts]


def _needed(table: Table, column: int) -> int:
    """The width of a column, with the gap beside it."""
    texts = [*table.heads[column]]
    for _, cells in table.rows:
        texts += _text_of(cells[column], starred=table.starred).split("\n")
    return max(map(len, texts)) + GAP


def _drawing(table: Table, columns: Sequence[int], label_width: int) -> Drawing:
    drawing = Drawing(
        box=box.SIMPLE_HEAD, padding=(0, GAP - 1, 0, 0), header_style="bold", show_edge=False
    )
    drawing.add_column(Text(table.label), min_width=label_width)
    for column in columns:
        drawing.add_column(Text("\n".join(table.heads[column])), justify="right", no_wrap=True)
    for label, cells in table.rows:
        drawing.add_row(
            Text(label), *(_styled(cells[column], starred=table.starred) for column in columns)
        )
    return drawing


def _styled(cell: Cell, *, starred: bool) -> Text:
    return Text(_text_of(cell, starred=starred), style="bold green" if cell.best else "")


def _text_of(cell: Cell, *, starred: bool) -> str:
    note = f" [{cell.note}]" if cell.note else ""
    below = f"\n{cell.below}" if cell.below else ""
    return f"{BEST_MARK if cell.best and starred else ''}{cell.text}{note}{below}"
