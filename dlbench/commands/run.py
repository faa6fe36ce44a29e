"""Measure a suite: the main job of dlbench."""

from contextlib import suppress
from functools import partial
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from dlbench.commands.base import (
    RESULTS,
    Backend,
    Device,
    Dtype,
    Mode,
    Network,
    NoLock,
    NoWait,
    Quiet,
    Results,
    Threads,
    Words,
    command_line,
    echo,
    end_in_order,
    option,
    options_of,
    other_runs,
    share,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from dlbench.api.result import RunResult
    from dlbench.plan.request import Request

HELP = """Measure a suite, and print which framework and mode is fastest.

Lists are comma-separated or repeated. Integers may be ranges such as 256-4096*2.

Example: dlbench run matmul --backend torch,tensorflow --size 256-2048*2 --threads 1,2
"""

SUITE = "quick"
LARGEST_SEED = 2**32 - 1  # of every framework's generator


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command("run", help=HELP)(run)


def run(
    suite: Annotated[
        str,
        typer.Argument(help="A suite or a workload by name, or the path of a TOML or Python file."),
    ] = SUITE,
    backend: Backend = None,
    device: Device = None,
    mode: Mode = None,
    dtype: Dtype = None,
    threads: Threads = None,
    network: Network = None,
    batch: Annotated[Words, option("--batch", "Batch sizes. [default: the suite's]")] = None,
    size: Annotated[Words, option("--size", "Matrix sizes. [default: the suite's]")] = None,
    loop: Annotated[
        Words,
        option(
            "--loop",
            "Ways through an epoch: tensors, dataloader, fused, fit, dataset. [default: all]",
        ),
    ] = None,
    call: Annotated[
        Words,
        option(
            "--call",
            "Calls of predict and train_step: bare, all, or names that `dlbench list backends` "
            "shows, such as array or predict_on_batch. [default: bare]",
        ),
    ] = None,
    callbacks: Annotated[
        Words,
        option(
            "--callbacks",
            "What is written after an epoch: none, tensorboard, checkpoint, both. [default: none]",
        ),
    ] = None,
    keep: Annotated[
        str,
        option("-k", 'Only cases whose id matches this expression, such as "matmul and not xla".'),
    ] = "",
    together: Annotated[
        str,
        option(
            "--together",
            "Measure the values of this axis in turns, such as network, batch or size; "
            "then: dlbench show --baseline NETWORK.",
        ),
    ] = "",
    rigor: Annotated[
        str | None,
        option(
            "--rigor",
            "How thorough: quick (1 repetition), standard (3), rigorous (6). "
            "[default: the suite's]",
        ),
    ] = None,
    generations: Annotated[
        int | None,
        option("--generations", "Repeat everything this many times, in fresh processes."),
    ] = None,
    renewals: Annotated[
        int | None,
        option(
            "--renewals",
            "Restart workers this many times within a repetition (PyTorch and NumPy, Linux); "
            "0 = never.",
        ),
    ] = None,
    precision: Annotated[
        float | None,
        share("--precision", "Stop when every ratio is known this well; 0.005 = 0.5 %."),
    ] = None,
    budget_s: Annotated[
        float | None,
        option("--budget", "Time limit for the whole run, in seconds; the rest is skipped."),
    ] = None,
    compile_limit_s: Annotated[
        float | None,
        option(
            "--compile-limit",
            "Time limit for compiling one case, in seconds. [default: the suite's]",
        ),
    ] = None,
    timeout_s: Annotated[
        float | None,
        option(
            "--timeout",
            "Longest silence of a worker, in seconds: then it hangs and is ended. "
            "[default: the suite's]",
        ),
    ] = None,
    memory_limit_gib: Annotated[
        float | None,
        option(
            "--memory-limit",
            "Most memory of a worker and all that it starts, in GiB: more is refused, and its case "
            "fails (Linux). [default: none]",
        ),
    ] = None,
    resume: Annotated[
        str,
        option(
            "--resume",
            "Go on with this run, which was stopped: its path, id, or latest. It must be the same "
            "machine and plan.",
        ),
    ] = "",
    no_wait: NoWait = False,
    no_lock: NoLock = False,
    results: Results = RESULTS,
    quiet: Quiet = False,
    seed: Annotated[
        int,
        typer.Option("--seed", help="Seed of weights, data and order.", min=0, max=LARGEST_SEED),
    ] = 0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the plan and its time, and measure nothing.")
    ] = False,
) -> int:
    """Plan, measure, store and show; the exit code says whether every case went well."""
    from dlbench.errors import UsageError
    from dlbench.plan.request import Request

    request = Request.of(suite, options_of(Request, locals()))
    if resume and dry_run:
        raise UsageError(
            "--dry-run and --resume do not go together: the plan is that of the stopped run",
            hint=f"See what is measured with: dlbench show {resume}",
        )
    if dry_run:
        return _show_plan(request)
    measure = _resuming(resume, request) if resume else _measuring(request)
    others = other_runs(no_wait, no_lock)
    return _told(partial(measure, results=results, other_runs=others), quiet)


def _show_plan(request: "Request") -> int:

    from dlbench.api.run import dry_run, estimated
    from dlbench.printer import Printer
    from dlbench.report import progress, terminal

    with progress.watching_quietly(Printer(stderr=True)) as watcher:
        planned = dry_run(request, progress=watcher.see)
    terminal.plan(planned, estimated(planned), Printer())
    return 0


def _measuring(request: "Request") -> "Callable[..., RunResult]":
    from dlbench.api.run import run

    return partial(run, request, command=command_line())


def _resuming(folder: str, request: "Request") -> "Callable[..., RunResult]":
    """Go on with a run; a request that asks for something must ask for what was planned."""
    from dlbench.api.resume import resume

    return partial(resume, folder, request=request if request.given else None)


def _told(measure: "Callable[..., RunResult]", quiet: bool) -> int:
    """Measure, show what is going on and the result; return the exit code."""
    from dlbench.api.invocation import Interrupted
    from dlbench.errors import EXIT_FAILED_CASES, EXIT_INTERRUPTED, Unwritable
    from dlbench.printer import Printer
    from dlbench.report import progress

    errors, interrupted = Printer(stderr=True), False
    watching = progress.watching_quietly if quiet else progress.watching_run
    end_in_order()
    try:
        with watching(errors) as watcher:
            result = measure(progress=watcher.see)
    except Interrupted as interrupt:
        result, interrupted = interrupt.result, True
        errors.print(str(interrupt))
    if interrupted:
        with suppress(Unwritable):  # the terminal may be what has gone
            _show(result)
            file = f"{quote(result.run.plan.file)} " if result.run.plan.file else ""
            hint = f"Go on with: dlbench run {file}--resume {quote(str(result.folder))}"
            echo(hint, err=True)
        return EXIT_INTERRUPTED
    _show(result)
    if result.is_empty:
        echo(f"Nothing was measured: {_why_nothing(result)}", err=True)
    return 0 if result.ok and not result.is_empty else EXIT_FAILED_CASES


def _why_nothing(result: "RunResult") -> str:
    """Return the end of the sentence: a time limit that is too short, or the reasons."""
    from dlbench import units
    from dlbench.api.run import starting_s

    budget_s, needed_s = result.run.plan.sampling.budget_s, starting_s(result.run.plan)
    if budget_s is None or budget_s >= needed_s:
        return "; ".join(result.failures)
    return (
        f"--budget {budget_s:g} is shorter than starting the frameworks "
        f"(about {units.roughly(needed_s)})"
    )


def _show(result: "RunResult") -> None:
    """Print the tables and what comes next: both only if there is something to see."""
    from dlbench.printer import Printer
    from dlbench.report import terminal

    if result.measurements:
        terminal.show(result.stored, Printer())
        echo(f"\nResults: {result.folder}")
    if not result.is_empty:
        echo(f"Report:  dlbench report {result.folder}")
