"""From a suite to a table: with real workers on NumPy, and with scripted ones that go wrong."""

import json
import shlex
import sys
from collections import Counter
from contextlib import nullcontext
from functools import partial

import pytest

from dlbench import __main__
from dlbench.api import run as api_run
from dlbench.errors import EXIT_FAILED_CASES, EXIT_INTERRUPTED, EXIT_USAGE
from dlbench.experience import roofs
from dlbench.harness import wire
from dlbench.harness.supervisor.run import Supervisor
from dlbench.harness.supervisor.stopping import MOST_ROUNDS_FACTOR
from dlbench.machine import environment, memory_limit
from dlbench.results.find import folders
from dlbench.results.folder import Writer, read_run
from fakes.hardware import found as found_hardware
from fakes.runs import ENVIRONMENT
from fakes.workers import BROKEN, Dies, Stable

SUITE = """
about = "as small as a suite can be"

[targets]
backend = "numpy"
threads = 1

[sampling]
rigor = "quick"
blocks = 3
block_s = 0.001
warmup_s = 0.001

[[workload]]
kind = "matmul"
size = [8, 16]

[[workload]]
kind = "train_step"
network = "iris"
"""
HUNGRY = """
[[workload]]
kind = "matmul"
size = [8, 8000, 16]
"""
ROWS = [
    "matmul/8x8x8/numpy/cpu/eager/float32/t1",
    "matmul/16x16x16/numpy/cpu/eager/float32/t1",
    "train_step/iris/b32/numpy/cpu/eager/float32/t1",
]
CASES = [case for row in ROWS for case in (row, f"{row}/null")]


@pytest.fixture
def suite(tmp_path):
    path = tmp_path / "tiny.toml"
    path.write_text(SUITE, encoding="utf-8")
    return str(path)


@pytest.fixture
def results(tmp_path):
    return tmp_path / "results"


@pytest.fixture
def dlbench(monkeypatch):
    """Type a command; its exit code."""

    def command(*words):
        monkeypatch.setattr(sys, "argv", ["dlbench", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            __main__.main()
        return end.value.code

    return command


@pytest.fixture
def scripted(monkeypatch):
    """Let scripted workers measure, on a machine that is known."""

    def follow(**script):
        stable = Stable({"numpy": script})
        monkeypatch.setattr(api_run, "Launcher", lambda *_, **__: nullcontext(stable.launch))
        monkeypatch.setattr(environment, "capture", lambda _: ENVIRONMENT)
        return stable

    return follow


@pytest.fixture
def measure(dlbench, suite, results, scripted):
    """Measure the suite with a script; the exit code."""

    def by(**script):
        scripted(**script)
        return dlbench("run", suite, "--results", results)

    return by


def the_run(results):
    (folder,) = folders(results)
    return read_run(folder)


def statuses(results):
    return [measurement.status for measurement in the_run(results).measurements]


# --- all goes well ------------------------------------------------------------------------------


def test_a_suite_is_measured_stored_and_shown(dlbench, suite, results, capfd):
    assert dlbench("run", suite, "--results", results, "--seed", 3) == 0
    (folder,) = folders(results)
    run, measurements = the_run(results).run, the_run(results).measurements

    assert run.id == folder.name
    assert run.plan.suite == "tiny"
    assert (run.plan.seed, run.plan.sampling.blocks) == (3, 3)
    assert shlex.split(run.command) == [*sys.argv]
    assert run.environment.versions["numpy"]

    assert [measurement.case for measurement in measurements] == CASES
    for measurement in measurements:
        assert (measurement.status, measurement.stop_reason) == ("ok", "blocks")
        assert 3 <= len(measurement.samples) <= 3 * MOST_ROUNDS_FACTOR, (
            "disturbed ones are replaced"
        )
        assert all(sample.host_s > 0 for sample in measurement.samples)
        assert all(check.passed for check in measurement.parity)
        assert "numpy" in measurement.facts
        assert {sample.parked_s for sample in measurement.samples} == {0.0}
        assert "SIGSTOP" in measurement.facts["parking"]

    shown, told = capfd.readouterr()
    assert "train_step iris" in shown
    assert f"Results: {folder}" in shown
    assert f"dlbench report {folder}" in shown
    assert "[1/3] matmul 8: starting " in told
    assert "starting" not in shown


def test_the_results_are_where_the_readme_says(dlbench, suite, results, scripted):
    scripted()
    dlbench("run", suite, "--results", results)
    (folder,) = results.iterdir()
    assert json.loads((folder / "run.json").read_bytes())["id"] == folder.name
    lines = (folder / "measurements.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["case"] for line in lines] == CASES
    assert (folder / "logs").is_dir()


def test_options_choose_what_is_measured(dlbench, suite, results, scripted):
    scripted()
    options = ["-k", "matmul and not 16", "--dtype", "float64", "--results", results]
    assert dlbench("run", suite, *options) == 0
    only = "matmul/8x8x8/numpy/cpu/eager/float64/t1"
    assert [m.case for m in the_run(results).measurements] == [only, f"{only}/null"]


# --- something goes wrong -----------------------------------------------------------------------

CRASH = Dies(wire.Failed("failed", "the worker died with signal 11"))


@pytest.mark.parametrize(
    ("script", "status", "code"),
    [
        pytest.param({"turn": [CRASH]}, "failed", EXIT_FAILED_CASES, id="a worker dies"),
        pytest.param(
            {"turn": [Dies(wire.Failed("timed_out", "no answer within 180 s"))]},
            "timed_out",
            EXIT_FAILED_CASES,
            id="a worker hangs",
        ),
        pytest.param(
            {"prepare": [wire.Failed("out_of_memory", "MemoryError: 8 EiB")]},
            "out_of_memory",
            EXIT_FAILED_CASES,
            id="memory runs out",
        ),
        pytest.param(
            {"check": [wire.Verified((BROKEN,))]},
            "parity_failed",
            EXIT_FAILED_CASES,
            id="a result is wrong",
        ),
        pytest.param(
            {"prepare": [wire.Failed("skipped", "no TF32 here")]}, "skipped", 0, id="cannot be had"
        ),
    ],
)
def test_a_case_that_goes_wrong_is_in_the_exit_code_and_the_rest_is_measured(
    measure, results, script, status, code
):
    assert measure(**script) == code
    assert Counter(statuses(results)) == {status: 1, "ok": len(CASES) - 1}


def test_why_a_case_went_wrong_is_shown(measure, capsys):
    measure(turn=[CRASH])
    assert CRASH.failed.reason in " ".join(capsys.readouterr().out.split())


def test_an_interrupt_keeps_and_shows_what_was_measured(dlbench, suite, results, scripted, capsys):
    stable = scripted(turn=[None] * 8 + [KeyboardInterrupt()])
    assert dlbench("run", suite, "--results", results) == EXIT_INTERRUPTED
    kept = [(m.case, m.stop_reason, len(m.samples)) for m in the_run(results).measurements]
    assert kept == [
        *((case, "blocks", 3) for case in CASES[:2]),
        *((case, "interrupted", 1) for case in CASES[2:4]),
    ]
    assert not any(worker.alive for worker in stable.workers)
    shown, told = capsys.readouterr()
    assert "Interrupted; what was measured so far is kept." in told
    assert "matmul 8" in shown
    assert "Results: " in shown


def test_an_interrupt_while_a_measurement_is_written_loses_none_of_its_row(
    dlbench, suite, results, scripted, monkeypatch
):
    written, append = [], Writer.append

    def interrupted_once(folder, measurement):
        written.append(measurement.case)
        if len(written) == 1:
            raise KeyboardInterrupt
        append(folder, measurement)

    scripted()
    monkeypatch.setattr(Writer, "append", interrupted_once)
    assert dlbench("run", suite, "--results", results) == EXIT_INTERRUPTED
    assert [m.case for m in the_run(results).measurements] == CASES[:2]


def test_an_interrupt_before_the_first_measurement_says_that_there_is_none(
    dlbench, suite, results, scripted, capsys
):
    scripted(start=[KeyboardInterrupt()])
    assert dlbench("run", suite, "--results", results) == EXIT_INTERRUPTED
    assert statuses(results) == []
    shown, told = capsys.readouterr()
    assert shown == ""
    assert "Interrupted; nothing was measured." in told


def test_an_interrupt_after_a_failure_says_why_and_offers_no_report(
    dlbench, suite, results, scripted, capsys
):
    scripted(prepare=[CRASH, KeyboardInterrupt()])
    assert dlbench("run", suite, "--results", results) == EXIT_INTERRUPTED
    assert statuses(results) == ["failed"]
    shown, told = capsys.readouterr()
    assert CRASH.failed.reason in " ".join(shown.split())
    assert "Report:" not in shown
    assert "Interrupted; nothing was measured." in told


def test_an_interrupt_while_the_machine_is_looked_at_leaves_nothing(
    dlbench, suite, results, scripted, monkeypatch
):
    def interrupt(_):
        raise KeyboardInterrupt

    scripted()
    monkeypatch.setattr(environment, "capture", interrupt)
    assert dlbench("run", suite, "--results", results) == EXIT_INTERRUPTED
    assert not results.exists()


def test_what_the_budget_does_not_reach_is_skipped_and_that_is_fine(
    dlbench, suite, results, scripted, monkeypatch
):
    clock = scripted().clock.seconds
    monkeypatch.setattr(api_run, "Supervisor", partial(Supervisor, clock=clock))
    assert dlbench("run", suite, "--results", results, "--budget", 0.5) == 0
    assert statuses(results) == ["ok"] + ["skipped"] * 5
    assert the_run(results).measurements[0].stop_reason == "budget"


def test_a_limit_that_is_shorter_than_starting_is_told(dlbench, suite, results, scripted, capsys):
    scripted()
    limit = ["--budget", 1e-9]
    assert dlbench("run", suite, "--results", results, *limit) == EXIT_FAILED_CASES
    told = (
        "Nothing was measured: --budget 1e-09 is shorter than starting the frameworks (about 2 s)"
    )
    assert told in capsys.readouterr().err


def test_results_that_cannot_be_written_are_told_before_anything_is_measured(
    dlbench, suite, tmp_path, scripted, capsys
):
    stable = scripted()
    (tmp_path / "file").touch()
    assert dlbench("run", suite, "--results", tmp_path / "file" / "results") == EXIT_USAGE
    assert stable.workers == []
    assert capsys.readouterr().err.startswith("dlbench: cannot write results")


# --- what is asked ------------------------------------------------------------------------------


def test_a_dry_run_shows_the_plan_and_does_nothing(dlbench, suite, results, scripted, capsys):
    stable = scripted()
    assert dlbench("run", suite, "--results", results, "--dry-run") == 0
    shown = capsys.readouterr().out
    assert "matmul/8x8x8\n  numpy/cpu/eager/float32/t1\n" in shown
    assert "3 cases to measure, 0 skipped. Rigor quick: 1 repetition in fresh processes" in shown
    assert shown.splitlines()[-1].startswith("The run takes about ")
    assert stable.workers == []
    assert not results.exists()


@pytest.fixture
def launched(scripted, monkeypatch):
    """With what options workers were launched."""
    stable, found = scripted(), []

    def launcher(*_, **options):
        found.append(options)
        return nullcontext(stable.launch)

    monkeypatch.setattr(api_run, "Launcher", launcher)
    return found


@pytest.mark.parametrize(("renewals", "renews"), [(None, False), (0, False), (2, True)])
def test_workers_that_are_to_be_renewed_are_started_so(suite, results, launched, renewals, renews):
    api_run.run(suite, results=results, renewals=renewals)
    assert launched == [{"renews": renews, "memory_gib": None}]
    assert the_run(results).run.plan.sampling.renewals == (renewals or 0)


# --- what is known of the machine ---------------------------------------------------------------
def test_a_run_carries_what_was_measured_of_its_machine(dlbench, suite, results, scripted) -> None:
    scripted()
    roofs.remember(found_hardware(environment=ENVIRONMENT))
    assert dlbench("run", suite, "--results", results) == 0
    assert the_run(results).run.roofs == found_hardware().roofs


def test_a_machine_that_was_never_measured_is_no_reason_to_fail(
    dlbench, suite, results, scripted
) -> None:
    scripted()
    assert dlbench("run", suite, "--results", results) == 0
    assert the_run(results).run.roofs is None


# --- a limit of memory --------------------------------------------------------------------------

with_limits = pytest.mark.skipif(not memory_limit.available(), reason="there are no limits")


@with_limits
def test_a_worker_that_eats_memory_fails_its_case_and_the_next_are_measured(
    dlbench, tmp_path, results, capfd
):
    """Operands and result have 256 MB each: a worker with 0.5 GiB has no room for all."""
    path = tmp_path / "hungry.toml"
    path.write_text(SUITE.partition("[[workload]]")[0] + HUNGRY, encoding="utf-8")
    code = dlbench("run", path, "--memory-limit", 0.5, "--results", results)
    assert code == EXIT_FAILED_CASES
    found = {
        one.case.split("/")[1]: one
        for one in the_run(results).measurements
        if "null" not in one.case
    }
    assert {size: one.status for size, one in found.items()} == {
        "8x8x8": "ok",
        "8000x8000x8000": "out_of_memory",
        "16x16x16": "ok",
    }
    reason = found["8000x8000x8000"].reason
    assert reason.endswith("; --memory-limit is 0.5 GiB of the host's memory")
    assert "--memory-limit is 0.5 GiB" in " ".join(capfd.readouterr().out.split())


def test_the_limit_of_a_plan_is_that_of_its_workers(suite, results, launched, monkeypatch):
    monkeypatch.setattr(memory_limit, "available", lambda: True)
    api_run.run(suite, results=results, memory_limit_gib=1.5)
    assert launched == [{"renews": False, "memory_gib": 1.5}]
    assert the_run(results).run.plan.sampling.memory_limit_gib == 1.5


def test_a_limit_that_the_system_lacks_is_refused(dlbench, suite, results, monkeypatch, capsys):
    monkeypatch.setattr(memory_limit, "available", lambda: False)
    assert dlbench("run", suite, "--memory-limit", 2, "--results", results) == EXIT_USAGE
    assert "--memory-limit needs Linux: 2.0. Leave it out." in capsys.readouterr().err
    assert not results.exists()
