"""CSV for spreadsheets: a line for every case or epoch, with all that is known of it."""

import csv
import io
from collections.abc import Iterable, Sequence

from msgspec.structs import astuple
from rich.console import Console

from dlbench.analysis.columns import COLUMNS, flatten
from dlbench.analysis.rows import Row
from dlbench.answers.answer import Answer, Answers
from dlbench.formats.base import Document, Sheet, TrainingDocument
from dlbench.trainings.epochs import EPOCH_COLUMNS, flat_epochs

DECLARATION = {"option": "csv", "export": "csv"}


# What a spreadsheet takes for the beginning of a formula:
# https://owasp.org/www-community/attacks/CSV_Injection
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write(document: Document, _: Console, /) -> str:
    """Return the rows of the run, or its answers."""
    if document.is_answer and document.answered is not None:
        return of_answers(document.answered)
    return of_rows(document.reading.rows)


def of_answers(answers: Answers) -> str:
    """Return a line for every workload and question."""
    fields = Answer.__struct_fields__
    return _lines(fields, (astuple(one) for one in answers.by_workload))


def write_trainings(document: TrainingDocument, _: Console, /) -> str:
    """Return a line for every epoch of every training."""
    lines = flat_epochs(document.trained.results)
    return _lines(EPOCH_COLUMNS, ([line[name] for name in EPOCH_COLUMNS] for line in lines))


def write_sheet(sheet: Sheet, _: Console, /) -> str:
    """Return a line for every case."""
    return _lines(sheet.columns, sheet.lines)


def _lines(head: Iterable[str], lines: Iterable[Iterable[object]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(head)
    for line in lines:
        writer.writerow([_plain(value) for value in line])
    return stream.getvalue()


def of_rows(rows: Sequence[Row]) -> str:
    """Return all fields of all rows, one line each; parameters in columns of their own."""
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


def _plain(value: object) -> object:
    """Return an empty text for what is unknown, and a text that is no spreadsheet formula."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return value
    text = value.replace("\r", " ")
    return f"'{text}" if value.startswith(FORMULA) else text
