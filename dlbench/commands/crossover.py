"""Find where the faster of two targets changes along an axis."""

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dlbench.commands.base import (
    RESULTS,
    Backend,
    Device,
    Dtype,
    Mode,
    NoLock,
    NoWait,
    Quiet,
    Results,
    Threads,
    command_line,
    echo,
    end_in_order,
    option,
    options_of,
    other_runs,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dlbench.api.crossover import CrossoverResult

HELP = """Find the batch or size from which another target is faster.

Measures both targets in turns at up to 12 values of the axis (batch, size, width or depth), most of
them near the crossing, and says below which value to use which target. A target is named by any
parts that no other one has: cpu, cuda, numpy, torch/eager. What the parts do not say is as the
options say; without them it is each framework's default mode, float32 and all usable cores.

Example: dlbench crossover --network mnist-512 --between numpy --and torch/eager
"""

LARGEST_SEED = 2**32 - 1  # of every framework's generator

EMITS, DATA = ("policy",), ("resident", "fed", "both")


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command("crossover", help=HELP)(crossover)


def crossover(
    workload: Annotated[
        str,
        typer.Argument(
            help="train_step, predict, forward or backward; matmul with --axis size. "
            "[default: train_step]",
            show_default=False,
        ),
    ] = "",
    between: Annotated[str, option("--between", "One target, such as cpu or numpy.")] = "",
    other: Annotated[str, option("--and", "The other target, such as cuda or torch/eager.")] = "",
    network: Annotated[
        str | None,
        option("--network", "The network, see: dlbench list networks. Not with --axis size."),
    ] = None,
    axis: Annotated[
        str,
        typer.Option(
            "--axis", help="batch; size of a matrix product; width or depth of hidden layers."
        ),
    ] = "batch",
    span: Annotated[
        str,
        option(
            "--range",
            "Ends of the axis. [default: batch 1-4096, size 16-2048, width 8-4096, depth 1-64]",
        ),
    ] = "",
    data: Annotated[
        str,
        option(
            "--data",
            "Where the batch lies: resident (on the device), fed (NumPy arrays at every step; "
            "predict and train_step), or both, one after the other. [default: resident]",
        ),
    ] = "",
    backend: Backend = None,
    device: Device = None,
    mode: Mode = None,
    dtype: Dtype = None,
    threads: Threads = None,
    budget_s: Annotated[
        float | None, option("--budget", "Time limit in seconds. [default: 60]")
    ] = None,
    seed: Annotated[
        int,
        typer.Option("--seed", help="Seed of weights, data and order.", min=0, max=LARGEST_SEED),
    ] = 0,
    form: Annotated[str, typer.Option("--format", help="table, md or json.")] = "table",
    emit: Annotated[
        str,
        option("--emit", "policy: print only a Python function that chooses the target, to paste."),
    ] = "",
    no_wait: NoWait = False,
    no_lock: NoLock = False,
    results: Results = RESULTS,
    quiet: Quiet = False,
) -> int:
    """Measure, store and show; the exit code says whether the targets could be compared."""
    from dlbench.api.crossover import crossover as api
    from dlbench.errors import EXIT_INTERRUPTED
    from dlbench.plan.request import CrossoverRequest
    from dlbench.report.crossing.page import FORMATS
    from dlbench.syntax import choice

    options = options_of(CrossoverRequest, locals())
    choice("format", form, FORMATS)
    if emit:
        choice("--emit", emit, EMITS)
    if data:
        choice("--data", data, DATA)
    kinds = ("resident", "fed") if data == "both" else (data,)
    asked = [{**options, "data": kind} for kind in kinds]
    _check(asked)
    others = other_runs(no_wait, no_lock)
    end_in_order()
    codes: list[int] = []
    for one in asked:
        measure = partial(api, results=results, other_runs=others, **one)
        codes.append(_measure(measure, quiet, emit or form))
        if codes[-1] == EXIT_INTERRUPTED:
            break
    return max(codes)


def _check(asked: "Sequence[Mapping[str, Any]]") -> None:
    """Raise a UsageError for a mistake in any of several crossovers, before the first begins."""
    from dlbench.api.crossover import checked
    from dlbench.plan.request import CrossoverRequest
    from dlbench.plan.targets import read_declarations

    declarations = read_declarations()
    for options in asked[1:]:
        checked(CrossoverRequest.of(options), declarations)


def _measure(measure: "Callable[..., CrossoverResult]", quiet: bool, form: str) -> int:
    """Measure one crossover and print it; return the exit code."""
    from dlbench.api.invocation import Interrupted
    from dlbench.errors import EXIT_FAILED_CASES, EXIT_INTERRUPTED
    from dlbench.printer import Printer
    from dlbench.report import progress

    errors, interrupted = Printer(stderr=True), False
    watching = progress.watching_quietly if quiet else progress.watching_run
    try:
        with watching(errors) as watcher:
            result = measure(progress=watcher.see, command=command_line())
    except Interrupted as interrupt:
        result, interrupted = interrupt.result, True
        errors.print(str(interrupt))
    is_compared = any(place.ratio is not None for place in result.comparison.places)
    if not is_compared:
        echo(f"Nothing was compared: {'; '.join(result.failures)}", err=True)
    is_told = is_compared and _show(result, form)
    if interrupted:
        return EXIT_INTERRUPTED
    return 0 if is_told and result.ok else EXIT_FAILED_CASES


def _show(result: "CrossoverResult", form: str) -> bool:
    """Print the result: only data if it is for a program; return whether there is any."""
    from dlbench.errors import UsageError
    from dlbench.printer import Printer, put
    from dlbench.report.crossing import page

    files = result.chart()
    if form in EMITS:
        try:
            echo(result.policy(), nl=False)
        except UsageError as error:
            echo(f"dlbench: {error}\nResults: {result.folder}", err=True)
            return False
        return True
    console = Printer()
    put(console, page.write(result.subject, console, form), form)
    if form == "table":
        echo(f"\nResults: {result.folder}")
        for file in files[-1:]:
            echo(f"Chart:   {file}")
    return True
