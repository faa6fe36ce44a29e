"""Show the table of a run."""

from pathlib import Path
from typing import Annotated

import typer

HELP = """Show the table of a run.

RUN is a path, an id, the beginning of one, or `latest`. A baseline adds how many times the
time of that target all others take, and whether that is faster, slower, the same or unsure.

Example: dlbench show latest --baseline numpy --metric time --format md
"""


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command("show", help=HELP)(show)


def show(
    run: Annotated[str, typer.Argument(help="Path, id, beginning of an id, or latest.")] = "latest",
    metric: Annotated[
        str | None,
        typer.Option(
            "--metric",
            help="gflops, time, samples, utilisation, overhead, compile, break-even or all; "
            "gflops, and of static modes break-even or compile.",
        ),
    ] = None,
    form: Annotated[str, typer.Option("--format", help="table, md, csv or json.")] = "table",
    baseline: Annotated[
        str | None,
        typer.Option("--baseline", help="Compare with this target, such as torch/eager."),
    ] = None,
    margin: Annotated[
        float | None,
        typer.Option(
            "--margin",
            help="Smaller differences do not count, also for marks: a share; 0.02.",
        ),
    ] = None,
    results: Annotated[Path, typer.Option("--results", help="Where the results are.")] = Path(
        "results"
    ),
) -> None:
    """Read the run and print it."""
    from rich.console import Console

    from dlbench.analysis.run import versus
    from dlbench.errors import UsageError
    from dlbench.report import terminal, training
    from dlbench.report.tables import METRICS
    from dlbench.results.find import find
    from dlbench.results.folder import KINDS, RUN, TRAINING, read_run, read_training
    from dlbench.syntax import choice, choices

    every = [*METRICS, "all"]
    wanted = None if metric is None else {*choices("metric", [metric], every)}
    metrics = None if wanted is None else [name for name in METRICS if {name, "all"} & wanted]
    format_ = choice("format", form, terminal.FORMATS)
    versus = versus(baseline, margin)
    has_options = (metric, form, baseline, margin) != (None, "table", None, None)
    folder = find(run, results, (RUN,) if has_options else KINDS)
    if TRAINING.is_at(folder):
        if has_options:
            raise UsageError("a training has one table, without options", value=folder.name)
        training.show(read_training(folder), Console())
        return
    terminal.show(read_run(folder), Console(), metrics, format_, versus)
