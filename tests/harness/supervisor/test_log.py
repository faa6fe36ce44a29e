"""The log of a worker keeps its beginning and its end, however much is printed."""

import os

import pytest

from dlbench.harness.supervisor import log
from dlbench.harness.supervisor.log import WorkerLog

LONG_S = 30.0
FIRST = LAST = 100


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setattr(log, "FIRST_BYTES", FIRST)
    monkeypatch.setattr(log, "LAST_BYTES", LAST)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "worker.log"


def printed(path, *parts):
    """The log of a worker that has printed these."""
    made = WorkerLog(path)
    for part in parts:
        os.write(made.fileno(), part)
    made.handed_over()
    made.wait(LONG_S)
    return made


def test_what_fits_is_kept_as_it_is(path):
    made = printed(path, b"a warning\n", b"another\n\n")
    assert path.read_bytes() == b"a warning\nanother\n\n"
    assert made.last_words() == "another"


def test_of_a_flood_the_beginning_and_the_end_are_kept(path):
    made = printed(path, b"first\n", *[b"x" * 1000] * 200, b"\nlast\n")
    text = path.read_bytes()
    assert text.startswith(b"first\n")
    assert text.endswith(b"x\nlast\n")
    assert f"\n[{6 + 200_000 + 6 - FIRST - LAST} bytes are left out]\n".encode() in text
    assert len(text) < FIRST + LAST + 50
    assert made.last_words() == "last"


def test_memory_is_bounded_too(path):
    made = printed(path, *[b"x" * 1000] * 200)
    assert len(made._last) <= 2 * LAST + 1000


def test_many_workers_together_have_one_end(path):
    for number in range(5):
        printed(path, b"x" * 150, f"worker {number}\n".encode())
    text = path.read_bytes()
    assert text.endswith(b"worker 4\n")
    assert b"worker 3" not in text
    assert len(text) < FIRST + LAST + 50


def test_a_line_without_an_end_has_bounded_last_words(path, monkeypatch):
    monkeypatch.setattr(log, "WORDS_BYTES", 10)
    assert printed(path, b"x" * 1000).last_words() == "x" * 10


@pytest.mark.parametrize("where", ["missing/worker.log", ""])
def test_a_log_that_cannot_be_written_harms_nobody(tmp_path, where):
    assert printed(tmp_path / where, b"I was here\n").last_words() == "I was here"


def test_a_full_disk_is_no_reason_to_stop_reading(path):
    path.symlink_to("/dev/full")
    assert printed(path, b"a\n", b"x" * 100_000, b"\nbye\n").last_words() == "bye"
