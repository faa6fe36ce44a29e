"""HTML for notebooks and pages: everything is escaped, nothing is executed or loaded."""

from collections.abc import Iterable, Iterator
from html import escape

from rich.console import Console

from dlbench.analysis.labels import one_line
from dlbench.formats.base import Cell, Document, Sheet, Table, TrainingDocument

DECLARATION = {"option": "html"}


# Of one element, so that a notebook's own style stays as it is.
STYLE = (
    ".dlbench{font:14px/1.5 system-ui,sans-serif}"
    ".dlbench table{border-collapse:collapse;margin:.3em 0 .8em}"
    ".dlbench caption{text-align:left;font-weight:600}"
    ".dlbench th,.dlbench td{padding:.2em .8em;text-align:right;vertical-align:top}"
    ".dlbench th:first-child{text-align:left}"
    ".dlbench thead th{border-bottom:1px solid}"
    ".dlbench .best,.dlbench .answer{font-weight:700}"
    ".dlbench .warn{border-left:4px solid #c80;padding-left:.6em}"
    ".dlbench small,.dlbench .muted{opacity:.75}"
)


def write(document: Document, _: Console, /) -> str:
    """Return the document as one element, to stand in any page."""
    return element(_parts(document))


def _parts(document: Document) -> Iterator[str]:
    yield from (paragraph(f"Warning: {warning}", "warn") for warning in document.warnings)
    yield paragraph(document.source, "muted")
    yield paragraph(document.setting, "muted") if document.setting else ""
    yield "\n".join(paragraph(answer, "answer") for answer in document.answers)
    for table in (*document.tables, *([document.ratios] if document.ratios else [])):
        yield of_table(table, caption=table.name)
        yield paragraphs(table.notes)
    yield paragraphs(filter(None, [document.rerun, *document.remarks]))


def write_trainings(document: TrainingDocument, _: Console, /) -> str:
    """Return the table of trainings as one element, to stand in any page."""
    return element(
        [
            *(paragraph(f"Warning: {warning}", "warn") for warning in document.warnings),
            paragraph(document.source, "muted"),
            of_table(document.table, caption=document.table.title),
            paragraphs(document.table.notes),
        ]
    )


def write_sheet(sheet: Sheet, _: Console, /) -> str:
    """Return what several runs say as one element, to stand in any page."""
    tables = [
        part for one in sheet.tables for part in (of_table(one, one.name), paragraphs(one.notes))
    ]
    return element(
        [
            *(paragraph(f"Warning: {warning}", "warn") for warning in sheet.warnings),
            *(paragraph(source, "muted") for source in sheet.sources),
            *(paragraph(answer, "answer") for answer in sheet.answers),
            *tables,
            paragraphs(filter(None, [sheet.legend, *sheet.remarks])),
        ]
    )


def element(parts: Iterable[str]) -> str:
    """Return one element with its style and these parts of HTML."""
    body = "\n".join(filter(None, parts))
    return f'<div class="dlbench">\n<style>{STYLE}</style>\n{body}\n</div>\n'


def paragraph(text: str, style: str = "") -> str:
    """Return a text as a paragraph, with a class if one is given."""
    name = f' class="{style}"' if style else ""
    return f"<p{name}>{escaped(text)}</p>"


def paragraphs(texts: Iterable[str]) -> str:
    """Return a paragraph for every text."""
    return "\n".join(map(paragraph, texts))


def of_table(table: Table, caption: str = "") -> str:
    """Return a table, without its notes; its title only where it is the caption."""
    above = f"\n<caption>{escaped(caption)}</caption>" if caption else ""
    columns = [f'<th scope="col">{_lines(head)}</th>' for head in ((table.label,), *table.heads)]
    lines = "\n".join(_row(label, cells) for label, cells in table.rows)
    starred = "" if table.starred else " ranking"
    return (
        f'<table class="grid{starred}">{above}\n<thead>\n<tr>{"".join(columns)}</tr>\n</thead>\n'
        f"<tbody>\n{lines}\n</tbody>\n</table>"
    )


def _row(label: str, cells: Iterable[Cell]) -> str:
    return f'<tr><th scope="row">{escaped(label)}</th>{"".join(map(_cell, cells))}</tr>'


def _cell(cell: Cell) -> str:
    names = ["number", *(["best"] if cell.best else []), *(["word"] if cell.note else [])]
    note = f" [{cell.note}]" if cell.note else ""
    below = f"<br><small>{escaped(cell.below)}</small>" if cell.below else ""
    return f'<td class="{" ".join(names)}">{escaped(cell.text)}{note}{below}</td>'


def _lines(texts: Iterable[str]) -> str:
    return "<br>".join(map(escaped, texts))


def escaped(text: str) -> str:
    """Return a text as one line of HTML, without tags in it."""
    return escape(one_line(text))
