"""Standard streams that are closed, full, or of a terminal that has gone."""

import errno
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dlbench import streams
from dlbench.errors import EXIT_UNWRITABLE, Unwritable

FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="Linux has a full device")


class Broken(io.RawIOBase):
    """A stream that fails at every write."""

    def __init__(self, number: int) -> None:
        self.number = number

    def writable(self) -> bool:
        return True

    def write(self, _: object) -> int:
        raise OSError(self.number, os.strerror(self.number))


def stream(kind: type[io.TextIOWrapper], number: int) -> io.TextIOWrapper:
    made = kind(Broken(number), encoding="utf-8", write_through=True)
    made.close = lambda: None  # or it would complain when it is collected
    return made


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EPIPE])
def test_what_standard_error_cannot_write_is_lost(number: int) -> None:
    made = stream(streams.Lossy, number)
    assert made.write("progress") == len("progress")
    made.flush()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_what_standard_output_cannot_write_is_told(number: int) -> None:
    with pytest.raises(Unwritable, match=rf"^standard output: .*{os.strerror(number)}"):
        stream(streams.Strict, number).write("the table")


def test_a_reader_who_has_gone_is_told_apart() -> None:
    with pytest.raises(BrokenPipeError):
        stream(streams.Strict, errno.EPIPE).write("the table")


# --- the command --------------------------------------------------------------------------------


def shell(line: str, **options: object) -> subprocess.CompletedProcess[str]:
    """Run a line of a shell, in which DL is the command."""
    command = line.replace("DL", f"{sys.executable} -P -m dlbench")
    return subprocess.run(
        ["/bin/sh", "-c", command],
        text=True,
        capture_output=True,
        check=False,
        timeout=60,
        **options,
    )


@needs_full
@pytest.mark.parametrize("what", ["list networks", "--help", "schema plan"])
def test_a_result_that_cannot_be_written_is_told_with_its_own_exit_code(what: str) -> None:
    done = shell(f"DL {what} > /dev/full")
    assert done.returncode == EXIT_UNWRITABLE
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1


@needs_full
def test_messages_that_cannot_be_written_change_nothing() -> None:
    done = shell("DL list networks 2> /dev/full")
    assert done.returncode == 0
    assert "iris" in done.stdout
    assert shell("DL nonsense 2> /dev/full").returncode == 2


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_error(closed: str) -> None:
    done = shell(f"DL list networks {closed}")
    assert (done.returncode, done.stderr) == (0, "")


def test_an_ascii_terminal_gets_question_marks(tmp_path: Path) -> None:
    (tmp_path / "é\udcff").mkdir()
    environment = {
        **os.environ,
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
    }
    done = shell(f"DL show nothing --results '{tmp_path}'/?*", env=environment)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
