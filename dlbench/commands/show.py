"""Print the tables of a stored run or training."""

from typing import TYPE_CHECKING, Annotated

import typer

from dlbench.commands.base import RESULTS, Results, RunName, option

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dlbench.api.result import RunResult, TrainingOutcome

HELP = """Print the tables of a stored run, or the table of a training.

RUN is a path, an id, the beginning of one, or `latest`, which is the latest run or training; with
--metric, --baseline or --margin, which do not apply to trainings, the latest run. --baseline also
shows how much faster or slower than this target every other target is. A training in CSV has one
line per epoch.

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
        option("--margin", "Differences below this count as equal. [default: 0.02, which is 2 %]"),
    ] = None,
    results: Results = RESULTS,
) -> None:
    """Read the run and print it."""
    from rich.console import Console

    from dlbench.analysis.run import versus
    from dlbench.api.result import TrainingOutcome
    from dlbench.report import terminal, training
    from dlbench.report.metrics import chosen_metrics
    from dlbench.syntax import choice

    metrics = chosen_metrics(metric)
    format_ = choice("format", form, terminal.FORMATS)
    against = versus(baseline, margin)
    of_runs = {"--metric": metric, "--baseline": baseline, "--margin": margin}
    found = _load(run, results, [name for name, value in of_runs.items() if value is not None])
    if isinstance(found, TrainingOutcome):
        training.show(found.stored, Console(), format_)
    else:
        terminal.show(found.stored, Console(), metrics, format_, against)


def _load(run: str, results: "Path", options: "Sequence[str]") -> "RunResult | TrainingOutcome":
    """Load a run or a training; only a run if options were given that only runs have."""
    from dlbench.api.load import load, load_run

    if not options:
        return load(run, results)
    verb = "does" if len(options) == 1 else "do"
    return load_run(run, results, f"{', '.join(options)} {verb} not apply to one")
