"""Results on disk: `results/<run-id>/run.json` and `measurements.jsonl`, written as they come.

Only raw records are stored, in JSON that is readable without dlbench. Nothing read from a
results folder is executed. It must not know how anything is measured or shown.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, TypeVar

import msgspec

from dlbench.errors import ResultsError, UsageError
from dlbench.layers import Record
from dlbench.model import SCHEMA_VERSION, Measurement, Run

RUN_FILE = "run.json"
MEASUREMENTS_FILE = "measurements.jsonl"
# What stands at the head of a folder of results; the second is of `dlbench train`.
HEADS = (RUN_FILE, "training.json")
LOGS_FOLDER = "logs"


T = TypeVar("T")


class _Version(msgspec.Struct):
    schema_version: int


class Results(Record, frozen=True):
    """A run and its measurements. warnings: what was wrong with the files but could be mended."""

    run: Run
    measurements: tuple[Measurement, ...]
    warnings: tuple[str, ...] = ()


class RunFolder:
    """The folder of a run that is being measured."""

    def __init__(self, path: Path, stream: BinaryIO) -> None:
        self.path, self._stream = path, stream

    def append(self, measurement: Measurement) -> None:
        """Write one line, and see that it reaches the file."""
        self._stream.write(msgspec.json.encode(measurement) + b"\n")
        self._stream.flush()


def new_folder(results: Path, suite: str, now: datetime | None = None) -> Path:
    """Make an empty folder named after the time (UTC) and the suite; UsageError if not writable."""
    stem = f"{now or datetime.now(UTC):%Y%m%d-%H%M%S}-{suite}"
    try:
        results.mkdir(parents=True, exist_ok=True)
        for name in (stem, *(f"{stem}-{number}" for number in range(2, 100))):
            with suppress(FileExistsError):  # of a run begun in the same second
                (results / name).mkdir()
                (results / name / LOGS_FOLDER).mkdir()
                return results / name
    except OSError as error:
        raise UsageError(
            f"cannot write results ({error.strerror})",
            value=str(results),
            hint="Choose another folder with --results DIR",
        ) from error
    raise UsageError("too many runs in one second in", value=str(results))


@contextmanager
def writing(path: Path, run: Run) -> Iterator[RunFolder]:
    """Write the head of the run, then take its measurements one by one."""
    (path / RUN_FILE).write_bytes(msgspec.json.format(msgspec.json.encode(run)) + b"\n")
    with open(path / MEASUREMENTS_FILE, "ab") as stream:
        yield RunFolder(path, stream)


def runs(results: Path) -> list[Path]:
    """The folders of runs and of trainings, oldest first."""
    return sorted(path.parent for name in HEADS for path in results.glob(f"*/{name}"))


def find(run: str, results: Path) -> Path:
    """The folder of a run given by path, id, unique prefix of an id, or `latest`."""
    if _is_run(Path(run)):
        return Path(run)
    folders = runs(results)
    if run == "latest":
        matches = folders[-1:]
    else:
        exact = [folder for folder in folders if folder.name == run]
        matches = exact or [folder for folder in folders if folder.name.startswith(run)]
    if len(matches) == 1:
        return matches[0]
    raise UsageError(
        f"{'several runs match' if matches else 'no run'} in {results}/",
        value=run,
        allowed=_choices([folder.name for folder in matches or folders]),
        hint="" if folders else "Measure one with: dlbench run",
    )


def _is_run(path: Path) -> bool:
    try:
        return any((path / name).is_file() for name in HEADS)
    except OSError:  # too long for a name, or in a folder that is closed to the user
        return False


# A message names so many runs at most.
MOST_CHOICES = 5


def _choices(names: list[str]) -> str:
    if not names:
        return ""
    shown = names[-MOST_CHOICES:]
    more = f" and {len(names) - len(shown)} older" if len(names) > len(shown) else ""
    return f"a path, `latest`, or one of {', '.join(shown)}{more}"


def read(path: Path) -> Results:
    """Read a run; ResultsError if it cannot be read or is of a newer schema."""
    run = read_head(path)
    measurements, warnings = read_lines(path / MEASUREMENTS_FILE, Measurement)
    return Results(run, measurements, warnings)


# Control characters, as JSON writes them and as UTF-8 has them: on a terminal they are commands.
_CONTROL = re.compile(
    rb"(?<!\\)((?:\\\\)*)(?:\\u00(?:0[0-8bcef]|[18][0-9a-f]|7f|9[0-9a-f])|\xc2[\x80-\x9f]|\x7f)"
)


def _printable(text: bytes) -> bytes:
    """The text with a question mark for every control character."""
    return _CONTROL.sub(rb"\1?", text)


def read_head(folder: Path) -> Run:
    """Read `run.json` alone; ResultsError if it cannot be read or is of a newer schema."""
    return read_record(folder / RUN_FILE, Run)


def read_record(path: Path, kind: type[T]) -> T:
    """Read the head of a folder; ResultsError if it cannot be read or is of a newer schema."""
    try:
        text = _printable(path.read_bytes())
        version = msgspec.json.decode(text, type=_Version).schema_version
        if version > SCHEMA_VERSION:
            raise ResultsError(
                f"{path} was written by a newer dlbench, with schema version",
                value=version,
                allowed=f"up to {SCHEMA_VERSION}",
                hint="Update dlbench",
            )
        return msgspec.json.decode(text, type=kind)
    except (OSError, msgspec.MsgspecError) as error:
        raise ResultsError(f"{path} cannot be read: {error}") from error


def read_lines(path: Path, kind: type[T]) -> tuple[tuple[T, ...], tuple[str, ...]]:
    """All whole lines; a torn last line is what a killed run leaves, and is dropped."""
    decoder = msgspec.json.Decoder(kind)
    try:
        lines = _printable(path.read_bytes()).split(b"\n")
    except OSError as error:
        raise ResultsError(f"{path} cannot be read: {error}") from error
    records: list[T] = []
    torn = lines.pop()
    for number, line in enumerate(lines, start=1):
        try:
            records.append(decoder.decode(line))
        except msgspec.MsgspecError as error:
            raise ResultsError(f"{path}, line {number} cannot be read: {error}") from error
    warning = f"{path}: the last line is torn and was dropped; the run was cut off"
    return tuple(records), (warning,) if torn else ()
