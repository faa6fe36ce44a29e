"""The standard streams of the command: closed, on a full disk, or of a terminal that has gone.

Standard error has progress and messages: they may be lost, and a run goes on. Standard output has
the result: if it cannot be written, the command says so and fails.
"""

import errno
import io
import os
import sys
from typing import Any

from dlbench.errors import Unwritable, refused

# A number of a standard stream, and the others below it.
LAST_STANDARD_STREAM = 2


class Lossy(io.TextIOWrapper):
    """A stream that loses what it cannot write."""

    def write(self, text: str) -> int:
        """Write a text, or lose it."""
        try:
            return super().write(text)
        except OSError:
            return len(text)

    def flush(self) -> None:
        """Write what is buffered, or lose it."""
        try:
            super().flush()
        except OSError:
            return


class Strict(io.TextIOWrapper):
    """A stream that says in words why it cannot be written; a reader who has gone is no error."""

    def write(self, text: str) -> int:
        """Write a text; Unwritable if the system refuses."""
        try:
            return super().write(text)
        except OSError as error:
            if error.errno == errno.EPIPE:  # the reader has gone, as in `dlbench show | head`
                raise
            raise _complaint(error) from error

    def flush(self) -> None:
        """Write what is buffered; Unwritable if the system refuses."""
        try:
            super().flush()
        except OSError as error:
            if error.errno == errno.EPIPE:  # the reader has gone, as in `dlbench show | head`
                raise
            raise _complaint(error) from error


def _complaint(error: OSError) -> Unwritable:
    told = refused(error)
    return Unwritable.worded(f"standard output: {told}", hint=told.hint)


def prepare() -> None:
    """Make the standard streams fit for anything; call it once, before anything is written."""
    _occupy_standard_numbers()
    sys.stdout = _taken_over(sys.stdout, 1, Strict)
    sys.stderr = _taken_over(sys.stderr, 2, Lossy)


def _occupy_standard_numbers() -> None:
    """Open nothing in place of closed streams: else the next file would get their number."""
    number = os.open(os.devnull, os.O_RDWR)
    while number <= LAST_STANDARD_STREAM:
        number = os.open(os.devnull, os.O_RDWR)
    os.close(number)


def _taken_over(stream: Any, number: int, kind: type[io.TextIOWrapper]) -> Any:
    """Return the stream in its new kind; what no encoding takes is written as a question mark."""
    if stream is None:  # it was closed from the start
        return kind(open(number, "wb", closefd=False), encoding="utf-8")
    if type(stream) is not io.TextIOWrapper:  # a notebook's, a test's
        return stream
    encoding, is_line_buffered = stream.encoding, stream.line_buffering
    return kind(
        stream.detach(), encoding=encoding, errors="replace", line_buffering=is_line_buffered
    )
