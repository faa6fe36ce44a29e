"""Write the records of a folder, line by line, so that no line that was taken is lost.

A full disk is often full for a moment only: the line is kept in memory and tried again. A line that
did not get out whole is cut off. A file that somebody has removed meanwhile is put back.
"""

import os
import time
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Final, Generic, TypeVar

import msgspec

from dlbench import files
from dlbench.errors import Unwritable, unwritable

Line = TypeVar("Line")

# Seconds to wait before each further try. Together they are short beside a run, and long enough for
# another program to remove its temporary files.
PAUSES_S: Final = (0.1, 1.0, 5.0)

FLAGS = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
MODE = 0o666


class Writer(AbstractContextManager["Writer[Line]"], Generic[Line]):
    """The file of records of a folder that is being written.

    head, head_text: the file beside it and its content, which is written at once; path: the file of
    records. Raises OSError if the system refuses that.
    """

    def __init__(self, head: Path, head_text: bytes, path: Path) -> None:
        self.head, self.head_text, self.path = head, head_text, path
        if not self._has_head():
            self._put_head()
        self._descriptor = os.open(path, FLAGS, MODE)
        self._size = os.fstat(self._descriptor).st_size
        files.sync_folder(path.parent)

    def replace_head(self, text: bytes) -> None:
        """Write another head in place of the first; Unwritable if that is impossible."""
        self.head_text = text
        try:
            self._put_head()
        except OSError as error:
            raise self._complaint(error) from error

    def append(self, record: Line) -> None:
        """Write one line; it is on the disk when this returns. Unwritable if that is impossible."""
        line = msgspec.json.encode(record) + b"\n"
        for pause_s in PAUSES_S:
            with suppress(OSError):
                return self._write(line)
            time.sleep(pause_s)
        try:
            return self._write(line)
        except OSError as error:
            raise self._complaint(error) from error

    def __exit__(self, failure: type[BaseException] | None, *_: object) -> None:
        """Put back what was removed since the last line, and close the file."""
        try:
            if failure is None:
                self._put_back()
                self._refuse_moved()
        except OSError as error:
            raise self._complaint(error) from error
        finally:
            os.close(self._descriptor)

    def _write(self, line: bytes) -> None:
        """Write a line, all of it or nothing."""
        self._put_back()
        rest = memoryview(line)
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
            files.sync(self._descriptor)
        except BaseException:  # also Ctrl-C: the line then comes once more
            os.ftruncate(self._descriptor, self._size)
            raise
        self._size += len(line)

    def _has_head(self) -> bool:
        """Return whether the head is as it must be: who goes on with a run has locked it."""
        with suppress(OSError):
            return self.head.read_bytes() == self.head_text
        return False

    def _put_head(self) -> None:
        files.replace(self.head, self.head_text)

    def _put_back(self) -> None:
        """Write the file, its folder and its head again if somebody has removed them.

        The system keeps what is written as long as the file is open.
        """
        if os.fstat(self._descriptor).st_nlink:
            return
        kept = self._content()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._put_head()
        files.replace(self.path, kept)
        new, old = os.open(self.path, FLAGS, MODE), self._descriptor
        self._descriptor = new
        os.close(old)

    def _content(self) -> bytes:
        """Return what was written so far; a single read stops at 2 GiB, read(2)."""
        parts, place = list[bytes](), 0
        while place < self._size and (
            part := os.pread(self._descriptor, self._size - place, place)
        ):
            parts.append(part)
            place += len(part)
        return b"".join(parts)

    def _refuse_moved(self) -> None:
        """Raise Unwritable if the file is no longer where its folder was."""
        if not self.path.exists():
            hint = "What was measured is in the folder that it was moved to: dlbench show FOLDER"
            moved = "the results folder was moved during the run"
            raise Unwritable(moved, value=str(self.path.parent), hint=hint)
        if not self.head.exists():
            self._put_head()

    def _complaint(self, error: OSError) -> Exception:
        folder = self.path.parent
        kept = f". What was measured before is kept: dlbench show {folder}" if self._size else ""
        return unwritable("results", folder, error, option=f"--results DIR{kept}")
