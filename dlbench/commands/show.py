"""Print the tables of a stored run or training."""

from typing import TYPE_CHECKING, Annotated

import typer

from dlbench.commands.base import RESULTS, Results, RunName, option, share

if TYPE_CHECKING:
    from pathlib import Path

    from dlbench.api.result import RunResult, TrainingOutcome

HELP = """Print the tables of a stored run, or the table of a training.

RUN is a path, an id, the beginning of one, or `latest`, which is the latest run or training; with
an option, the latest run that is no training. --baseline also shows how much faster or slower than
this target every other target is.

Example: dlbench show latest --baseline numpy --metric time --format md
"""


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command("show", help=HELP)(show)


def show(
    run: RunName = "latest",
    metric: Annotated[
        str | None,
        option(
            "--metric",
            "What to show: gflops, time, samples, utilisation, overhead, compile, break-even, "
            "after-pause, turns or all. [default: gflops; overhead, break-even or compile where "
            "measured]",
        ),
    ] = None,
    form: Annotated[str, typer.Option("--format", help="table, md, csv, json or html.")] = "table",
    baseline: Annotated[
        str | None, option("--baseline", "Compare with this target, such as torch/eager.")
    ] = None,
    margin: Annotated[
        float | None,
        share("--margin", "Differences below this count as equal. [default: 0.02, which is 2 %]"),
    ] = None,
    results: Results = RESULTS,
) -> int:
    """Read the run and print it; the exit code says whether anything was measured."""
    from rich.console import Console

    from dlbench.analysis.run import versus
    from dlbench.api.result import TrainingOutcome
    from dlbench.errors import EXIT_FAILED_CASES
    from dlbench.report import terminal, training
    from dlbench.report.metrics import chosen_metrics
    from dlbench.syntax import choice

    metrics = chosen_metrics(metric)
    format_ = choice("format", form, terminal.FORMATS)
    against = versus(baseline, margin)
    has_options = (metric, form, baseline, margin) != (None, "table", None, None)
    found = _load(run, results, runs_only=has_options)
    if isinstance(found, TrainingOutcome):
        training.show(found.stored, Console())
        return 0
    terminal.show(found.stored, Console(), metrics, format_, against)
    if not found.is_empty:
        return 0
    typer.echo(f"Nothing was measured: {'; '.join(found.failures)}", err=True)
    return EXIT_FAILED_CASES


def _load(run: str, results: "Path", *, runs_only: bool) -> "RunResult | TrainingOutcome":
    from dlbench.api.load import load, load_run

    return load_run(run, results) if runs_only else load(run, results)
