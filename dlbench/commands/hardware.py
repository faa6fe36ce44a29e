"""Measure what this machine can reach, beside the lecture's table and published peaks."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dlbench.commands.base import (
    Backend,
    Device,
    Mode,
    NoLock,
    NoWait,
    Quiet,
    Words,
    echo,
    end_in_order,
    option,
    options_of,
    other_runs,
)

if TYPE_CHECKING:
    from dlbench.records.machine.hardware import Hardware

HELP = """Measure what this machine can reach: the lecture's hardware table for this machine.

Prints cores, clock, memory and speed beside the lecture's CPU and GPU, the fastest matrix product
for each dtype and thread count beside the theoretical peak, the memory bandwidth, and the smallest
steps of every framework and mode. Takes about a minute. Later runs are judged by it.

Example: dlbench hardware --price "385 USD"
"""
FORMATS = ("table", "md", "json")


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command("hardware", help=HELP)(hardware)


def hardware(
    backend: Backend = None,
    device: Device = None,
    mode: Mode = None,
    dtype: Annotated[
        Words,
        option(
            "--dtype",
            "Number types. [default: float32, float64, and on a GPU tf32, bfloat16, float16]",
        ),
    ] = None,
    threads: Annotated[
        Words, option("--threads", "Thread counts. [default: all usable cores, and 1]")
    ] = None,
    price: Annotated[
        str, option("--price", 'Price of the CPU or GPU with its currency, such as "385 USD".')
    ] = "",
    budget_s: Annotated[
        float | None,
        option("--budget", "About how long to measure, in seconds. [default: 60]"),
    ] = None,
    chart: Annotated[
        Path | None,
        option("--chart", "Folder for the lecture's chart with this machine, as SVG and PNG."),
    ] = None,
    form: Annotated[str, typer.Option("--format", help="table, md or json.")] = "table",
    no_wait: NoWait = False,
    no_lock: NoLock = False,
    quiet: Quiet = False,
) -> int:
    """Measure and show; the exit code says whether anything was measured."""
    from dlbench.api.hardware import hardware as measure
    from dlbench.api.invocation import Interrupted
    from dlbench.errors import EXIT_FAILED_CASES, EXIT_INTERRUPTED
    from dlbench.plan.request import HardwareRequest
    from dlbench.printer import Printer
    from dlbench.report import progress
    from dlbench.report.machine import hardware as report
    from dlbench.syntax import choice

    choice("format", form, FORMATS)
    options = options_of(HardwareRequest, locals())
    others = other_runs(no_wait, no_lock)
    errors, interrupted = Printer(stderr=True), False
    watching = progress.watching_quietly if quiet else progress.watching_run
    end_in_order()
    try:
        with watching(errors) as watcher:
            found = measure(progress=watcher.see, other_runs=others, **options)
    except Interrupted as interrupt:
        found, interrupted = interrupt.result, True
        errors.print(str(interrupt))
    if form == "table":
        report.show(found, Printer())
    else:
        echo({"md": report.to_markdown, "json": report.to_json}[form](found), nl=False)
    if chart is not None:
        _draw(found, chart)
    if interrupted:
        return EXIT_INTERRUPTED
    return EXIT_FAILED_CASES if found.is_empty else 0


def _draw(found: "Hardware", folder: Path) -> None:
    """Draw the lecture's chart, and name its files."""
    from dlbench.report.machine import cnn_chart

    for file in cnn_chart.write(found.ceilings, folder):
        echo(f"Chart: {file}", err=True)
