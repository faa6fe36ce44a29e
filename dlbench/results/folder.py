"""A folder of results: a head in one JSON file, and lines of records in another.

`results/<id>/run.json` and `measurements.jsonl` are of `dlbench run`, `training.json` and
`trainings.jsonl` of `dlbench train`. Records are written as they come, and can be read without
dlbench. Nothing read from a folder is executed. It must not know how anything is measured or shown.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Final, Generic, TypeVar

import msgspec

from dlbench.errors import UnreadableResults, UsageError, unwritable
from dlbench.records.base import Record
from dlbench.records.measurement import Measurement
from dlbench.records.run import SCHEMA_VERSION, Run
from dlbench.records.training import TrainingResult, TrainingRun
from dlbench.results.upgrade import upgraded

LOGS_FOLDER = "logs"

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
            with open(folder / self.lines_file, "rb") as stream:
                return stream.readline().endswith(b"\n")
        except OSError:
            return False

    def write_head(self, folder: Path, head: Head) -> None:
        """Write the head at once, in place of an earlier one."""
        path = folder / self.head_file
        new = path.with_name(f"{path.name}.new")
        new.write_bytes(msgspec.json.format(msgspec.json.encode(head)) + b"\n")
        new.replace(path)

    @contextmanager
    def writing(self, folder: Path, head: Head) -> Iterator["Writer[Line]"]:
        """Write the head, then take the records one by one."""
        self.write_head(folder, head)
        with open(folder / self.lines_file, "ab") as stream:
            yield Writer(stream)


RUN: Final = Kind("run", "run.json", "measurements.jsonl", Run, Measurement)
TRAINING: Final = Kind("training", "training.json", "trainings.jsonl", TrainingRun, TrainingResult)
KINDS: Final[tuple[Kind[Any, Any], ...]] = (RUN, TRAINING)


class Writer(Generic[Line]):
    """The file of records of a folder that is being written."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def append(self, record: Line) -> None:
        """Write one line, and flush it to the file."""
        self._stream.write(msgspec.json.encode(record) + b"\n")
        self._stream.flush()


class Results(Record, frozen=True):
    """A run and its measurements. warnings: of repaired damage in the files."""

    run: Run
    measurements: tuple[Measurement, ...]
    warnings: tuple[str, ...] = ()


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
    raise UsageError("too many runs in one second in", value=str(results))


def kind_of(folder: Path) -> Kind[Any, Any]:
    """Return the kind of a folder; UnreadableResults if it has none."""
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
    return Results(run, upgraded(last.values(), run.schema_version), warnings)


def read_training(folder: Path) -> Trained:
    """Read a training; UnreadableResults if it is damaged or of a newer schema."""
    run = TRAINING.read_head(folder)
    lines, warnings = TRAINING.read_lines(folder)
    # one that was being written when the user interrupted is there twice
    last = {(one.target, one.seed): one for one in lines}
    return Trained(run, tuple(last.values()), warnings)


# Control characters, as JSON writes them and as UTF-8 has them: on a terminal they are commands.
_CONTROL = re.compile(
    rb"(?<!\\)((?:\\\\)*)(?:\\u00(?:0[0-8bcef]|[18][0-9a-f]|7f|9[0-9a-f])|\xc2[\x80-\x9f]|\x7f)"
)


def _printable(path: Path) -> bytes:
    """The text of a file with a question mark for every control character."""
    try:
        return _CONTROL.sub(rb"\1?", path.read_bytes())
    except OSError as error:
        raise UnreadableResults(f"{path} cannot be read: {error.strerror}") from error


class _Version(msgspec.Struct):
    schema_version: int


def _read_head(path: Path, record: type[T]) -> T:
    text = _printable(path)
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
    except msgspec.MsgspecError as error:
        raise UnreadableResults(f"{path} cannot be read: {error}") from error


def read_lines(path: Path, record: type[T]) -> tuple[tuple[T, ...], tuple[str, ...]]:
    """Read all complete lines; ignore an incomplete last line, the mark of a killed run."""
    decoder = msgspec.json.Decoder(record)
    *lines, torn = _printable(path).split(b"\n")
    records: list[T] = []
    for number, line in enumerate(lines, start=1):
        try:
            records.append(decoder.decode(line))
        except msgspec.MsgspecError as error:
            raise UnreadableResults(f"{path}, line {number} cannot be read: {error}") from error
    warning = f"{path}: the last line is incomplete and was ignored (the run was cut off)"
    return tuple(records), (warning,) if torn else ()
