"""The contract of a format, and the tables that every format writes.

A member has a literal `DECLARATION`, whose `option` is its name after `--format`, and

    write(document: Document, console: Console) -> str

which returns the whole text. A format for people writes the document's texts and tables, one for
programs its run and rows. `console` is where the text will be shown: its width and its colours.
A member that writes trainings, too, has

    write_trainings(document: TrainingDocument, console: Console) -> str

and one that writes comparisons and histories

    write_sheet(sheet: Sheet, console: Console) -> str

A member that `dlbench export` offers has an `export` in its declaration, its name after `--to`, and

    export(documents: Sequence[Document]) -> bytes

or, without it, is written by `write`. Without an `option` it is none of `--format`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

from msgspec import Struct
from rich.console import Console

from dlbench import registry
from dlbench.analysis.run import ComparedRows
from dlbench.answers.answer import Answers
from dlbench.errors import UsageError, unknown
from dlbench.printer import Printer
from dlbench.records.measurement import Measurement
from dlbench.records.run import Run
from dlbench.results.folder import Trained
from dlbench.trainings.pace import Pace

FAMILY = "formats"

# A file has no width; no table of ours is wider.
LINE_WIDTH = 1000


@dataclass(frozen=True)
class Cell:
    """A number or a word in a table.

    note: the number of a footnote; best: marked as the fastest of its row; below: a second line,
    such as an interval.
    """

    text: str
    best: bool = False
    note: int | None = None
    below: str = ""


@dataclass(frozen=True)
class Table:
    """A table, ready to be written.

    title: empty if the label is title enough; heads: the lines above every column; rows: label and
    cells; notes: the lines below the table; label: the head of the first column; starred: whether
    the best of each row have a star where there is no colour.
    """

    title: str
    heads: tuple[tuple[str, ...], ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    notes: tuple[str, ...]
    label: str = "workload"
    starred: bool = True

    @property
    def has_star(self) -> bool:
        """Return whether a cell has a star."""
        return self.starred and any(cell.best for _, cells in self.rows for cell in cells)

    @property
    def name(self) -> str:
        """Return the title, or the label in place of one."""
        return self.title or self.label


class Notes:
    """Footnotes, numbered in the order of their first use; equal texts share a number."""

    def __init__(self, first: int = 1) -> None:
        self.first, self.reasons = first, list[str]()
        self.numbers: dict[str, int] = {}

    def number(self, reason: str) -> int:
        """Return the number of this note, a new one if the text is new."""
        if reason not in self.numbers:
            self.numbers[reason] = len(self.reasons) + self.first
            self.reasons.append(reason)
        return self.numbers[reason]

    @property
    def lines(self) -> list[str]:
        """All notes as they stand below a table: `[1] why`."""
        return [f"[{number}] {reason}" for number, reason in enumerate(self.reasons, self.first)]

    def used(self, cells: Iterable[Cell]) -> list[str]:
        """The notes of these cells, where several tables share the numbers."""
        numbers = {cell.note for cell in cells if cell.note is not None}
        return [f"[{number}] {self.reasons[number - self.first]}" for number in sorted(numbers)]


@dataclass(frozen=True)
class Document:
    """A run as data for programs and as texts and tables for people.

    source: where the numbers come from, in one line; setting: what all targets have in common, if
    the tables do not say so; warnings: whole sentences, most important
    first; ratios: the table of a comparison with a baseline; rerun: the command that would decide
    the unsure verdicts, in a sentence; remarks: further lines, one idea each; answered: the answers
    as data; answers: the same in sentences; answer_tables: a table per question; is_answer: whether
    programs get the answers alone; measurements: the raw ones, for exports.
    """

    run: Run
    reading: ComparedRows
    source: str = ""
    setting: str = ""
    warnings: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    ratios: Table | None = None
    rerun: str | None = None
    remarks: tuple[str, ...] = ()
    answered: Answers | None = None
    answers: tuple[str, ...] = ()
    answer_tables: tuple[Table, ...] = ()
    is_answer: bool = False
    measurements: tuple[Measurement, ...] = ()


@dataclass(frozen=True)
class TrainingDocument:
    """Trainings as data for programs and as texts and a table for people.

    paces: of every target with a training that went well; the others as in Document.
    """

    trained: Trained
    paces: tuple[Pace, ...]
    source: str
    warnings: tuple[str, ...]
    table: Table


@dataclass(frozen=True)
class Sheet:
    """What several runs say, as texts and tables for people and as data for programs.

    sources: where the numbers come from, a line each; answers: the most important sentences;
    legend: what stands below them; remarks: further lines; columns, lines: one table for a
    spreadsheet; data: all of it, as records. The others as in Document.
    """

    sources: tuple[str, ...]
    answers: tuple[str, ...]
    tables: tuple[Table, ...]
    columns: tuple[str, ...]
    lines: tuple[tuple[object, ...], ...]
    data: Mapping[str, object]
    warnings: tuple[str, ...] = ()
    legend: str = ""
    remarks: tuple[str, ...] = ()


class Format(Protocol):
    """The functions of a format."""

    def write(self, document: Document, console: Console, /) -> str:
        """Return the document in this format."""


TrainingsWriter = Callable[[TrainingDocument, Console], str]
SheetWriter = Callable[[Sheet, Console], str]


class Declaration(Struct, frozen=True):
    """The declaration of a format in its source.

    option: its name after `--format`; export: its name after `--to`; both are empty if it is not
    offered there. is_text: whether it can be printed; takes_several: whether one file holds several
    runs.
    """

    option: str = ""
    export: str = ""
    is_text: bool = True
    takes_several: bool = False


def options() -> tuple[str, ...]:
    """Every name that `--format` takes, read from the members without importing them."""
    return tuple(_members())


def named(option: str) -> Format:
    """Import the format with this name; UsageError if there is none."""
    members = _members()
    if option not in members:
        raise unknown("format", option, options())
    return cast(Format, registry.load(FAMILY, members[option]))


def trainings_writer(option: str) -> TrainingsWriter:
    """Import the format with this name; UsageError if it does not write trainings."""
    writer: TrainingsWriter | None = getattr(named(option), "write_trainings", None)
    if writer is None:
        raise UsageError("this format does not write trainings", value=f"--format {option}")
    return writer


def sheet_writer(option: str) -> SheetWriter:
    """Import the format with this name; UsageError if it does not write comparisons."""
    writer: SheetWriter | None = getattr(named(option), "write_sheet", None)
    if writer is None:
        raise UsageError("this format does not write this", value=f"--format {option}")
    return writer


def exports() -> tuple[str, ...]:
    """Every name that `--to` takes."""
    return tuple(_exports())


def export_declaration(name: str) -> Declaration:
    """Return the declaration of an export; UsageError if there is none of this name."""
    if name not in _exports():
        raise unknown("export", name, exports())
    return registry.declaration(FAMILY, _exports()[name], Declaration)


def exported(name: str, documents: Sequence[Document]) -> bytes:
    """Return a file with these runs. UsageError if it takes only one, or lacks a library."""
    declared = export_declaration(name)
    if len(documents) > 1 and not declared.takes_several:
        several = [one for one in exports() if export_declaration(one).takes_several]
        raise UsageError(
            f"{name} takes one run", value=len(documents), allowed=f"several with: {several[0]}"
        )
    member = registry.load(FAMILY, _exports()[name])
    if hasattr(member, "export"):
        return cast(bytes, member.export(documents))
    return str(member.write(documents[0], Printer(width=LINE_WIDTH))).encode()


def _exports() -> dict[str, str]:
    """The members by their names after `--to`."""
    every = {registry.declaration(FAMILY, one, Declaration).export: one for one in _all()}
    return {name: member for name, member in every.items() if name}


def _members() -> dict[str, str]:
    """The members by the names of their options."""
    every = {_option(member): member for member in _all()}
    return {option: member for option, member in every.items() if option}


def _all() -> tuple[str, ...]:
    return registry.names(FAMILY)


def _option(member: str) -> str:
    return registry.declaration(FAMILY, member, Declaration).option
