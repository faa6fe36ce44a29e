"""Write the report of a run: tables and charts as one HTML page, and as Markdown."""

from pathlib import Path
from typing import Annotated

import typer

from dlbench.commands.base import RESULTS, Force, Results, RunName, echo, option, reading

HELP = """Write the report of a run.

index.html is one self-contained page. report.md is the same as Markdown, with pictures and a CSV
table beside it. Trainings have no report: `latest` is the latest run that is no training.

Example: dlbench report latest -o report
"""


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command("report", help=HELP)(reading(report))


def report(
    run: RunName = "latest",
    out: Annotated[
        Path | None,
        option("--out", "Output folder. [default: report/ in the run's folder]", short="-o"),
    ] = None,
    force: Force = False,
    results: Results = RESULTS,
) -> None:
    """Read the run, write the files, and print which run it is and where the files are."""
    from dlbench.api.load import load_run

    found = load_run(run, results, "reports are made of runs")
    echo(f"Report of {found.run.id}:", err=True)
    for path in found.write_report(out, force=force):
        echo(path)
