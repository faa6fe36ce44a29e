"""Answer the questions of a stored run in sentences and one small table for each."""

import typer

from dlbench.commands.base import RESULTS, Baseline, Filter, Margin, Results, RunName, Sort, Top

HELP = """Answer what a run was made for: which side is faster, by how much, how sure.

Each question is an axis on which the measured targets differ: CPU or GPU, which framework, eager
or compiled. RUN is a path, an id, the beginning of one, or `latest`.

Example: dlbench answer latest --filter matmul
"""


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command("answer", help=HELP)(answer)


def answer(
    run: RunName = "latest",
    baseline: Baseline = None,
    margin: Margin = None,
    keep: Filter = "",
    sort: Sort = "rank",
    top: Top = None,
    results: Results = RESULTS,
) -> None:
    """Read the run and print its answers."""
    from rich.console import Console

    from dlbench.api.load import load_run
    from dlbench.report import terminal
    from dlbench.report.view import view_of

    view = view_of(baseline, margin, sort, top)
    terminal.answer(load_run(run, results).filtered(keep).stored, Console(), view)
