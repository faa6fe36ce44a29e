"""Answer the questions of a stored run in sentences and one small table for each."""

from typing import Annotated

import typer

from dlbench.commands.base import (
    RESULTS,
    Filter,
    Margin,
    Results,
    RunName,
    Top,
    option,
    reading,
)

HELP = """Answer what a run was made for: which side is faster, by how much, how sure.

Each question is an axis on which the measured targets differ: CPU or GPU, which framework, eager
or compiled. RUN is a path, an id, the beginning of one, or `latest`.

Example: dlbench answer latest --filter matmul
"""


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command("answer", help=HELP)(reading(answer))


def answer(
    run: RunName = "latest",
    form: Annotated[str, typer.Option("--format", help="table, md, csv, json or html.")] = "table",
    baseline: Annotated[
        str | None,
        option("--baseline", "Compare with this side of a question, such as torch, GPU or eager."),
    ] = None,
    margin: Margin = None,
    keep: Filter = "",
    sort: Annotated[str, typer.Option("--sort", help="Order of workloads: plan or name.")] = "plan",
    top: Top = None,
    results: Results = RESULTS,
) -> None:
    """Read the run and print its answers."""
    from dlbench.api.load import load_run
    from dlbench.printer import Printer
    from dlbench.report import terminal
    from dlbench.report.view import view_of
    from dlbench.syntax import choice

    view = view_of(None, margin, choice("order", sort, ("plan", "name")), top)
    view = view._replace(side=baseline)
    format_ = choice("format", form, terminal.FORMATS)
    found = load_run(run, results, "answers come from runs").filtered(keep)
    terminal.answer(found.stored, Printer(), format_, view)
