"""Print a stored run or training again, as tables or for a program."""

from typing import TYPE_CHECKING, Annotated

import typer

from dlbench.commands.base import (
    RESULTS,
    Baseline,
    Filter,
    Margin,
    Results,
    RunName,
    Sort,
    Top,
    echo,
    option,
    reading,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dlbench.api.result import RunResult, TrainingOutcome

HELP = """Print the tables of a stored run, or the table of a training.

RUN is a path, an id, the beginning of one, or `latest`, which is the latest run or training; with
an option that does not apply to trainings, the latest run. --baseline shows how much faster or
slower than this target every other target is. A training in CSV has one line per epoch.

Example: dlbench show latest --baseline numpy --filter matmul
"""


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command("show", help=HELP)(reading(show))


def show(
    run: RunName = "latest",
    metric: Annotated[
        str | None,
        option(
            "--metric",
            "Columns: gflops, time, samples, utilisation, roof, overhead, compile, break-even, "
            "after-pause, turns, device, memory or all. [default: what suits the workload]",
        ),
    ] = None,
    form: Annotated[str, typer.Option("--format", help="table, md, csv, json or html.")] = "table",
    baseline: Baseline = None,
    margin: Margin = None,
    keep: Filter = "",
    sort: Sort = "rank",
    top: Top = None,
    wide: Annotated[
        bool, typer.Option("--wide", help="A table for each metric, with a column for each target.")
    ] = False,
    results: Results = RESULTS,
) -> int:
    """Read the run and print it; the exit code says whether anything was measured."""
    from dlbench.api.result import TrainingOutcome
    from dlbench.errors import EXIT_FAILED_CASES
    from dlbench.printer import Printer
    from dlbench.report import terminal
    from dlbench.report.metrics import chosen_metrics
    from dlbench.report.trainings import tables as training
    from dlbench.report.view import view_of
    from dlbench.syntax import choice

    view = view_of(baseline, margin, sort, top, metrics=chosen_metrics(metric), wide=wide)
    format_ = choice("format", form, terminal.FORMATS)
    of_runs = {
        "--metric": metric is not None,
        "--baseline": baseline is not None,
        "--margin": margin is not None,
        "--filter": bool(keep),
        "--sort": sort != "rank",
        "--top": top is not None,
        "--wide": wide,
    }
    found = _load(run, results, [name for name, is_given in of_runs.items() if is_given])
    if isinstance(found, TrainingOutcome):
        training.show(found.stored, Printer(), format_)
        return 0
    terminal.show(found.filtered(keep).stored, Printer(), format_, view)
    if not found.is_empty:
        return 0
    echo(f"Nothing was measured: {'; '.join(found.failures)}", err=True)
    return EXIT_FAILED_CASES


def _load(run: str, results: "Path", options: "Sequence[str]") -> "RunResult | TrainingOutcome":
    """Load a run or a training; only a run if options were given that only runs have."""
    from dlbench.api.load import load, load_run

    if not options:
        return load(run, results)
    verb = "does" if len(options) == 1 else "do"
    return load_run(run, results, f"{', '.join(options)} {verb} not apply to one")
