"""The README says what is true: its commands are those of the gate, its table is a kept run's."""

import io
import re
from pathlib import Path
from typing import get_args

import pytest
from rich.console import Console

from dlbench.networks.base import every
from dlbench.plan import suite
from dlbench.plan.targets import read_declarations
from dlbench.records.layers import Loss
from dlbench.report import terminal
from dlbench.results.folder import read_run

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
KEPT = sorted((ROOT / "results" / "reference").glob("*-quick/run.json"))


def fenced(start: str) -> str:
    """The first fenced block after a text."""
    return README[README.index(start) :].split("```")[1].partition("\n")[2].strip()


def test_the_gate_runs_the_readmes_test_command() -> None:
    command = fenced("## Develop it")
    install, _, test = command.partition(" && ")
    gate = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    long = {" -q": " --quiet", " -c ": " --constraint ", " -s ": " --session "}
    for short, spelled in long.items():
        install, test = install.replace(short, spelled), test.replace(short, spelled)
    assert install in gate
    assert test in gate


def test_both_commands_differ_only_in_the_session() -> None:
    assert fenced("## Start").replace("-s run", "-s tests") == fenced("## Develop it")


def test_the_suite_of_the_readme_is_valid(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(fenced("## Your own network"), encoding="utf-8")
    assert suite.read(path).networks[0].name == "mine"


def test_the_table_of_the_readme_is_that_of_the_kept_run(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shown = re.search(r"<!-- example: begin -->\n(.*)<!-- example: end -->", README, re.DOTALL)
    assert shown is not None
    assert shown[1] == example(KEPT[-1].parent)
    assert capsys.readouterr().out == ""


def example(folder: Path) -> str:
    """What `dlbench show` prints of a run, fenced; running this file writes it anew."""
    stream = io.StringIO()
    terminal.show(read_run(folder), Console(file=stream, width=80, force_terminal=False))
    text = "\n".join(line.rstrip() for line in stream.getvalue().splitlines())
    return f"```\n{text}\n```\n"


if __name__ == "__main__":
    begin, end = "<!-- example: begin -->\n", "<!-- example: end -->"
    head, _, rest = README.partition(begin)
    text = head + begin + example(KEPT[-1].parent) + end + rest.partition(end)[2]
    (ROOT / "README.md").write_text(text, encoding="utf-8")


def test_the_lecture_s_page_has_all_networks_losses_and_loops_that_there_are() -> None:
    page = (ROOT / "docs" / "lecture.md").read_text(encoding="utf-8")
    loops = {loop for declared in read_declarations().values() for loop in declared.loops}
    missing = [name for name in (*every(), *get_args(Loss), *loops) if f"`{name}`" not in page]
    assert missing == []
