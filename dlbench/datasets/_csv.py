"""Reads a shipped table: numbers, and perhaps a last column of names; refused if not as declared.

A line is a row and commas part its columns; nothing is quoted, left out or left over.
"""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dlbench.datasets.base import Inputs
from dlbench.errors import UsageError

LARGEST = float(np.finfo(np.float32).max)
"""What lies beyond it would become infinite in the table."""

LONGEST = 40
"""Characters of a damaged line or field that a message repeats."""

HINT = "The file is a part of dlbench: install dlbench again"


def numbers(path: Path, rows: int, columns: int) -> Inputs:
    """Return the table, of shape (rows, columns).

    Raises UsageError if the file cannot be read or is anything but `rows` rows of finite numbers.
    """
    return _numbers(path, _fields(path, rows, columns))


def labelled(
    path: Path, rows: int, columns: int, names: Sequence[str]
) -> tuple[Inputs, npt.NDArray[np.int64]]:
    """Return the numbers, shape (rows, columns), and each name's index in `names`, shape (rows,).

    Raises UsageError if the file cannot be read or is anything but `rows` rows of finite numbers
    with one of the names at the end.
    """
    fields = _fields(path, rows, columns + 1)
    x = _numbers(path, [row[:-1] for row in fields])
    return x, _places(path, [row[-1] for row in fields], names)


def _fields(path: Path, rows: int, columns: int) -> list[list[str]]:
    lines = _lines(path)
    if len(lines) != rows:
        raise _malformed(path, "a wrong number of rows", len(lines), str(rows))
    fields = [line.split(",") for line in lines]
    for line, row in enumerate(fields, start=1):
        if len(row) != columns:
            what = f"a wrong number of columns in line {line}"
            raise _malformed(path, what, len(row), str(columns))
    return fields


def _lines(path: Path) -> list[str]:
    try:
        *lines, rest = path.read_text(encoding="utf-8").split("\n")
    except OSError as error:
        what = f"cannot read the data ({error.strerror})"
        raise UsageError(what, value=str(path), hint=HINT) from error
    except UnicodeDecodeError as error:
        where = f"{error.reason} at byte {error.start}"
        raise _malformed(path, "a wrong encoding", where, "UTF-8") from error
    # A file cut in its last number would otherwise pass for a whole one.
    if rest:
        what = f"an unfinished line {len(lines) + 1}"
        raise _malformed(path, what, rest[:LONGEST], "a line break after every row")
    return lines


def _numbers(path: Path, fields: list[list[str]]) -> Inputs:
    table = np.array([[_number(text) for text in row] for row in fields], dtype=np.float32)
    wrong = np.argwhere(np.isinf(table))
    if len(wrong):
        row, column = wrong[0]
        what = f"a wrong value in line {row + 1}, column {column + 1}"
        raise _malformed(path, what, fields[row][column][:LONGEST], "a finite number")
    return table


def _number(text: str) -> float:
    """Return the number, or infinity for what is none, is not finite or overflows float32."""
    try:
        number = float(text)
    except ValueError:
        return math.inf
    # Python alone reads 1_0 as 10.
    return number if abs(number) <= LARGEST and "_" not in text else math.inf


def _places(path: Path, found: list[str], names: Sequence[str]) -> npt.NDArray[np.int64]:
    for line, name in enumerate(found, start=1):
        if name not in names:
            what = f"an unknown name in line {line}"
            raise _malformed(path, what, name[:LONGEST], ", ".join(names))
    return np.array([names.index(name) for name in found], dtype=np.int64)


def _malformed(path: Path, what: str, value: object, allowed: str) -> UsageError:
    return UsageError(f"{path} has {what}", value=value, allowed=allowed, hint=HINT)
