"""What `append` has taken is on the disk, whatever the disk does."""

import errno
import os
import shutil

import msgspec
import pytest

from dlbench.errors import EXIT_UNWRITABLE, Unwritable, UsageError
from dlbench.records.measurement import Measurement
from dlbench.results import writer
from dlbench.results.folder import LOGS_FOLDER, RUN, new_folder, read_run
from dlbench.results.writer import PAUSES_S
from fakes.runs import case, matmul, measured, run_of

CASES = [case(matmul(size)) for size in (8, 16, 32)]
LINES = tuple(measured(of, 1e-3, 2e-3) for of in CASES)
HEAD = run_of(CASES)
FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture
def folder(tmp_path):
    return new_folder(tmp_path / "results", "told")


@pytest.fixture
def pauses(monkeypatch):
    """The pauses, which take no time."""
    taken = []
    monkeypatch.setattr(writer.time, "sleep", taken.append)
    return taken


class Disk:
    """Stands for a function of `os`: at some of its calls it writes a part, then fails."""

    def __init__(self, name, fails_at, error=FULL, part=0):
        self.real, self.fails_at, self.error, self.part = getattr(os, name), fails_at, error, part
        self.calls = 0

    def __call__(self, descriptor, *content):
        self.calls += 1
        if self.calls not in self.fails_at:
            return self.real(descriptor, *content)
        if self.part and content:
            self.real(descriptor, content[0][: self.part])
        raise self.error


def write(folder, lines=LINES, head=HEAD):
    with RUN.writing(folder, head) as written:
        for line in lines:
            written.append(line)


def write_and(folder, harm):
    """Write a line, let something happen, and write another line."""
    with RUN.writing(folder, HEAD) as written:
        written.append(LINES[0])
        harm()
        written.append(LINES[1])


@pytest.mark.parametrize("name", ["write", "fsync"])
@pytest.mark.parametrize("part", [0, 7])
def test_a_disk_that_is_full_for_a_moment_loses_nothing(folder, monkeypatch, pauses, name, part):
    with RUN.writing(folder, HEAD) as written:
        written.append(LINES[0])
        monkeypatch.setattr(os, name, Disk(name, range(2, 2 + len(PAUSES_S)), part=part))
        written.append(LINES[1])
        written.append(LINES[2])
    assert read_run(folder).measurements == LINES
    assert read_run(folder).warnings == ()
    assert pauses == list(PAUSES_S)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EFBIG])
def test_a_disk_that_stays_full_ends_in_a_message_and_whole_lines(
    folder, monkeypatch, pauses, number
):
    def fill():
        monkeypatch.setattr(os, "write", Disk("write", range(1, 99), error, part=7))

    error = OSError(number, os.strerror(number))
    with pytest.raises(Unwritable) as caught:
        write_and(folder, fill)
    assert caught.value.exit_code == EXIT_UNWRITABLE
    assert os.strerror(number) in str(caught.value)
    assert f"What was measured before is kept: dlbench show {folder}" in str(caught.value)
    assert read_run(folder).measurements == LINES[:1]
    assert read_run(folder).warnings == ()
    assert pauses == list(PAUSES_S)


def test_a_line_is_taken_only_when_it_is_on_the_disk(folder, monkeypatch):
    synced = []
    real = os.fsync
    with RUN.writing(folder, HEAD) as written:
        monkeypatch.setattr(os, "fsync", lambda number: (synced.append(number), real(number)))
        for line in LINES:
            written.append(line)
        assert len(synced) == len(LINES)


def test_short_writes_make_whole_lines(folder, monkeypatch):
    real = os.write
    monkeypatch.setattr(os, "write", lambda number, text: real(number, text[:100]))
    write(folder)
    assert read_run(folder).measurements == LINES


def test_an_interrupt_within_a_line_leaves_no_half(folder, monkeypatch):
    with RUN.writing(folder, HEAD) as written:
        written.append(LINES[0])
        monkeypatch.setattr(os, "write", Disk("write", [1], KeyboardInterrupt(), part=7))
        with pytest.raises(KeyboardInterrupt):
            written.append(LINES[1])
        written.append(LINES[1])  # as the supervisor yields it once more
    assert read_run(folder).measurements == LINES[:2]


def test_what_is_kept_is_promised_only_if_there_is_something(folder, monkeypatch, pauses):
    monkeypatch.setattr(os, "write", Disk("write", range(1, 99)))
    with pytest.raises(Unwritable) as caught:
        write(folder)
    assert str(caught.value).endswith("choose another folder with --results DIR.")
    assert read_run(folder).measurements == ()


# --- what others do meanwhile -------------------------------------------------------------------


def remove_lines(folder):
    (folder / RUN.lines_file).unlink()


def remove_all(folder):
    shutil.rmtree(folder)


@pytest.mark.parametrize("harm", [remove_lines, remove_all])
@pytest.mark.parametrize("after", [1, 2, 3])
def test_what_is_removed_during_a_run_is_put_back(folder, harm, after):
    with RUN.writing(folder, HEAD) as written:
        for number, line in enumerate(LINES, start=1):
            written.append(line)
            if number == after:
                harm(folder)
    assert read_run(folder).run == HEAD
    assert read_run(folder).measurements == LINES


def test_a_head_that_is_removed_is_put_back(folder):
    with RUN.writing(folder, HEAD) as written:
        written.append(LINES[0])
        (folder / RUN.head_file).unlink()
    assert read_run(folder).run == HEAD


def test_a_folder_that_is_moved_loses_nothing_and_is_told(folder, tmp_path):
    with pytest.raises(Unwritable, match="was moved during the run"):
        write_and(folder, lambda: folder.rename(tmp_path / "elsewhere"))
    assert read_run(tmp_path / "elsewhere").measurements == LINES[:2]


# --- the beginning ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "kind"), [(errno.ENOSPC, Unwritable), (errno.EACCES, UsageError)]
)
def test_a_folder_without_a_head_does_not_stay(folder, monkeypatch, number, kind):
    error = OSError(number, os.strerror(number))
    monkeypatch.setattr(os, "fsync", Disk("fsync", range(1, 9), error))
    with pytest.raises(kind, match=os.strerror(number)):
        write(folder)
    assert not folder.exists()


def test_nor_does_one_whose_head_cannot_be_encoded(folder):
    with pytest.raises(UnicodeEncodeError):
        write(folder, head=run_of(CASES, command="half a character: \ud800"))
    assert not folder.exists()


def test_what_the_user_has_put_there_stays(folder, monkeypatch):
    (folder / LOGS_FOLDER / "mine").write_text("mine")
    monkeypatch.setattr(os, "fsync", Disk("fsync", range(1, 9)))
    with pytest.raises(Unwritable):
        write(folder)
    assert (folder / LOGS_FOLDER / "mine").read_text() == "mine"


def test_a_line_is_one_line_of_json(folder):
    write(folder, [Measurement(CASES[0].id, "failed", "of\ntwo lines")])
    [line] = (folder / RUN.lines_file).read_bytes().splitlines()
    assert msgspec.json.decode(line)["reason"] == "of\ntwo lines"
