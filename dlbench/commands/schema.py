"""Print a JSON Schema of what dlbench writes."""

from typing import Annotated

import typer

HELP = """Print a JSON Schema of what dlbench writes.

run is run.json, measurement is a line of measurements.jsonl, plan is a part of run.json; show,
answer and doctor are what these commands print with --format json.

Example: dlbench schema measurement
"""


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command("schema", help=HELP)(schema)


def schema(
    name: Annotated[
        str, typer.Argument(help="run, measurement, plan, show, answer or doctor.")
    ] = "",
) -> None:
    """Print it."""
    from dlbench.report import schema as schemas

    typer.echo(schemas.text(name), nl=False)
