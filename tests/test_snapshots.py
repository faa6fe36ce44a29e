"""What a user sees stays as it is, byte for byte: runs, reports, plans, lists and help.

The stored copies lie in tests/data/snapshots/. A change that is meant is stored with

    DLBENCH_WRITE_SNAPSHOTS=1 pytest tests/test_snapshots.py

and reviewed with `git diff tests/data/snapshots`. Without the variable nothing is written: a
text without a stored copy fails, and so does a stored copy without a text.
"""

import os
import re
import sys
from difflib import unified_diff
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import pytest
from matplotlib.figure import Figure

from dlbench import registry
from dlbench.api import doctor
from dlbench.api import run as api_run
from fakes.facts import facts, sound, unfit
from fakes.machine import machine
from fakes.terminal import Answer, dlbench

WRITE = "DLBENCH_WRITE_SNAPSHOTS"
UPDATE = f"If this is meant: {WRITE}=1 pytest tests/test_snapshots.py"
MOST_LINES = 60  # of a difference: the first of them say what changed

ROOT = Path(__file__).parents[1]
STORED = ROOT / "tests/data/snapshots"
REFERENCE = "results/reference"
WIDTH = "80"

# Each run, and one of its targets as a baseline.
BASELINES = {
    "20261125-084456-quick": "torch/eager",
    "20261128-192155-quick": "torch/eager",
    "20261126-064255-graphs": "torch/eager",
    "20261126-070358-retrace": "jax/jit",
    "20261126-081828-epochs": "torch/eager/fused",
    "20261126-105842-epochs": "numpy/eager/tensors",
    "20261126-144703-h200": "torch/cuda/eager",
}
TRAINING = "20261126-093548-train-iris"
FOLDERS = {run: f"{REFERENCE}/{run}" for run in [*BASELINES, TRAINING]}
OLDEST = "run-v1"  # of one target only
LISTS = ("suites", "workloads", "networks", "backends", "datasets", "runs")
DATA = ("csv", "json")
GPUS = (0, 1)


def first_words(text: str) -> list[str]:
    """What stands first in each line."""
    return [line.split()[0] for line in text.splitlines() if line.strip()]


SUITES = registry.names("suites", ".toml")
COMMANDS = first_words(dlbench("--help").out.partition("Commands:\n")[2].partition("\n\n")[0])

Lines = dict[str, tuple[str, ...]]


def shows_of(name: str, folder: str, baseline: str) -> Lines:
    """The ways to show a run: the file that holds each, and the words that ask for it."""
    options = {"": (), "-all": ("--metric", "all"), "-baseline": ("--baseline", baseline)}
    texts = {
        f"show/{name}/table{said}.{end}": ("show", folder, "--format", form, *words)
        for form, end in (("table", "txt"), ("md", "md"))
        for said, words in options.items()
    }
    data = {f"show/{name}/table.{form}": ("show", folder, "--format", form) for form in DATA}
    return texts | data


SHOWS: Lines = {
    **{
        file: words
        for run, baseline in BASELINES.items()
        for file, words in shows_of(run, FOLDERS[run], baseline).items()
    },
    **shows_of(OLDEST, f"tests/data/{OLDEST}", "numpy"),
    f"show/{TRAINING}/table.txt": ("show", FOLDERS[TRAINING]),
}
WORDS: Lines = {
    **{f"list/{what}.txt": ("list", what, "--results", REFERENCE) for what in LISTS},
    "help/dlbench.txt": ("--help",),
    **{f"help/{command}.txt": (command, "--help") for command in COMMANDS},
}
PLANS = {f"plan/{suite}-{gpus}-gpu.txt": (suite, gpus) for suite in SUITES for gpus in GPUS}
DOCTORS = {
    f"doctor/{name}.{end}": (name, *words)
    for name in ("sound", "unfit")
    for end, words in (("txt", ()), ("json", ("--format", "json")))
}
PAGES = ("index.html", "report.md")
REPORTS = {
    *(f"report/{run}/said.txt" for run in FOLDERS),
    *(f"report/{run}/{page}" for run in BASELINES for page in PAGES),
}


def same_everywhere(text: str, out: Path | None = None) -> str:
    """The text without what differs from machine to machine."""
    # The folder of a test has another name in every run of the tests.
    text = text.replace(str(out), "<out>") if out else text
    # NumPy's vectorised functions differ by processor in the last digits.
    return re.sub(r"\d+\.\d{10,}(e[+-]?\d+)?", lambda number: f"{float(number[0]):.9g}", text)


def everything(answer: Answer) -> str:
    """All that a user sees of an answer."""
    code = f"exit code {answer.code}\n" if answer.code else ""
    return answer.out + answer.err + code


def hold(name: str, text: str) -> None:
    """Compare a text with its stored copy, or store it where that is asked for."""
    path = STORED / name
    if os.environ.get(WRITE) == "1":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    assert path.exists(), f"{name} has no stored copy. {UPDATE}"
    stored = path.read_bytes().decode()
    pairs = [t.splitlines(keepends=True) for t in (stored, text)]
    difference = islice(unified_diff(*pairs, f"{name}, stored", f"{name}, now"), MOST_LINES)
    assert stored == text, f"{''.join(difference)}\n{UPDATE}"


def undrawn(figure: Figure, file: BinaryIO, **_: object) -> None:
    """Save no picture: it takes long, and differs by the version of matplotlib."""
    file.write(b"<svg/>")


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """80 columns without colour, in the project's folder, called by the name `dlbench`."""
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", WIDTH)
    monkeypatch.chdir(ROOT)
    # Or the usage would begin with `python -m pytest` where the tests were started so.
    monkeypatch.setattr(sys.modules["__main__"], "__package__", None)


def test_every_reference_run_is_held() -> None:
    assert {path.name for path in Path(REFERENCE).iterdir()} == set(FOLDERS)


@pytest.mark.parametrize("name", SHOWS)
def test_a_run_is_shown_as_before(name: str) -> None:
    answer = dlbench(*SHOWS[name])
    assert answer.code == 0
    hold(name, same_everywhere(everything(answer)))


@pytest.mark.parametrize("form", DATA)
def test_data_hold_all_metrics_asked_for_or_not(form: str) -> None:
    words = ("show", FOLDERS["20261125-084456-quick"], "--format", form)
    assert dlbench(*words, "--metric", "all") == dlbench(*words)


@pytest.mark.parametrize("name", WORDS)
def test_lists_and_help_are_as_before(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # `dlbench list backends` says which packages are installed.
    monkeypatch.setattr("importlib.util.find_spec", lambda package: package)
    answer = dlbench(*WORDS[name])
    assert answer.code == 0
    hold(name, same_everywhere(everything(answer)))


@pytest.mark.parametrize("name", PLANS)
def test_a_suite_is_planned_as_before(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    suite, gpus = PLANS[name]

    def made_up(known):
        return machine(declarations=known, installed=frozenset(known), gpus=gpus)

    monkeypatch.setattr(api_run, "this_machine", made_up)
    answer = dlbench("run", suite, "--dry-run")
    assert answer.code == 0
    hold(name, same_everywhere(everything(answer)))


@pytest.mark.parametrize("name", DOCTORS)
def test_a_machine_is_examined_as_before(name: str, tmp_path: Path, monkeypatch) -> None:
    kind, *words = DOCTORS[name]
    sound(tmp_path)
    made = {"sound": facts, "unfit": unfit}[kind](tmp_path)
    monkeypatch.setattr(doctor, "gather", lambda *_, **__: made)
    monkeypatch.setattr(doctor, "described", lambda _: "Some CPU, 2 of 2 cores, 16.0 GiB")
    answer = dlbench("doctor", "--quiet", *words)
    hold(name, same_everywhere(everything(answer), tmp_path))


@pytest.mark.parametrize("run", FOLDERS)
def test_a_report_is_written_as_before(run: str, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(Figure, "savefig", undrawn)
    answer = dlbench("report", FOLDERS[run], "--out", str(tmp_path))
    hold(f"report/{run}/said.txt", same_everywhere(everything(answer), tmp_path))
    if run == TRAINING:
        return
    for page in PAGES:
        text = (tmp_path / page).read_bytes().decode()
        hold(f"report/{run}/{page}", same_everywhere(text, tmp_path))
    table = (tmp_path / "table.csv").read_bytes().decode()
    hold(f"show/{run}/table.csv", same_everywhere(table))  # the same as `show --format csv`


def test_nothing_is_stored_that_no_test_compares() -> None:
    stored = {path.relative_to(STORED).as_posix() for path in STORED.rglob("*") if path.is_file()}
    assert stored == {*SHOWS, *WORDS, *PLANS, *DOCTORS, *REPORTS}, UPDATE
