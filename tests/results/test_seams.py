"""A folder that is gone on with: what is cut off, what is kept, and that no kill loses anything."""

from pathlib import Path

import pytest

from dlbench.errors import UnreadableResults
from dlbench.records.seam import Seam
from dlbench.results import seams
from dlbench.results.folder import RUN, read_run
from fakes.runs import NUMPY, TORCH, case, matmul, measured, run_of

CASES = [case(matmul(size), target) for size in (8, 16) for target in (NUMPY, TORCH)]
SEAM = Seam("2026-11-28T21:50:00+00:00", kept=2, cut=1)


@pytest.fixture
def folder(tmp_path):
    with RUN.writing(tmp_path, run_of(CASES)) as written:
        for one in CASES:
            written.append(measured(one, 1e-3, 2e-3))
    return tmp_path


def lines(folder):
    return (folder / "measurements.jsonl").read_bytes()


def all_but(*cases):
    return lambda one: one.case not in {case.id for case in cases}


def test_what_is_kept_is_kept_byte_for_byte(folder):
    before = lines(folder)
    assert seams.cut(folder, all_but()) == 0
    assert lines(folder) == before
    assert seams.cut(folder, all_but(CASES[3])) == 1
    assert lines(folder) == b"".join(before.splitlines(keepends=True)[:3])
    assert not list(folder.glob("*.tmp"))


def test_what_is_cut_is_in_a_file_that_nothing_reads(folder):
    before = lines(folder).splitlines(keepends=True)
    seams.cut(folder, all_but(CASES[2], CASES[3]))
    assert (folder / seams.CUT_FILE).read_bytes() == b"".join(before[2:])
    assert len(read_run(folder).measurements) == 2


@pytest.mark.parametrize("torn", [b"{", b'{"case":"matmul', b"\x00\xff"])
def test_an_incomplete_last_line_is_cut_off(folder, torn):
    before = lines(folder)
    with (folder / "measurements.jsonl").open("ab") as stream:
        stream.write(torn)
    assert seams.cut(folder, all_but()) == 0
    assert lines(folder) == before
    assert read_run(folder).warnings == ()


def test_a_damaged_line_is_not_cut_off(folder):
    with (folder / "measurements.jsonl").open("ab") as stream:
        stream.write(b"{}\n")
    before = lines(folder)
    with pytest.raises(UnreadableResults, match="line 5 cannot be read"):
        seams.cut(folder, all_but())
    assert lines(folder) == before


@pytest.mark.parametrize("name", ["measurements.jsonl", "cut.jsonl", "seams.jsonl", "logs"])
def test_a_link_is_not_written_to(folder, tmp_path_factory, name):
    outside = tmp_path_factory.mktemp("outside") / "file"
    outside.write_bytes(lines(folder))
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(outside)
    before = outside.read_bytes()
    with pytest.raises(UnreadableResults, match=f"{name} is a link"):
        seams.cut(folder, all_but(CASES[3]))
    assert outside.read_bytes() == before


def test_a_kill_before_the_file_is_replaced_loses_nothing(folder, monkeypatch):
    before = lines(folder)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            seams.cut(folder, all_but(CASES[3]))
    assert lines(folder) == before
    assert seams.cut(folder, all_but(CASES[3])) == 1


def test_seams_are_read_with_the_run(folder):
    assert read_run(folder).seams == ()
    check = measured(CASES[0], 1e-3)
    for seam in (SEAM, Seam(SEAM.resumed, 3, 0, check, generation=2)):
        seams.append(folder, seam)
    assert read_run(folder).seams == (SEAM, Seam(SEAM.resumed, 3, 0, check, generation=2))


def test_a_seam_that_was_being_written_is_told_and_ignored(folder):
    seams.append(folder, SEAM)
    with (folder / "seams.jsonl").open("ab") as stream:
        stream.write(b'{"resumed"')
    stored = read_run(folder)
    assert stored.seams == (SEAM,)
    assert "the last line is incomplete" in stored.warnings[0]
