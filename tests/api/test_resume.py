"""A run that was stopped at any byte is resumed, with workers that follow a script."""

import json
import shlex
import sys
from contextlib import nullcontext
from functools import partial

import pytest
from msgspec.structs import replace

import dlbench
from dlbench import __main__
from dlbench.api import resume as api_resume
from dlbench.api import run as api_run
from dlbench.api.invocation import Interrupted
from dlbench.errors import EXIT_INTERRUPTED, EXIT_UNREADABLE, EXIT_USAGE
from dlbench.harness import wire
from dlbench.machine import environment
from dlbench.records.measurement import Notice
from dlbench.records.seam import Resumed
from dlbench.results import lock
from dlbench.results.find import folders
from dlbench.results.folder import TRAINING, read_run
from fakes import trainings
from fakes.runs import ENVIRONMENT
from fakes.workers import Dies, Stable

SUITE = """
about = "two rows, two repetitions"

[targets]
backend = "numpy"
threads = 1

[sampling]
rigor = "quick"
generations = 2
blocks = 3
block_s = 0.001
warmup_s = 0.001

[[workload]]
kind = "matmul"
size = [8, 16]
"""
LINES = 8  # of two rows of a case and its null, twice

CRASH = Dies(wire.Failed("failed", "the worker process died with signal 11"))


@pytest.fixture
def machine(monkeypatch):
    """Let scripted workers measure, on a machine that is known."""

    def follow(capture=lambda _: ENVIRONMENT, **script):
        stable = Stable({"numpy": script})
        monkeypatch.setattr(api_run, "Launcher", lambda *_, **__: nullcontext(stable.launch))
        monkeypatch.setattr(environment, "capture", capture)
        return stable

    follow()
    return follow


@pytest.fixture
def suite(tmp_path):
    path = tmp_path / "two.toml"
    path.write_text(SUITE, encoding="utf-8")
    return path


@pytest.fixture
def folder(machine, suite, tmp_path):
    """The results of a run that nobody stopped."""
    return dlbench.run(suite, results=tmp_path / "results").folder


def lines(folder):
    return (folder / "measurements.jsonl").read_bytes().splitlines(keepends=True)


def outcomes(folder):
    found = map(json.loads, lines(folder))
    return [(one["case"], one["generation"], one["status"]) for one in found]


def cut(folder, size):
    """Leave so many bytes of the lines, as a kill does."""
    file = folder / "measurements.jsonl"
    file.write_bytes(file.read_bytes()[:size])


def ends(folder):
    """The sizes of the file after each line, from none on."""
    sizes = [0]
    for line in lines(folder):
        sizes.append(sizes[-1] + len(line))
    return sizes


def test_a_run_that_was_cut_after_any_line_is_resumed(folder):
    whole, sizes = outcomes(folder), ends(folder)
    assert len(whole) == LINES
    for count, size in reversed(list(enumerate(sizes))):
        before = lines(folder)
        cut(folder, size)
        (folder / "seams.jsonl").unlink(missing_ok=True)
        result = dlbench.resume(folder)
        assert outcomes(folder) == whole
        rows = count - count % 2
        assert lines(folder)[:rows] == before[:rows], "byte for byte"
        if count < LINES:
            (seam,) = result.stored.seams
            assert (seam.kept, seam.cut) == (rows, count % 2)
            assert (seam.check is None) == (rows == 0)


@pytest.mark.parametrize("more", [1, 2, 50])
def test_a_run_that_was_cut_within_a_line_is_resumed(folder, more):
    whole = outcomes(folder)
    cut(folder, ends(folder)[3] + more)
    result = dlbench.resume(folder)
    assert outcomes(folder) == whole
    assert result.stored.warnings == ()
    assert result.stored.seams[0].kept == 2


def test_a_whole_run_is_left_as_it_is(folder, machine):
    before, told = lines(folder), []
    stable = machine()
    result = dlbench.resume(folder, progress=told.append)
    assert lines(folder) == before
    assert result.stored.seams == ()
    assert stable.workers == []
    assert Notice(api_resume.NOTHING_LEFT) in told


def test_an_interrupted_run_is_resumed(machine, suite, tmp_path):
    machine(turn=[None] * 8 + [KeyboardInterrupt()])
    with pytest.raises(Interrupted) as interrupt:
        dlbench.run(suite, results=tmp_path)
    folder = interrupt.value.result.folder
    assert json.loads(lines(folder)[-1])["stop_reason"] == "interrupted"
    machine()
    dlbench.resume(folder)
    assert len(outcomes(folder)) == len({*outcomes(folder)}) == LINES
    assert {json.loads(line)["stop_reason"] for line in lines(folder)} == {"blocks"}


def test_a_resumed_run_can_be_interrupted_and_resumed(folder, machine):
    whole = outcomes(folder)
    cut(folder, ends(folder)[2])
    in_the_check, later = [KeyboardInterrupt()], [None] * 5 + [KeyboardInterrupt()]
    for script in ({"start": in_the_check}, {"turn": later}):
        machine(**script)
        with pytest.raises(Interrupted):
            dlbench.resume(folder)
        assert len(read_run(folder).measurements) >= 2
    machine()
    dlbench.resume(folder)
    assert outcomes(folder) == whole
    assert len(read_run(folder).seams) == 2, "the first one was interrupted before its check"


def test_what_failed_is_kept(machine, suite, tmp_path):
    machine(turn=[CRASH])
    folder = dlbench.run(suite, results=tmp_path).folder
    whole = outcomes(folder)
    assert [status for _, _, status in whole].count("failed") == 1
    cut(folder, ends(folder)[2])
    machine()
    dlbench.resume(folder)
    assert outcomes(folder) == whole


def test_the_case_of_before_that_is_ready_soonest_is_measured_again(folder):
    cut(folder, ends(folder)[6])
    seam = dlbench.resume(folder).stored.seams[0]
    kept = read_run(folder).measurements[:6]
    cases = [one for one in kept if not one.case.endswith("/null")]
    soonest = min(cases, key=lambda one: one.preparing_s)
    assert (seam.check.case, seam.generation) == (soonest.case, soonest.generation)
    assert seam.check.samples


def test_a_check_that_fails_does_not_end_the_run(folder, machine):
    whole = outcomes(folder)
    cut(folder, ends(folder)[2])
    machine(start=[CRASH])
    (seam,) = dlbench.resume(folder).stored.seams
    assert seam.check.status == "failed"
    assert outcomes(folder) == whole


def test_the_latest_may_be_without_a_measurement(folder, monkeypatch):
    cut(folder, 0)
    monkeypatch.chdir(folder.parent.parent)
    assert dlbench.resume().folder.name == folder.name
    assert len(outcomes(folder)) == LINES


def test_the_watcher_is_told_what_is_measured(folder):
    cut(folder, ends(folder)[2])
    told = []
    dlbench.resume(folder, progress=told.append)
    (resumed,) = [event for event in told if isinstance(event, Resumed)]
    assert len(resumed.kept) == 2
    assert len(resumed.rows) == 1
    assert Notice("Going on with the run; complete so far: 1 of 4 rows") in told


# --- what is refused ------------------------------------------------------------------------------


def refused(folder, **options):
    before = {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}
    with pytest.raises(dlbench.UsageError) as error:
        dlbench.resume(folder, **options)
    after = {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}
    assert before == after
    return str(error.value)


def test_another_machine_is_refused(folder, machine):
    cut(folder, ends(folder)[2])
    machine(lambda _: replace(ENVIRONMENT, usable_cores=1))
    assert "usable_cores: 2 then, 1 now" in refused(folder)


def test_another_version_is_refused(folder, monkeypatch):
    monkeypatch.setattr("dlbench.api.changes.__version__", "9.9.9")
    assert f"dlbench: {dlbench.__version__} then, 9.9.9 now" in refused(folder)


def test_another_plan_is_refused(folder, suite):
    ask = partial(dlbench.Request, suite=str(suite))
    told = refused(folder, request=ask(size=("8", "32")))
    assert "matmul/16x16x16/numpy/cpu/eager/float32/t1: not asked for" in told
    assert "matmul/32x32x32/numpy/cpu/eager/float32/t1: not planned" in told
    cut(folder, ends(folder)[2])
    assert dlbench.resume(folder, request=ask(size=("8", "16"))).ok


def test_a_run_that_is_being_measured_is_refused(folder):
    with lock.held(folder):
        assert "still being measured" in refused(folder)


def test_a_run_cannot_be_resumed_by_what_happens_in_it(folder, suite, machine):
    """A second dlbench, while the first one measures."""
    met = []

    def watch(event):
        if isinstance(event, Notice | Resumed) or met:
            return
        with pytest.raises(dlbench.UsageError) as error:
            dlbench.resume(folder)
        met.append(str(error.value))

    cut(folder, 0)
    dlbench.resume(folder, progress=watch)
    assert "still being measured" in met[0]


def test_measurements_that_the_plan_lacks_are_told(folder):
    line = lines(folder)[0].replace(b"matmul/8x8x8", b"matmul/9x9x9")
    with (folder / "measurements.jsonl").open("ab") as stream:
        stream.write(line)
    told = "a measurement that its plan lacks: matmul/9"
    with pytest.raises(dlbench.UnreadableResults, match=told):
        dlbench.resume(folder)


def test_a_training_is_refused(tmp_path):
    with TRAINING.writing(tmp_path, trainings.found().run):
        pass
    with pytest.raises(dlbench.UsageError, match="only runs can be resumed"):
        dlbench.resume(tmp_path)


# --- the command ----------------------------------------------------------------------------------


@pytest.fixture
def typed(monkeypatch):
    """Type a command; its exit code."""

    def command(*words):
        monkeypatch.setattr(sys, "argv", ["dlbench", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            __main__.main()
        return end.value.code

    return command


def test_the_command_goes_on_and_shows_the_whole(folder, typed, capsys):
    whole = outcomes(folder)
    cut(folder, ends(folder)[2])
    assert typed("run", "--resume", "latest", "--results", folder.parent) == 0
    assert outcomes(folder) == whole
    shown, told = capsys.readouterr()
    assert "matmul 16" in shown
    assert "The run was stopped, and resumed on" in " ".join(shown.split())
    assert "Going on with the run; complete so far: 1 of 4 rows" in told
    assert "[2/4] matmul 16" in told


def test_who_interrupts_is_told_how_to_go_on(machine, suite, tmp_path, typed, capsys):
    machine(turn=[None] * 8 + [KeyboardInterrupt()])
    results = tmp_path / "my [b]results"
    assert typed("run", suite, "--results", results) == EXIT_INTERRUPTED
    (folder,) = folders(results)
    assert (
        f"Go on with: dlbench run --resume {shlex.quote(str(folder))}\n" in capsys.readouterr().err
    )
    machine()
    assert typed("run", "--resume", folder) == 0
    assert len(outcomes(folder)) == LINES


def test_options_must_ask_for_what_was_planned(folder, suite, typed, capsys):
    cut(folder, ends(folder)[2])
    assert typed("run", suite, "--resume", folder, "--seed", 3) == EXIT_USAGE
    assert "seed: 0 then, 3 now" in capsys.readouterr().err
    assert typed("run", suite, "--resume", folder) == 0


def test_a_dry_run_resumes_nothing(folder, typed, capsys):
    cut(folder, ends(folder)[2])
    before = lines(folder)
    assert typed("run", "--resume", folder, "--dry-run") == EXIT_USAGE
    assert lines(folder) == before
    assert "--dry-run and --resume do not go together" in capsys.readouterr().err


def test_a_damaged_run_is_told(folder, typed, capsys):
    with (folder / "measurements.jsonl").open("ab") as stream:
        stream.write(b"{}\n")
    assert typed("run", "--resume", folder) == EXIT_UNREADABLE
    assert "line 9 cannot be read" in capsys.readouterr().err


def test_an_unknown_run_is_told(folder, typed, capsys):
    assert typed("run", "--resume", "1999", "--results", folder.parent) == EXIT_USAGE
    assert "no run in" in capsys.readouterr().err


def test_a_crossover_is_refused_with_the_command_that_repeats_it(folder):
    file, command = folder / "run.json", "dlbench crossover --between numpy --and torch"
    file.write_text(json.dumps({**json.loads(file.read_text()), "command": command}))
    with pytest.raises(dlbench.UsageError, match=f"a crossover cannot be resumed.*{command}"):
        dlbench.resume(folder)


def test_a_measurement_that_is_there_twice_counts_once(folder):
    file = folder / "measurements.jsonl"
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join([*lines, lines[-1]]))
    plan = read_run(folder).run.plan
    assert len(api_resume._past(plan, folder).kept) == len(lines) == LINES


@pytest.mark.parametrize("path", ["net.py", ""])
@pytest.mark.parametrize(
    "workload",
    [
        lambda group: group["workload"],
        lambda group: group["cases"][-1]["workload"],
        lambda group: group["nulls"][-1][-1]["workload"],
    ],
    ids=["group", "case", "null"],
)
def test_a_file_of_python_runs_only_if_the_user_names_it(folder, workload, path):
    """Nothing that is stored makes a file run, wherever it is stored."""
    stored = folder / "run.json"
    head = json.loads(stored.read_text())
    own = {
        "name": "net",
        "path": path,
        "sha256": "0",
        "functions": {"torch_model": {"name": "torch_model", "line": 1}},
        "loss": "mse",
    }
    workload(head["plan"]["groups"][0])["own"] = own
    stored.write_text(json.dumps(head))
    with pytest.raises(dlbench.UsageError, match=r"only if you name it.*dlbench run net\.py"):
        dlbench.resume(folder)
