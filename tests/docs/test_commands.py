"""Every command in README.md and docs/*.md is one that dlbench takes; `nox -s docs` runs them.

A command is a line of a fenced block or a code span that begins with `dlbench` and a word. To be
quick, some run with the words that CHEAPER adds. Blocks of Python are run as they stand.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import typer

from dlbench import cli, registry
from dlbench.commands.list import LISTS
from dlbench.networks.base import every
from dlbench.plan.targets import read_declarations
from dlbench.report.metrics import METRICS

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
REFERENCE = ROOT / "results" / "reference"

FENCED = re.compile(r"^```[a-z]*\n(.*?)^```", re.DOTALL | re.MULTILINE)
PYTHON = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
SPAN = re.compile(r"`(dlbench [a-z][^`]*)`")
PROGRAM = re.compile(r"^(?:\S*/bin/)?(dlbench [a-z].*)$", re.MULTILINE)
# Without the argument that it needs, this names a command and is none.
MENTIONED = {"dlbench train"}
# Words in capitals stand for what a reader puts in.
PLACEHOLDER = re.compile(r"\b[A-Z]{3,}\b")

QUICK_RUN = "--backend numpy --rigor quick --budget 20"
# What is added to a command that begins so, the first that fits. Suites that measure for minutes,
# static modes and GPUs are planned only; pictures of runs need a run that has what they show.
CHEAPER: Mapping[str, str] = {
    "run lecture --device": "--device cpu --dry-run",
    "run lecture": "--dry-run",
    "run epochs": "--dry-run",
    "run gpu-quick": "--dry-run",
    "run graphs": "--dry-run",
    "run retrace": "--dry-run",
    "run matmul": f"{QUICK_RUN} --size 64 --generations 1",
    "run net.py": "--dry-run",
    "run": QUICK_RUN,
    "fastest net.py --emit": "--help",
    "fastest": "--backend tensorflow --budget 30",
    "crossover --network mnist-512 --backend torch --between cpu": "--help",  # needs a GPU
    "crossover": "--budget 3 --quiet",
    "verify": "--quick --backend numpy --network iris",
    "hardware": "--backend numpy --budget 5",
    "train iris --tensorboard": "--epochs 2 --backend torch",
    "train": "--epochs 2 --seeds 1 --backend numpy",
    "compare": "--help",  # needs two runs of one suite
    "show --metric utilisation": "20261126-105842-epochs",
    "show": "20261126-064255-graphs",
    "doctor": "--help",  # a busy machine is none that is fit, and ends with 1
    "report": "20261126-064255-graphs",
}


def commands(page: str) -> list[str]:
    """The commands of a page, each once."""
    lines = [line for block in FENCED.findall(page) for line in PROGRAM.findall(block)]
    spans = [" ".join(span.split()) for span in SPAN.findall(FENCED.sub("", page))]
    found = [line.partition(" #")[0].strip() for line in (*lines, *spans)]
    return [
        one for one in dict.fromkeys(found) if one not in MENTIONED and not PLACEHOLDER.search(one)
    ]


def words(command: str) -> list[str]:
    return shlex.split(command)[1:]


def cheaper(command: str) -> list[str]:
    """The words of a command, with those that make it quick."""
    asked = command.partition(" ")[2]
    added = (words for begin, words in CHEAPER.items() if f"{asked} ".startswith(f"{begin} "))
    return [*words(command), *next(added, "").split()]


COMMANDS = sorted({one for page in PAGES for one in commands(page.read_text(encoding="utf-8"))})
SCRIPTS = [one for page in PAGES for one in PYTHON.findall(page.read_text(encoding="utf-8"))]


def parsed(command: Sequence[str]) -> Mapping[str, Any]:
    """The parameters of a command; raises what dlbench raises for options that do not exist."""
    application = typer.main.get_command(cli.build())
    with application.make_context("dlbench", [*command], resilient_parsing=True):
        sub = application.commands[command[0]]
    return sub.make_context(command[0], [*command[1:]]).params


def names() -> Mapping[str, set[str]]:
    """The names that a parameter may have."""
    declared = read_declarations()
    loops = {loop for one in declared.values() for loop in one.loops}
    modes = {mode for one in declared.values() for mode in one.modes}
    suites = {
        *registry.names("suites", ".toml"),
        *registry.names("workloads"),
        "my-suite.toml",
        "net.py",
    }
    return {
        "suite": suites,
        "network": {*every()},
        "backend": {*declared},
        "mode": {*modes, "dynamic", "static"},
        "loop": loops,
        "metric": {*METRICS, "all"},
        "what": {*LISTS},
        "diagram": {*every()},
    }


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_pages_has_options_and_names_that_exist(command: str) -> None:
    given = parsed(words(command))
    for name, allowed in names().items():
        value = given.get(name)
        texts = [value] if isinstance(value, str) else value or []
        assert {word for text in texts for word in text.split(",")} <= allowed


def test_commands_are_found() -> None:
    page = (
        "```\ndlbench run  # measure\n.venv/bin/dlbench list\npip install x\n```\n"
        "`dlbench show\nlatest`, `dlbench list WHAT`, `dlbench`"
    )
    assert commands(page) == ["dlbench run", "dlbench list", "dlbench show latest"]
    assert len(COMMANDS) > 20


def test_a_wrong_option_is_noticed() -> None:
    with pytest.raises(Exception, match="No such option"):
        parsed(["run", "--no-such"])


def test_what_makes_a_command_quick_is_added() -> None:
    assert cheaper("dlbench run graphs --network iris")[-1] == "--dry-run"
    assert cheaper("dlbench run train_step --network iris")[-6:] == QUICK_RUN.split()
    assert cheaper("dlbench list networks") == ["list", "networks"]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the README's suite and with stored runs, as the pages take for granted."""
    folder = tmp_path_factory.mktemp("reader")
    shutil.copytree(REFERENCE, folder / "results")
    (folder / "results" / "reference").symlink_to(REFERENCE)
    toml = (ROOT / "README.md").read_text(encoding="utf-8").partition("```toml\n")[2]
    (folder / "my-suite.toml").write_text(toml.partition("```")[0], encoding="utf-8")
    [file, *_] = PYTHON.findall((ROOT / "docs" / "own-networks.md").read_text(encoding="utf-8"))
    (folder / "net.py").write_text(file, encoding="utf-8")
    return folder


executed = pytest.mark.skipif("DLBENCH_TEST_DOCS" not in os.environ, reason="nox -s docs")


def finished(place: Path, program: Sequence[str]) -> None:
    """Run a program in the reader's folder; it must end well."""
    ended = subprocess.run(
        [sys.executable, *program],
        cwd=place,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


@executed
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_pages_runs(command: str, place: Path) -> None:
    finished(place, ["-m", "dlbench", *cheaper(command)])


@executed
@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_of_the_pages_runs(script: str, place: Path) -> None:
    finished(place, ["-c", script])
