"""Comparisons in Python and on the command line, with their exit codes."""

import json

import pytest
from msgspec.structs import replace

import dlbench
from dlbench.experience import luck
from dlbench.records.run import UsualLuck
from fakes.runs import COMPILED, TORCH
from fakes.terminal import dlbench as typed
from fakes.worlds import store, two_runs


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with two runs, of which the second has a slower version."""
    monkeypatch.chdir(tmp_path)
    store(tmp_path / "results", *two_runs(1, slower={TORCH: 1.5, COMPILED: 1.0}))
    return tmp_path


def test_the_latest_two_are_compared(here):
    found = dlbench.compare()
    assert {one.target for one in found.changes if one.verdict == "slower"} == {TORCH.id}
    assert found.means
    assert found.unmatched == ()
    assert "8 cases" in repr(found)


def test_runs_are_named_in_every_way(here):
    a, b = sorted((here / "results").iterdir())
    for ours, theirs in (
        (a, b),
        (a.name, b.name),
        ("20260101", "latest"),
        (dlbench.load(a), str(b)),
    ):
        assert len(dlbench.compare(ours, theirs).changes) == 8


def test_a_frame_has_a_line_per_case(here):
    frame = dlbench.compare().frame()
    assert len(frame) == 8
    assert set(frame["verdict"]) == {one.verdict for one in dlbench.compare().changes}
    assert frame["ratio"].dtype == "float64"


def test_a_notebook_shows_tables(here):
    assert "<table" in dlbench.compare()._repr_html_()


def test_targets_of_a_run(here):
    found = dlbench.compare("numpy", "torch/eager", run="latest")
    assert len(found.changes) == 2
    assert found.compared.together


def test_a_gate_in_python(here):
    found = dlbench.compare()
    assert found.gate().exit_code == 3
    assert found.gate(slower=0.9).exit_code == 0
    with pytest.raises(dlbench.UsageError):
        found.gate(slower=7.0)
    with pytest.raises(dlbench.UsageError):
        found.gate(slower="5%")


def test_what_this_machine_has_learnt_since_counts(here):
    b = dlbench.load("latest").run
    before = dlbench.compare().compared.luck_runs
    luck.remember(dlbench.load("latest").stored)
    known, _ = luck.usual(b.environment, b.plan)
    assert isinstance(known, UsualLuck)
    assert before == 3
    assert dlbench.compare().compared.luck_runs == max(3, known.runs)


@pytest.mark.parametrize(("margin", "kind"), [(2, dlbench.UsageError), ("a", dlbench.UsageError)])
def test_a_wrong_margin_is_told(here, margin, kind):
    with pytest.raises(kind):
        dlbench.compare(margin=margin)


# --- on the command line -------------------------------------------------------------------------


def test_a_gate_ends_with_its_exit_code(here):
    failed = typed("compare", "--fail-on", "slower:5%")
    assert (failed.code, failed.err) == (3, "")
    assert "gate failed: 2 of 8 cases are slower by more than 5 %" in failed.out
    assert typed("compare", "latest~1", "latest", "--fail-on", "slower:90%").code == 0
    assert typed("compare", "--fail-on", "slower:1%", "--filter", "numpy", "--strict").code == 4
    assert typed("compare").code == 0


def test_a_strict_gate_needs_a_rule(here):
    answer = typed("compare", "--strict")
    assert answer.code == 2
    assert "--fail-on slower:5%" in answer.err


@pytest.mark.parametrize("form", ["table", "md", "csv", "json", "html"])
def test_every_format(here, form):
    answer = typed("compare", "--format", form)
    assert answer.code == 0
    assert "torch" in answer.out
    if form == "json":
        assert len(json.loads(answer.out)["rows"]) == 8


def test_two_targets_on_the_command_line(here):
    answer = typed("compare", "numpy", "torch/eager", "--run", "latest", "--format", "csv")
    assert answer.code == 0
    assert len(answer.out.splitlines()) == 3


BAD = {
    "no such run": (["nowhere", "latest"], 2, "no run in"),
    "itself": (["latest", "latest"], 2, "same run"),
    "not so many": (["latest~5", "latest"], 2, "no run in"),
    "a rule": (["--fail-on", "5%"], 2, "slower:SHARE"),
    "no such target": (["numpy", "abacus", "--run", "latest"], 2, "no target"),
    "a filter": (["--filter", "abacus"], 2, "matches no case"),
}


@pytest.mark.parametrize(("words", "code", "what"), BAD.values(), ids=BAD)
def test_mistakes_are_told(here, words, code, what):
    answer = typed("compare", *words)
    assert answer.code == code
    assert what in answer.err
    assert "Traceback" not in answer.err


def empty(folder):
    folder.mkdir()
    return folder


def foreign(folder):
    empty(folder)
    (folder / "results.json").write_text('{"benchmarks": []}', encoding="utf-8")
    return folder


def newer(folder):
    empty(folder)
    (folder / "run.json").write_text('{"schema_version": 9999}', encoding="utf-8")
    return folder


@pytest.mark.parametrize("made", [empty, foreign, newer])
def test_a_folder_that_is_no_run_is_told(here, made):
    answer = typed("compare", str(made(here / "odd")), "latest")
    assert answer.code == 5
    assert "odd" in answer.err


def test_a_torn_run_is_compared_as_far_as_it_goes(here):
    file = max((here / "results").iterdir()) / "measurements.jsonl"
    file.write_bytes(file.read_bytes()[:-30])
    answer = typed("compare")
    assert answer.code == 0
    assert "Warning: " in answer.out
    assert "incomplete" in answer.out


def test_nothing_in_common_is_told(here):
    a, _ = two_runs(2)
    groups = tuple(
        replace(group, cases=tuple(float64(case) for case in group.cases), nulls=())
        for group in a.run.plan.groups
    )
    run = replace(a.run, id="20260301-1-f64", plan=replace(a.run.plan, groups=groups))
    lines = tuple(
        replace(one, case=one.case.replace("float32", "float64")) for one in a.measurements
    )
    store(here / "results", replace(a, run=run, measurements=lines))
    answer = typed("compare")
    assert answer.code == 2
    assert "no case in common" in answer.err
    assert "in float32" in answer.err


def float64(case):
    return replace(case, target=replace(case.target, dtype="float64"))
