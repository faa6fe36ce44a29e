"""The check of a stored run, in Python and on the command line."""

import json

import pytest

import dlbench
from dlbench.results.folder import RUN
from fakes.runs import case, matmul, measured, run_of
from fakes.terminal import dlbench as typed


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with a run of one case."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "results" / "20260101-120000-told"
    folder.mkdir(parents=True)
    one = case(matmul(8))
    with RUN.writing(folder, run_of([one])) as written:
        written.append(measured(one, *[1e-3] * 12))
    return folder


def test_a_whole_run_passes(here):
    assert dlbench.check().ok
    answer = typed("check")
    assert (answer.code, answer.err) == (0, "")
    assert "is whole and plausible (1 case, 1 measurement, 12 samples" in answer.out


def test_a_fault_is_named_and_is_exit_code_1(here):
    file = here / RUN.lines_file
    file.write_text(file.read_text(encoding="utf-8")[:-9], encoding="utf-8")
    answer = typed("check", str(here))
    assert answer.code == 1
    assert answer.out.startswith("measurements.jsonl: ")
    assert "2 faults" in answer.out  # the line, and the case that it was of
    found = json.loads(typed("check", str(here), "--format", "json").out)
    assert [one["where"] for one in found["faults"]] == ["measurements.jsonl"] * 2


@pytest.mark.parametrize(("words", "code"), [(["nowhere"], 2), (["."], 5)])
def test_what_is_no_run_is_told(here, words, code):
    answer = typed("check", *words)
    assert answer.code == code
    assert "Traceback" not in answer.err
