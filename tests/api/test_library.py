"""dlbench as a library: `import dlbench`, and what it returns, prints and raises."""

import subprocess
import sys
from pathlib import Path

import pytest

import dlbench
from dlbench.api.invocation import consume
from dlbench.errors import UnreadableResults, UsageError

KEPT = Path(__file__).parents[1] / "data" / "run-v1"

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
"""
# What no user of the library should pay for before it is needed.
HEAVY = {"numpy", "pandas", "matplotlib", "rich", "typer", "msgspec", "torch", "tensorflow", "jax"}


@pytest.fixture
def suite(tmp_path):
    path = tmp_path / "tiny.toml"
    path.write_text(SUITE, encoding="utf-8")
    return path


def test_importing_it_loads_nothing_heavy():
    script = "import sys, dlbench; dir(dlbench); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    assert set(done.stdout.split()) & HEAVY == set()


def test_every_public_name_is_there():
    assert {"run", "dry_run", "load", "train", "verify"} <= set(dlbench.__all__)
    for name in dlbench.__all__:
        assert getattr(dlbench, name).__doc__, name
    assert set(dlbench.__all__) <= set(dir(dlbench))
    with pytest.raises(AttributeError, match="no attribute 'measure'"):
        dlbench.measure  # noqa: B018 - reading it raises


def test_a_run_returns_its_result_and_prints_nothing(suite, tmp_path, capfd):
    events = []
    result = dlbench.run(suite, results=tmp_path / "results", seed=3, progress=events.append)
    assert capfd.readouterr() == ("", "")
    assert result.ok
    assert result.folder.parent == tmp_path / "results"
    assert result.run.plan.seed == 3
    assert result.run.command == f"dlbench run {suite} --seed 3"
    assert events[0] == result.run
    assert list(result.measurements) == [e for e in events if e in result.measurements]
    assert dlbench.load(result.folder / "run.json").folder == result.folder
    again = dlbench.load(result.folder)
    assert again.stored == result.stored


def test_a_dry_run_is_a_plan(suite, tmp_path):
    planned = dlbench.dry_run(suite, size=[4, 8])
    assert [case.workload.id for case in planned.cases] == ["matmul/4x4x4", "matmul/8x8x8"]
    assert list(tmp_path.iterdir()) == [suite]


def test_an_interrupt_carries_what_was_measured(suite, tmp_path):
    def interrupt(event):
        if hasattr(event, "samples"):
            raise KeyboardInterrupt

    with pytest.raises(dlbench.Interrupted) as caught:
        dlbench.run(suite, results=tmp_path / "results", progress=interrupt)
    assert isinstance(caught.value, KeyboardInterrupt)
    kept = caught.value.result
    cases = [(one.case, one.generation) for one in kept.measurements]
    assert len(cases) == len(set(cases)), "a measurement that was written twice counts once"
    assert len(kept.measurements) >= 1
    assert dlbench.load(kept.folder).stored == kept.stored


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: dlbench.run("quik"), "unknown suite"),
        (lambda: dlbench.run("quick", backend="tourch"), "unknown backend: 'tourch'"),
        (lambda: dlbench.run("quick", bakend="torch"), "unknown option: 'bakend'"),
        (lambda: dlbench.run("quick", rigor=3), "--rigor has the wrong type: 3"),
        (lambda: dlbench.train("iriss"), "unknown network: 'iriss'"),
        (lambda: dlbench.train("iris", epochs=0), "--epochs 0: a whole number from 1"),
        (lambda: dlbench.verify(quik=True), "unknown option: 'quik'"),
        (lambda: dlbench.load("nosuch", "nowhere"), "no run in nowhere/: 'nosuch'"),
        (lambda: dlbench.load(3), "run has the wrong type: 3. Allowed: a path, or a text"),
        (lambda: dlbench.load(results=None), "results has the wrong type"),
        (lambda: dlbench.run("quick", results=3), "results has the wrong type: 3"),
        (lambda: dlbench.train("iris", folders=3), "folders has the wrong type: 3"),
        (lambda: dlbench.Folders("here", checkpoint=3), "checkpoint has the wrong type: 3"),
        (lambda: dlbench.dry_run(["quick"]), "--suite has the wrong type: ['quick']"),
        (lambda: dlbench.load(KEPT).compare(3), "--baseline has the wrong type: 3"),
        (lambda: dlbench.load(KEPT).compare(margin="2 %"), "--margin has the wrong type: '2 %'"),
        (lambda: dlbench.load(KEPT).report(3), "path has the wrong type: 3"),
    ],
)
def test_a_mistake_is_an_exception_with_the_words_of_the_command_line(call, message):
    with pytest.raises(UsageError) as caught:
        call()
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        ({}, "no run"),
        ({"notes.txt": "mine"}, "no run"),
        ({"run.json": "{"}, "run.json"),
        ({"run.json": '{"schema_version": 999}'}, "newer dlbench"),
        ({"run.json": '{"schema_version": 1, "id": 3}'}, "run.json"),
    ],
)
def test_a_folder_that_holds_no_run_is_told_with_what_is_wrong_and_where(
    tmp_path: Path, files, complaint
):
    folder = tmp_path / "strange"
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    with pytest.raises(UnreadableResults, match=complaint) as caught:
        dlbench.load(folder)
    assert str(folder) in str(caught.value)


def test_a_training_returns_every_epoch(tmp_path, capfd):
    outcome = dlbench.train("fruit-2-1", backend="numpy", threads=1, folders=tmp_path / "results")
    assert capfd.readouterr() == ("", "")
    assert outcome.ok
    assert len(outcome.trainings[0].epochs) == 5
    assert dlbench.load(outcome.folder).stored == outcome.stored
    assert {path.suffix for path in outcome.report(tmp_path / "new")} == {".svg", ".png"}
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot write the learning curve"):
        outcome.report(tmp_path / "file")


def test_a_verification_returns_its_findings(capfd):
    result = dlbench.verify(backend="numpy", network="fruit-2-1", quick=True)
    assert capfd.readouterr() == ("", "")
    assert result.passed
    assert set(result.frame()["target"]) >= {"numpy/cpu/eager/float32/t1"}


class Disturbed(Exception):
    """What storing an event ends with."""


def test_if_an_event_cannot_be_stored_the_workers_are_ended() -> None:
    ended = []

    def events():
        try:
            yield from range(3)
        finally:
            ended.append("workers")

    def store(event: int) -> None:
        if event == 1:
            raise Disturbed

    with pytest.raises(Disturbed):
        consume(events(), store, lambda _: None)
    assert ended == ["workers"]
