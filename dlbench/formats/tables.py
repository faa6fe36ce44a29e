"""The table of a grid on a terminal and as Markdown, and the rows as CSV: writing only."""

import csv
import io
from collections.abc import Sequence
from html import escape

from rich import box
from rich.table import Table
from rich.text import Text

from dlbench.analysis.columns import COLUMNS, flatten
from dlbench.analysis.rows import Row
from dlbench.report.tables import Cell, Grid

BEST_MARK = "*"


# Characters between two columns, and those at both ends of a line and after the label.
GAP, ENDS = 2, 3


def to_rich(table: Grid, width: int) -> list[Table]:
    """For a terminal of `width` characters; columns that do not fit go to a further table.

    The best of a row is bold, and marked where there is no colour.
    """
    label_width = max((len(word) for label, _ in table.rows for word in label.split()), default=8)
    room = width - max(label_width, len(table.label)) - ENDS
    pages, taken = [[]], 0  # type: list[list[int]], int
    for column, head in enumerate(table.heads):
        written = (_plain_text(cells[column]).split("\n") for _, cells in table.rows)
        texts = [*head, *(line for lines in written for line in lines)]
        needed = max(map(len, texts)) + GAP
        if pages[-1] and taken + needed > room:
            pages.append([])
            taken = 0
        taken += needed
        pages[-1].append(column)
    return [_page(table, columns, label_width) for columns in pages]


def _page(table: Grid, columns: Sequence[int], label_width: int) -> Table:
    drawn = Table(box=box.SIMPLE_HEAD, padding=(0, GAP - 1, 0, 0))
    drawn.add_column(table.label, min_width=label_width)
    for column in columns:
        drawn.add_column(Text("\n".join(table.heads[column])), justify="right", no_wrap=True)
    for label, cells in table.rows:
        drawn.add_row(Text(label), *(_text(cells[column]) for column in columns))
    return drawn


def _text(cell: Cell) -> Text:
    return Text(_plain_text(cell), style="bold green" if cell.best else "")


def _plain_text(cell: Cell) -> str:
    note = f" [{cell.note}]" if cell.note else ""
    below = f"\n{cell.below}" if cell.below else ""
    return f"{BEST_MARK if cell.best else ''}{cell.text}{note}{below}"


def to_markdown(table: Grid) -> str:
    """A pipe table with a title line and its notes."""
    heads = [table.label, *(" ".join(head) for head in table.heads)]
    ruler = ["---"] + ["---:"] * len(table.heads)
    lines = [[escaped(label), *map(_marked, cells)] for label, cells in table.rows]
    written = [[escaped(head) for head in heads], ruler, *lines]
    body = "\n".join(f"| {' | '.join(line)} |" for line in written)
    notes = "".join(f"\n- {escaped(note)}" for note in table.notes)
    return f"**{escaped(table.title)}**\n\n{body}\n" + (f"{notes}\n" if notes else "")


def _marked(cell: Cell) -> str:
    text = f"**{escaped(cell.text)}**" if cell.best else escaped(cell.text)
    below = f" ({escaped(cell.below)})" if cell.below else ""
    note = f" [{cell.note}]" if cell.note else ""
    return f"{text}{below}{note}"


def escaped(text: str) -> str:
    """A text as one line of Markdown, without marks or HTML in it."""
    plain = escape(text, quote=False).replace("\n", " ")
    return "".join(f"\\{sign}" if sign in "|`*_" else sign for sign in plain)


def to_csv(rows: Sequence[Row]) -> str:
    """All fields of all rows, one line each; parameters in columns of their own."""
    params = list(dict.fromkeys(name for row in rows for name in row.workload.params))
    fields = [name for name in COLUMNS if name != "params"]
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    names = [*fields[:2], *(name for name in params if name not in fields), *fields[2:]]
    writer.writerow([_plain(name) for name in names])
    for row in rows:
        values = {**row.workload.params, **flatten(row)}
        writer.writerow([_plain(values.get(name)) for name in names])
    return stream.getvalue()


# What a spreadsheet takes for the beginning of a formula:
# https://owasp.org/www-community/attacks/CSV_Injection
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def _plain(value: object) -> object:
    """Empty for what is unknown, and no spreadsheet formula from a text."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return value
    text = value.replace("\r", " ")
    return f"'{text}" if value.startswith(FORMULA) else text
