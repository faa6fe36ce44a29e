"""Whatever command there is, it explains itself, and the example in its help works."""

import shlex
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer.main

from dlbench import cli, registry
from dlbench.api import crossover, doctor, hardware, run, train, verify
from dlbench.harness.supervisor.growing import GrowingSupervisor
from dlbench.harness.supervisor.verification import Task
from dlbench.plan import targets
from dlbench.records.case import Target
from dlbench.records.machine.roofs import Blocks, Floor
from dlbench.records.measurement import ParityCheck
from dlbench.records.verification import Agreement
from dlbench.results.folder import RUN, new_folder
from fakes.costs import Costly, lines
from fakes.facts import facts
from fakes.runs import case, matmul, measured, run_of
from fakes.terminal import dlbench

COMMANDS = registry.names("commands")


def example(name: str) -> list[str]:
    """The words of the example in a command's help."""
    lines = registry.load("commands", name).HELP.splitlines()
    (line,) = [line for line in lines if line.startswith("Example: ")]
    return shlex.split(line.removeprefix("Example: "))


def parsed(words: list[str]):
    """The command that the words call, and its context with all parameters read."""
    group = typer.main.get_command(cli.build())
    above = group.make_context("dlbench", list(words))
    name, command, rest = group.resolve_command(above, words)
    return command, command.make_context(name, rest, parent=above)


@pytest.fixture
def measured_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with the results of two runs and a network in a file of Python."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text('loss = "mse"\n\n\ndef torch_model():\n    return None\n')
    product = case(matmul(256))
    for suite in ("first", "second"):
        folder = new_folder(tmp_path / "results", suite)
        with RUN.writing(folder, run_of([product], id=folder.name)) as results:
            results.append(measured(product, *[1e-3] * 12))
    return tmp_path


def test_there_are_the_commands_that_the_first_page_promises() -> None:
    assert {"list", "report", "run", "show", "train", "verify"} <= set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_its_file_adds_a_command_of_its_name(name: str) -> None:
    assert example(name)[:2] == ["dlbench", name]
    command, _ = parsed(example(name)[1:])
    assert command.name == name


@pytest.mark.parametrize("name", COMMANDS)
def test_its_example_parses(name: str) -> None:
    _, context = parsed(example(name)[1:])
    assert None not in {context.params.get(p.name) for p in context.command.params if p.required}


def fine(task: Task) -> Agreement:
    """What a network came to that is right."""
    return Agreement(next(iter(task.orders)), task.target, (ParityCheck("loss", 0.0, 1e-6),))


def nothing(*_: object) -> Iterator[object]:
    """No event."""
    yield from ()


def one_floor() -> Iterator[object]:
    """All that is found of a machine."""
    yield Floor(Target("numpy", "cpu", "eager", "float32", 1), 1e-6, Blocks(1, 0))


def searching(plan, _, grow) -> GrowingSupervisor:
    """A search by workers whose costs are known."""
    workers = Costly(lines(numpy=(10.0, 1.0), torch=(90.0, 5.0)))
    return GrowingSupervisor(plan, workers.launch, grow, workers.clock.seconds)


@pytest.mark.parametrize("name", COMMANDS)
def test_its_example_works(name: str, measured_twice: Path, monkeypatch) -> None:
    monkeypatch.setattr(targets, "find_spec", lambda package: package)
    monkeypatch.setattr(run, "Supervisor", lambda *_, **__: SimpleNamespace(measure=nothing))
    monkeypatch.setattr(crossover, "Supervisor", searching)
    monkeypatch.setattr("dlbench.api.result.RunResult.is_empty", False)
    monkeypatch.setattr(train.TrainingPlan, "train", nothing)
    monkeypatch.setattr(hardware, "HardwareRun", lambda *_: SimpleNamespace(measure=one_floor))
    monkeypatch.setattr(verify, "_findings", lambda asked, *_: [fine(asked[-1])])
    monkeypatch.setattr(doctor, "gather", lambda *_, **__: facts(measured_twice))
    answer = dlbench(*example(name)[1:])
    assert answer.code == 0
    if name != "crossover":  # tells what it does, as there is no terminal
        assert answer.err.startswith("Report of ") if name == "report" else not answer.err
    assert answer.out


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_its_help_shows_the_example_and_every_option(name: str, flag: str) -> None:
    answer = dlbench(name, flag)
    assert (answer.code, answer.err) == (0, "")
    assert f"dlbench {name}" in answer.out
    assert "Example: " in answer.out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_is_for(name: str) -> None:
    command, _ = parsed(example(name)[1:])
    silent = [p.name for p in command.params if p.name != "help" and not getattr(p, "help", "")]
    assert silent == []


@pytest.mark.parametrize("name", COMMANDS)
def test_it_is_listed_with_the_first_line_of_its_help(name: str) -> None:
    first = registry.load("commands", name).HELP.partition("\n")[0]
    assert first.endswith(".")
    (line,) = [row for row in dlbench("--help").out.splitlines() if row.split()[:1] == [name]]
    assert first[:30] in line


@pytest.mark.parametrize("name", COMMANDS)
def test_an_option_that_it_does_not_have_is_told(name: str) -> None:
    answer = dlbench(name, "--no-such-option")
    assert answer.code == 2
    assert "No such option: --no-such-option" in answer.err
    assert "Traceback" not in answer.err
