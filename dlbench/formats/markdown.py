"""Markdown for issues, pull requests and documents: pipe tables, and a list of remarks."""

import re
from collections.abc import Iterator

from rich.console import Console

from dlbench.analysis.labels import one_line
from dlbench.formats.base import Cell, Document, Sheet, Table, TrainingDocument

DECLARATION = {"option": "md", "export": "markdown"}


# An underscore within a word is none of Markdown's marks, and common in names.
MARKS = re.compile(r"[\\`*\[\]|~#$!]|(?<![^\W_])_|_(?![^\W_])")


ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def write(document: Document, _: Console, /) -> str:
    """Return the warnings, the answers, the tables, and the remarks below them."""
    tables = [*document.tables, *([document.ratios] if document.ratios else [])]
    answers = "".join(f"- **{escaped(answer)}**\n" for answer in document.answers)
    setting = f"{escaped(document.setting)}\n" if document.setting and tables else ""
    parts = [
        *(*_warnings(document), answers, setting),
        *(*map(of_table, tables), "".join(_below(document))),
    ]
    return "\n".join(filter(None, parts))


def write_trainings(document: TrainingDocument, _: Console, /) -> str:
    """Return the warnings, the table of trainings, and its notes."""
    return "\n".join([*_warnings(document), of_table(document.table)])


def write_sheet(sheet: Sheet, _: Console, /) -> str:
    """Return the warnings, the sentences, the tables, and the remarks below them."""
    answers = "".join(f"- **{escaped(answer)}**\n" for answer in sheet.answers)
    sources = "".join(f"- {escaped(source)}\n" for source in sheet.sources)
    remarks = "".join(
        f"- {escaped(line)}\n" for line in filter(None, [sheet.legend, *sheet.remarks])
    )
    tables = map(of_table, sheet.tables)
    return "\n".join(filter(None, [*_warnings(sheet), sources, answers, *tables, remarks]))


def _warnings(document: Document | TrainingDocument | Sheet) -> Iterator[str]:
    return (f"> **Warning:** {escaped(warning)}\n" for warning in document.warnings)


def _below(document: Document) -> Iterator[str]:
    lines = [document.rerun, *document.remarks]
    return (f"- {escaped(line)}\n" for line in lines if line)


def of_table(table: Table) -> str:
    """Return a pipe table with a title line and its notes."""
    notes = "".join(f"\n- {escaped(note)}" for note in table.notes)
    title = f"**{escaped(table.title)}**\n\n" if table.title else ""
    return f"{title}{pipes(table)}" + (f"{notes}\n" if notes else "")


def pipes(table: Table) -> str:
    """Return the table alone."""
    heads = [table.label, *(" ".join(head) for head in table.heads)]
    ruler = ["---"] + ["---:"] * len(table.heads)
    lines = [[escaped(label), *map(_marked, cells)] for label, cells in table.rows]
    written = [[escaped(head) for head in heads], ruler, *lines]
    return "".join(f"| {' | '.join(line)} |\n" for line in written)


def _marked(cell: Cell) -> str:
    text = f"**{escaped(cell.text)}**" if cell.best else escaped(cell.text)
    below = f" ({escaped(cell.below)})" if cell.below else ""
    note = f" [{cell.note}]" if cell.note else ""
    return f"{text}{below}{note}"


def escaped(text: str) -> str:
    """Return a text as one line of Markdown, without marks or HTML in it."""
    return MARKS.sub(lambda match: "\\" + match[0], one_line(text)).translate(ENTITIES)
