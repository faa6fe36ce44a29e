"""Write the report of a run: tables and charts as one HTML page, and as Markdown."""

from pathlib import Path
from typing import Annotated

import typer

HELP = """Write the report of a run.

index.html is one self-contained page; report.md is the same with pictures and CSV tables.

Example: dlbench report latest -o report
"""


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command("report", help=HELP)(report)


def report(
    run: Annotated[str, typer.Argument(help="Path, id, beginning of an id, or latest.")] = "latest",
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="The folder to write to; `report` in the run's own."),
    ] = None,
    results: Annotated[Path, typer.Option("--results", help="Where the results are.")] = Path(
        "results"
    ),
) -> None:
    """Read the run, write the files, say where they are."""
    from dlbench.errors import UsageError
    from dlbench.report.page import write
    from dlbench.results.find import find
    from dlbench.results.folder import RUN, TRAINING, read_run

    folder = find(run, results, (RUN,))
    if TRAINING.is_at(folder):
        raise UsageError(
            "there are reports of runs only, and this is a training",
            value=folder.name,
            hint=f"Its learning curve is in {folder}; its table: dlbench show {folder.name}",
        )
    for path in write(read_run(folder), out or folder / "report"):
        typer.echo(path)
