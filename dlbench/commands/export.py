"""Write stored runs in the formats of other programs."""

from pathlib import Path
from typing import Annotated

import typer

from dlbench.commands.base import RESULTS, Filter, Force, Results, option

HELP = """Write a stored run in the format of another program.

--to is csv, parquet (needs pyarrow), json, markdown, latex, pytest-benchmark, bencher or otava.
Without -o, the text is printed. RUN is a path, an id, the beginning of one, or `latest`; parquet
and otava take several.

Example: dlbench export latest --to pytest-benchmark
"""


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command("export", help=HELP)(export)


def export(
    runs: Annotated[
        list[str] | None,
        typer.Argument(metavar="[RUN]...", help="Paths, ids, beginnings of ids, or latest."),
    ] = None,
    to: Annotated[str, option("--to", "The format. [default: csv]")] = "csv",
    out: Annotated[
        Path | None, option("--out", "Output file. [default: print the text]", short="-o")
    ] = None,
    keep: Filter = "",
    force: Force = False,
    results: Results = RESULTS,
) -> None:
    """Read the runs and write or print them."""
    from dlbench.api import export as api
    from dlbench.api.load import load_run
    from dlbench.commands.base import echo
    from dlbench.errors import UsageError
    from dlbench.formats import base

    declared = base.export_declaration(to)
    if out is None and not declared.is_text:
        raise UsageError(f"{to} cannot be printed", hint="Name a file with -o FILE")
    loaded = [load_run(run, results, api.WHY).filtered(keep) for run in runs or ["latest"]]
    content = api.export(loaded, to, out, force=force)
    if out is None:
        echo(content.decode(), nl=False)
    else:
        echo(out)
