"""A folder of results: a head in one JSON file, and lines of records in another.

`results/<id>/run.json` and `measurements.jsonl` are of `dlbench run`, `training.json` and
`trainings.jsonl` of `dlbench train`; `seams.jsonl` says where a run was resumed. Records are
written as they come, and can be read without dlbench. Nothing read from a folder is executed. It
must not know how anything is measured or shown.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

import msgspec

from dlbench import files
from dlbench.errors import UnreadableResults, UsageError, unwritable
from dlbench.records.base import NOT_DECODED, Record
from dlbench.records.measurement import Measurement
from dlbench.records.run import SCHEMA_VERSION, Run
from dlbench.records.seam import Seam
from dlbench.records.training import TrainingResult, TrainingRun
from dlbench.results.plausible import (
    faults_of_measurements,
    faults_of_run,
    faults_of_trainings,
)
from dlbench.results.upgrade import upgraded
from dlbench.results.writer import Writer

LOGS_FOLDER = "logs"
SEAMS_FILE = "seams.jsonl"

T = TypeVar("T")
Head = TypeVar("Head")
Line = TypeVar("Line")


@dataclass(frozen=True)
class Kind(Generic[Head, Line]):
    """A kind of folder: the files in it, and the records that they hold."""

    name: str
    head_file: str
    lines_file: str
    head: type[Head]
    line: type[Line]

    def is_at(self, folder: Path) -> bool:
        """Return whether the folder is of this kind; False if the path is not accessible."""
        try:
            return (folder / self.head_file).is_file()
        except OSError:  # too long for a name, or in a folder that is closed to the user
            return False

    def read_head(self, folder: Path) -> Head:
        """Read the head alone; UnreadableResults if it is damaged or of a newer schema."""
        return _read_head(folder / self.head_file, self.head)

    def read_lines(self, folder: Path) -> tuple[tuple[Line, ...], tuple[str, ...]]:
        """Read the records, and warnings of repaired damage; or raise UnreadableResults."""
        return read_lines(folder / self.lines_file, self.line)

    def has_lines(self, folder: Path) -> bool:
        """Return whether the file has at least one complete record."""
        try:
            with files.opened(folder / self.lines_file, MOST_BYTES, inside=True) as stream:
                return stream.readline(MOST_LINE_BYTES).endswith(b"\n")
        except OSError:
            return False

    @contextmanager
    def writing(self, folder: Path, head: Head) -> Iterator["Writer[Line]"]:
        """Write the head, then take the records one by one; each is on the disk when it is taken.

        Raises Unwritable if the system refuses; a folder without a head does not stay.
        """
        with _nothing_left(folder):
            head_file, lines_file = folder / self.head_file, folder / self.lines_file
            writer: Writer[Line] = Writer(head_file, head_text(head), lines_file)
        with writer:
            yield writer

    def appending(self, folder: Path) -> Writer[Line]:
        """Take more records, one by one; the head stays as it is."""
        text = files.read(folder / self.head_file, MOST_BYTES, inside=True)
        return Writer(folder / self.head_file, text, folder / self.lines_file)


def head_text(head: object) -> bytes:
    """Return a head as it is stored."""
    return msgspec.json.format(msgspec.json.encode(head)) + b"\n"


RUN: Final = Kind("run", "run.json", "measurements.jsonl", Run, Measurement)
TRAINING: Final = Kind("training", "training.json", "trainings.jsonl", TrainingRun, TrainingResult)
KINDS: Final[tuple[Kind[Any, Any], ...]] = (RUN, TRAINING)


class Results(Record, frozen=True):
    """A run and its measurements. warnings: of repaired damage in the files; seams: resumptions."""

    run: Run
    measurements: tuple[Measurement, ...]
    warnings: tuple[str, ...] = ()
    seams: tuple[Seam, ...] = ()


class Trained(Record, frozen=True):
    """A run and its trainings. warnings: of repaired damage in the files."""

    run: TrainingRun
    results: tuple[TrainingResult, ...]
    warnings: tuple[str, ...] = ()


def new_folder(results: Path, name: str, now: datetime | None = None) -> Path:
    """Make an empty folder named after the time (UTC) and `name`; UsageError if not writable."""
    stem = f"{now or datetime.now(UTC):%Y%m%d-%H%M%S}-{name}"
    try:
        results.mkdir(parents=True, exist_ok=True)
        for path in (results / stem, *(results / f"{stem}-{number}" for number in range(2, 100))):
            with suppress(FileExistsError):  # of a run begun in the same second
                path.mkdir()
                (path / LOGS_FOLDER).mkdir()
                return path
    except OSError as error:
        raise unwritable("results", results, error, option="--results DIR") from error
    except UnicodeEncodeError as error:  # a name that the system cannot write in its encoding
        what = "the name of the folder cannot be written in the encoding of this system"
        raise UsageError(what, value=stem, hint="Set LC_ALL=C.UTF-8") from error
    raise UsageError("too many runs in one second in", value=str(results))


def is_closed(folder: Path) -> bool:
    """Return whether a folder is closed to the user, so that nobody can say what is in it."""
    try:
        return folder.is_dir() and not os.access(folder, os.R_OK | os.X_OK)
    except OSError:  # too long for a name, or in a folder that is closed itself
        return False


def kind_of(folder: Path) -> Kind[Any, Any]:
    """Return the kind of a folder; UnreadableResults if it has none."""
    if is_closed(folder):
        raise UnreadableResults(f"{folder}/ cannot be read: it is closed to you")
    for kind in KINDS:
        if kind.is_at(folder):
            return kind
    heads = " and no ".join(kind.head_file for kind in KINDS)
    raise UnreadableResults(f"{folder}/ holds no run: there is no {heads} in it")


def read_run(folder: Path) -> Results:
    """Read a run; UnreadableResults if it is damaged or of a newer schema."""
    run = RUN.read_head(folder)
    lines, warnings = RUN.read_lines(folder)
    # a measurement that was being written when the user interrupted is there twice
    last = {(one.case, one.generation): one for one in lines}
    _refuse(folder, chain(faults_of_run(run), faults_of_measurements(last.values())))
    seams, more = _read_seams(folder)
    found = upgraded(last.values(), run.schema_version)
    return Results(run, found, (*warnings, *more), seams)


def _read_seams(folder: Path) -> tuple[tuple[Seam, ...], tuple[str, ...]]:
    """Read where a run was resumed; most runs were not."""
    file = folder / SEAMS_FILE
    return read_lines(file, Seam) if file.exists() else ((), ())


def read_training(folder: Path) -> Trained:
    """Read a training; UnreadableResults if it is damaged or of a newer schema."""
    run = TRAINING.read_head(folder)
    lines, warnings = TRAINING.read_lines(folder)
    # one that was being written when the user interrupted is there twice
    last = {(one.target, one.seed): one for one in lines}
    _refuse(folder, faults_of_trainings(last.values()))
    return Trained(run, tuple(last.values()), warnings)


def _refuse(folder: Path, faults: Iterator[str]) -> None:
    """Raise UnreadableResults for the first fault."""
    for fault in faults:
        raise UnreadableResults(f"{folder}/ cannot be read: {fault}")


# Larger files are not ours, and would fill the memory. A head has a plan of MOST_CASES (100,000) at
# most, a line the blocks of a case in a generation or all epochs of a training.
MOST_HEAD_BYTES = MOST_LINE_BYTES = 256 * 2**20
MOST_BYTES = 8 * 2**30


@contextmanager
def _explaining(path: Path) -> Iterator[None]:
    """Say which file cannot be read, and why."""
    try:
        yield
    except OSError as error:
        raise UnreadableResults(f"{path} cannot be read: {error.strerror}") from error


@contextmanager
def _nothing_left(folder: Path) -> Iterator[None]:
    """Remove a folder that nothing could be written into: no command would show it."""
    try:
        yield
    except BaseException as failure:
        for empty in (folder / LOGS_FOLDER, folder):
            with suppress(OSError):
                empty.rmdir()
        if isinstance(failure, OSError):
            raise unwritable("results", folder, failure, option="--results DIR") from failure
        raise


class _Version(msgspec.Struct):
    schema_version: int


def _read_head(path: Path, record: type[T]) -> T:
    with _explaining(path):
        text = files.read(path, MOST_HEAD_BYTES, inside=True)
    try:
        version = msgspec.json.decode(text, type=_Version).schema_version
        if version > SCHEMA_VERSION:
            raise UnreadableResults(
                f"{path} was written by a newer dlbench, with schema version",
                value=version,
                allowed=f"up to {SCHEMA_VERSION}",
                hint="Update dlbench",
            )
        return msgspec.json.decode(text, type=record)
    except NOT_DECODED as error:
        raise UnreadableResults(f"{path} cannot be read: {error}") from error


def read_lines(path: Path, record: type[T]) -> tuple[tuple[T, ...], tuple[str, ...]]:
    """Read all complete lines; ignore an incomplete last line, the mark of a killed run."""
    decoder = msgspec.json.Decoder(record)
    records: list[T] = []
    with _explaining(path), files.opened(path, MOST_BYTES, inside=True) as stream:
        while line := stream.readline(MOST_LINE_BYTES):
            place = f"{path}, line {len(records) + 1}"
            if len(line) == MOST_LINE_BYTES:
                raise UnreadableResults(f"{place} cannot be read: it is too long")
            if not line.endswith(b"\n"):
                return tuple(records), (f"{path}: {TORN}",)
            try:
                records.append(decoder.decode(line))
            except NOT_DECODED as error:
                raise UnreadableResults(f"{place} cannot be read: {error}") from error
    return tuple(records), ()


TORN = "the last line is incomplete and was ignored (the run was cut off)"
