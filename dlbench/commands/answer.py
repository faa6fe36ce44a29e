"""Answer the questions of a stored run in sentences and one small table for each."""

from typing import Annotated

import typer

from dlbench.commands.base import RESULTS, Results, RunName, share

HELP = """Answer what a run was made for: which side is faster, by how much, how sure.

Each question is an axis on which the measured targets differ: CPU or GPU, which framework, eager
or compiled. RUN is a path, an id, the beginning of one, or `latest`.

Example: dlbench answer latest
"""


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command("answer", help=HELP)(answer)


def answer(
    run: RunName = "latest",
    margin: Annotated[
        float | None,
        share("--margin", "Differences below this count as equal. [default: 0.02, which is 2 %]"),
    ] = None,
    results: Results = RESULTS,
) -> None:
    """Read the run and print its answers."""
    from rich.console import Console

    from dlbench.analysis.run import versus
    from dlbench.api.load import load_run
    from dlbench.report import terminal

    terminal.answer(load_run(run, results).stored, Console(), versus(None, margin))
