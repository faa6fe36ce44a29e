"""Command lines and calls that nobody would type: carried out, or refused in words."""

from types import SimpleNamespace

import pytest
import typer.main
from hypothesis import example, given
from hypothesis import strategies as st

import dlbench as library
from dlbench import cli, registry
from dlbench.api import crossover, doctor, hardware, run, train, verify
from dlbench.records.measurement import ParityCheck
from dlbench.records.verification import Agreement
from dlbench.results.folder import RUN
from fakes import many, odd
from fakes.facts import facts
from fakes.inputs import inputs, unless_refused
from fakes.terminal import dlbench

# All is well; some case failed, or nothing was measured; a mistake; results that cannot be read.
CODES = {0, 1, 2, 5}

COMMANDS = registry.names("commands")
# Values of some option of some command.
FITTING = (
    *("numpy", "torch", "cpu", "eager", "static", "float32", "1", "1-3", "8", "2-8*2"),
    *("iris", "fruit-2-1", "quick", "matmul", "latest", "run", "results", "runs", "networks"),
    *("0.9", "2%", "csv", "json", "html", "time", "all", "rank", "torch and not b32", "page"),
)
# No word may name a place outside the folder of the test.
WORD = st.one_of(
    st.sampled_from(FITTING),
    st.sampled_from(odd.words_of(odd.HOSTILE)),
    st.sampled_from(["-1", "0", "nan", "inf", "1e400", "9" * 30, "1-99999999", "(", "not", "--"]),
    odd.LETTERS.filter(lambda text: odd.words_of([text]) and not text.startswith("-")),
)


def options_of(command: str) -> list[str]:
    """The options of a command, as the command line declares them."""
    group = typer.main.get_command(cli.build())
    flags = [flag for one in group.commands[command].params for flag in one.opts]
    return ["--help", *(flag for flag in flags if flag.startswith("-"))]


OPTIONS = {name: options_of(name) for name in COMMANDS}


@st.composite
def lines(draw: st.DrawFn) -> list[str]:
    """A command with options of its own and words that may fit."""
    command = draw(st.sampled_from(COMMANDS))
    words = draw(st.lists(WORD, max_size=2))
    for flag in draw(st.lists(st.sampled_from(OPTIONS[command]), max_size=3)):
        words += [flag] if draw(st.integers(0, 3)) == 0 else [flag, draw(WORD)]
    if draw(st.integers(0, 9)) == 0:
        words.insert(0, draw(WORD))
    return [command, *words, *(["--dry-run"] if command == "run" else [])]


def nothing(*_: object):
    """No event."""
    yield from ()


def fine(tasks, *_: object) -> list[Agreement]:
    """What a network came to that is right."""
    task = tasks[-1]
    return [Agreement(next(iter(task.orders)), task.target, (ParityCheck("loss", 0.0, 1e-6),))]


@pytest.fixture
def unmeasured(inner, known_machine, monkeypatch):
    """Nothing is measured, trained or verified; there is one run."""
    monkeypatch.setattr(run, "Supervisor", lambda *_, **__: SimpleNamespace(measure=nothing))
    monkeypatch.setattr(train.TrainingPlan, "train", nothing)
    monkeypatch.setattr(verify, "_findings", fine)
    monkeypatch.setattr(crossover, "Supervisor", lambda *_: SimpleNamespace(measure=nothing))
    monkeypatch.setattr(hardware, "HardwareRun", lambda *_: SimpleNamespace(measure=nothing))
    monkeypatch.setattr(doctor, "gather", lambda *_, **__: facts(inner / "machine"))
    folder = inner / "results/20260101-120000-run"
    folder.mkdir(parents=True)
    found = many.results(1)
    with RUN.writing(folder, found.run) as written:
        for one in found.measurements:
            written.append(one)
    return inner


@inputs(160)
@given(words=lines())
@example(words=["show", "latest", "--filter", "(" * 300])
@example(words=["run", "matmul", "--size", "9" * 5000, "--dry-run"])
def test_a_command_line(words, unmeasured) -> None:
    answer = dlbench(*words)
    assert answer.code in CODES
    assert answer.err or answer.out
    assert odd.control_characters(answer.out + answer.err) == set()
    assert [path.name for path in unmeasured.parents[3].iterdir()] == ["a"], "all stays inside"


VALUES = st.one_of(
    st.sampled_from(["numpy", "iris", "quick", 1, 0.5, True, None, (), ["torch", 1], {1: 2}]),
    odd.SCALARS.filter(lambda value: not isinstance(value, str) or odd.words_of([value])),
    st.lists(st.one_of(odd.NUMBERS, st.sampled_from(FITTING)), max_size=2),
)
FIELDS = [*library.Request.__struct_fields__, "size_", ""]


@inputs(80)
@given(
    asked=st.one_of(st.sampled_from(["quick", "matmul", "none", ""]), VALUES),
    options=st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=3),
)
def test_a_call_of_dry_run(asked, options, unmeasured) -> None:
    plan = unless_refused(lambda: library.dry_run(asked, **options))
    assert plan is None or plan.cases


@inputs(50)
@given(name=VALUES, baseline=VALUES, margin=VALUES, words=VALUES)
@example(name=None, baseline=None, margin=None, words=1)
def test_calls_of_a_result(name, baseline, margin, words, unmeasured) -> None:
    found = library.load()
    for call in (
        lambda: library.load(name),
        lambda: found.rows(baseline, margin),
        lambda: found.frame(baseline),
        lambda: found.filtered(words).compare(),
        lambda: library.train(name, epochs=words, goal=margin),
        lambda: library.verify(network=name, quick=words),
    ):
        unless_refused(call)
