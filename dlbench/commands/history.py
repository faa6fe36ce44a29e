"""Each case over the stored runs, with the steps in its speed."""

from typing import Annotated

import typer

from dlbench.commands.base import RESULTS, Filter, Margin, Results, option

HELP = """Show each case over the stored runs, and where its speed has changed.

GLOB chooses runs by their ids, such as '*-quick'. What is followed is the ratio to NumPy's eager
mode on the same workload in the same run, where there is one, so that a slow day cancels.

Example: dlbench history "*" --filter matmul
"""
LINES = "Lines of each table; 0 for all. [default: all, or 40 of most interest on a long page]"


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command("history", help=HELP)(history)


def history(
    pattern: Annotated[
        str, typer.Argument(metavar="GLOB", help="Pattern of the ids of runs.")
    ] = "*",
    form: Annotated[str, typer.Option("--format", help="table, md, csv, json or html.")] = "table",
    keep: Filter = "",
    margin: Margin = None,
    top: Annotated[int | None, option("--top", LINES)] = None,
    results: Results = RESULTS,
) -> None:
    """Read all runs and print what they say."""
    from dlbench.api.history import history as api
    from dlbench.archive.timeline import sheet_of
    from dlbench.formats import base
    from dlbench.printer import Printer, put
    from dlbench.syntax import choice, within

    format_ = choice("format", form, base.options())
    within("--top", top, 0, 10_000)
    found = api(pattern, filter=keep, margin=margin, results=results)
    console = Printer()
    put(console, base.sheet_writer(format_)(sheet_of(found.found, top), console), format_)
