"""Every kind of damage is found and named with its place; what is whole passes."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from dlbench.archive.soundness import examine
from dlbench.errors import UnreadableResults
from dlbench.report import page
from dlbench.results.folder import RUN, TRAINING, read_run
from dlbench.results.select import selected
from fakes.runs import COMPILED, NUMPY, TORCH, matmul
from fakes.samples import slower, turns
from fakes.trainings import found as training

REFERENCE = Path(__file__).parents[2] / "results" / "reference"
SOUND = turns((matmul(8), {NUMPY: 1e-3, TORCH: 2e-3}), generations=2, rounds=8)
SOUND = replace(
    SOUND,
    run=replace(
        SOUND.run,
        plan=replace(SOUND.run.plan, sampling=replace(SOUND.run.plan.sampling, generations=2)),
    ),
)


def in_turns(results):
    """The run with its cases one after the other in each round, as they are measured."""
    places = {case.id: n for n, case in enumerate(results.run.plan.groups[0].live)}
    return replace(
        results,
        measurements=tuple(
            replace(
                one,
                samples=tuple(
                    replace(sample, started_s=sample.started_s + 0.1 * places[one.case])
                    for sample in one.samples
                ),
            )
            for one in results.measurements
        ),
    )


SOUND = in_turns(SOUND)


def written(folder: Path, results) -> Path:
    with RUN.writing(folder, results.run) as stream:
        for one in results.measurements:
            stream.append(one)
    return folder


def with_first(change):
    """The sound run, with a change to its first measurement; None leaves it out."""
    first, *rest = SOUND.measurements
    changed = change(first)
    return replace(SOUND, measurements=(*([changed] if changed else []), *rest))


def with_samples(change):
    return with_first(lambda one: replace(one, samples=tuple(change(one.samples))))


def test_a_whole_run_passes(tmp_path):
    found = examine(written(tmp_path, SOUND))
    assert found.faults == ()
    assert found.ok
    assert found.counts == (
        "2 cases",
        "6 measurements",
        "48 samples",
        "2 self-checks",
        "1 verdict recomputed",
    )


@pytest.mark.parametrize("name", sorted(path.name for path in REFERENCE.iterdir()))
def test_the_kept_runs_pass_but_for_reports_of_older_rules(name):
    faults = [one for one in examine(REFERENCE / name).faults if not one.where.startswith("report")]
    assert faults == []


WRONG = {
    "no sample": (lambda samples: (), "it went well, without a sample"),
    "no time": (lambda s: (replace(s[0], host_s=0.0), *s[1:]), "a sample took no time"),
    "round twice": (lambda s: (s[0], replace(s[1], round=0), *s[2:]), "not one a round"),
    "other repetition": (
        lambda s: (replace(s[0], generation=1), *s[1:]),
        "a sample is of another repetition",
    ),
    "overlap": (lambda s: tuple(map(slower(50), s)), "before one of"),
    "back in time": (
        lambda s: (replace(s[0], started_s=0.9), replace(s[1], started_s=0.2), *s[2:]),
        "do not follow each other in time",
    ),
}


@pytest.mark.parametrize(("change", "what"), WRONG.values(), ids=WRONG)
def test_wrong_samples_are_found(change, what, tmp_path):
    found = examine(written(tmp_path, with_samples(change)))
    assert any(what in one.what for one in found.faults), found.faults
    assert all("matmul/8x8x8" in one.where for one in found.faults)
    assert not found.ok


def test_a_planned_case_without_a_measurement_is_found(tmp_path):
    first = SOUND.measurements[0].case
    left = tuple(one for one in SOUND.measurements if not one.case.startswith(first))
    [fault] = examine(written(tmp_path, replace(SOUND, measurements=left))).faults
    assert f"no measurement of 1 planned case: {first}" in fault.what
    assert "--resume" in fault.what


def test_a_measurement_of_no_case_is_found(tmp_path):
    found = examine(written(tmp_path, with_first(lambda one: replace(one, case="odd"))))
    assert ("odd, repetition 1", "the plan has no such case") in {
        (one.where, one.what) for one in found.faults
    }


def test_a_repetition_too_many_is_found(tmp_path):
    found = examine(written(tmp_path, with_first(lambda one: replace(one, generation=7))))
    assert any("the plan has only 2 repetitions" in one.what for one in found.faults)


def test_a_missing_self_check_is_found(tmp_path):
    left = tuple(one for one in SOUND.measurements if not one.case.endswith("/null"))
    found = examine(written(tmp_path, replace(SOUND, measurements=left)))
    assert [one.what for one in found.faults] == [
        "the self-check that was planned is not there"
    ] * 2


def test_a_wrong_result_that_went_well_is_found(tmp_path):
    from fakes.runs import parity

    wrong = with_first(lambda one: replace(one, parity=parity(0.5)))
    [fault] = examine(written(tmp_path, wrong)).faults
    assert "it went well, with a wrong result" in fault.what


def test_a_failure_without_a_reason_is_found(tmp_path):
    failed = with_first(lambda one: replace(one, status="failed", samples=()))
    faults = examine(written(tmp_path, failed)).faults
    assert [one.what for one in faults] == ["it is failed, without a reason"]


def test_a_torn_line_is_found(tmp_path):
    written(tmp_path, SOUND)
    file = tmp_path / RUN.lines_file
    file.write_bytes(file.read_bytes()[:-20])
    found = examine(tmp_path)
    assert found.faults[0].where == RUN.lines_file
    assert "incomplete" in found.faults[0].what


@pytest.mark.parametrize("text", ["{", '{"schema_version": 9999}', "[]"])
def test_a_damaged_or_newer_head_is_found(text, tmp_path):
    written(tmp_path, SOUND)
    (tmp_path / RUN.head_file).write_text(text, encoding="utf-8")
    [fault] = examine(tmp_path).faults
    assert "run.json" in fault.what


def test_a_report_that_says_otherwise_is_found(tmp_path):
    written(tmp_path, SOUND)
    page.write(read_run(tmp_path), tmp_path / "report")
    assert examine(tmp_path).ok
    table = tmp_path / "report" / "table.csv"
    table.write_text(
        table.read_text(encoding="utf-8").replace(",slower,", ",faster,", 1), encoding="utf-8"
    )
    [fault] = examine(tmp_path).faults
    assert fault.where == "report/table.csv"
    assert "1 verdict otherwise than the measurements say" in fault.what


# With the limit of one field, 128 KiB, that the csv module has.
NO_TABLES = {
    "a stray return": "case,verdict\na\rb,slower\n",
    "a huge field": f"case,verdict\n{'a' * 140_000},slower\n",
}


@pytest.mark.parametrize("table", NO_TABLES.values(), ids=NO_TABLES)
def test_a_report_that_is_no_table_is_found(table, tmp_path):
    written(tmp_path, SOUND)
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "table.csv").write_text(table, encoding="utf-8", newline="")
    [fault] = examine(tmp_path).faults
    assert fault.where == "report/table.csv"
    assert "it cannot be read" in fault.what


def with_report(folder, words):
    """The run of three targets, with a report of the cases that match."""
    three = turns((matmul(8), {NUMPY: 1e-3, TORCH: 2e-3, COMPILED: 4e-3}), generations=2, rounds=8)
    written(folder, in_turns(replace(three, run=replace(three.run, plan=planned(three)))))
    page.write(selected(read_run(folder), words), folder / "report")
    return folder / "report" / "table.csv"


def planned(results):
    plan = results.run.plan
    return replace(plan, sampling=replace(plan.sampling, generations=2))


@pytest.mark.parametrize("words", ["numpy", "torch", "compile or numpy"])
def test_a_report_of_some_cases_is_compared_with_these_alone(words, tmp_path):
    with_report(tmp_path, words)
    assert examine(tmp_path).faults == ()


def test_a_wrong_verdict_in_a_report_of_some_cases_is_found(tmp_path):
    table = with_report(tmp_path, "torch")
    told = table.read_text(encoding="utf-8")
    assert ",slower," in told
    table.write_text(told.replace(",slower,", ",faster,", 1), encoding="utf-8")
    [fault] = examine(tmp_path).faults
    assert "1 verdict otherwise than the measurements say" in fault.what


def test_a_report_of_another_run_is_found(tmp_path):
    table = with_report(tmp_path, "torch")
    table.write_text(table.read_text(encoding="utf-8").replace("matmul/", "other/"), "utf-8")
    [fault] = examine(tmp_path).faults
    assert "it has no case of the run" in fault.what


def test_a_folder_of_something_else_is_none(tmp_path):
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UnreadableResults, match="holds no run"):
        examine(tmp_path)


def test_a_training_is_examined_too(tmp_path):
    told = training(*training_results())
    with TRAINING.writing(tmp_path, told.run) as stream:
        for one in told.results:
            stream.append(one)
    assert examine(tmp_path).faults == ()
    gone = tmp_path / TRAINING.lines_file
    _, *rest = gone.read_text(encoding="utf-8").splitlines(keepends=True)
    gone.write_text("".join(rest), encoding="utf-8")
    [fault] = examine(tmp_path).faults
    assert "1 planned training not there" in fault.what


def training_results():
    from fakes.trainings import trained

    return trained(0.1, 0.2, 0.7, seed=0), trained(0.1, 0.3, 0.5, seed=1)
