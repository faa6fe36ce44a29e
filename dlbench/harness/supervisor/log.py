"""The log of a worker: the first and the last part of what it prints to standard error.

A thread reads from a pipe what the worker prints: a flood fills neither the disk nor the memory.
"""

import os
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import BinaryIO

# What is kept of a log: so many bytes of its beginning, with the first error, and of its end, with
# the last words.
FIRST_BYTES = LAST_BYTES = 2**20

# What is read at a time; Linux's pipes hold as much.
PART_BYTES = 64 * 2**10

# The lines at the end that are searched for the last words, and what they may be long together.
WORDS_LINES = 5
WORDS_BYTES = 64 * 2**10


class WorkerLog:
    """The standard error of one worker; earlier text of the file is that of another worker.

    A file that cannot be written is no reason to fail: the log is then kept in memory alone.
    """

    def __init__(self, path: Path) -> None:
        self._file: BinaryIO | None = None
        self._room = FIRST_BYTES
        with suppress(OSError):
            self._file = open(path, "ab", buffering=0)  # noqa: SIM115 - the thread closes it
            self._room = max(0, FIRST_BYTES - self._file.tell())
        self._last, self._beyond = bytearray(), 0
        reading, self._writing = os.pipe()
        self._reader = Thread(target=self._read, args=(reading,), daemon=True)
        self._reader.start()

    def fileno(self) -> int:
        """Return the end of the pipe that is the worker's standard error."""
        return self._writing

    def handed_over(self) -> None:
        """Close the worker's end in this process, so that the pipe ends with the worker."""
        os.close(self._writing)

    def wait(self, timeout_s: float) -> None:
        """Wait until all is read; a process that outlives the worker may hold the pipe."""
        self._reader.join(timeout_s)

    def last_words(self) -> str:
        """Return the last line of the worker that is not empty."""
        text = bytes(self._last[-WORDS_BYTES:]).decode("utf-8", errors="replace")
        lines = [line.strip() for line in text.splitlines()[-WORDS_LINES:] if line.strip()]
        return lines[-1] if lines else ""

    def _read(self, reading: int) -> None:
        """Read until the worker and whatever it has started have ended; runs in a thread."""
        with os.fdopen(reading, "rb", buffering=0) as pipe:
            while part := pipe.read(PART_BYTES):
                self._keep(part)
        if self._beyond:
            self._write_end()
        if self._file is not None:
            self._file.close()

    def _keep(self, part: bytes) -> None:
        """Write what has room in the first part of the file, and remember the end of all."""
        self._last += part
        if len(self._last) > 2 * LAST_BYTES:  # not at every part: it moves a megabyte
            del self._last[:-LAST_BYTES]
        first = part[: self._room]
        self._room -= len(first)
        self._beyond += len(part) - len(first)
        self._write(first)

    def _write_end(self) -> None:
        """Write the end behind the first part, in place of that of an earlier worker."""
        end = bytes(self._last[-min(self._beyond, LAST_BYTES) :])
        left_out = self._beyond - len(end)
        with suppress(OSError):
            if self._file is not None and self._file.seek(0, os.SEEK_END) > FIRST_BYTES:
                self._file.truncate(FIRST_BYTES)
        note = f"\n[{left_out} bytes are left out]\n" if left_out else ""
        self._write(note.encode() + end)

    def _write(self, text: bytes) -> None:
        if self._file is not None and text:
            try:
                self._file.write(text)
            except OSError:
                self._file.close()
                self._file = None
