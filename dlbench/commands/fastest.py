"""Say which framework and mode is fastest for a network of one's own, and how to use it."""

from typing import TYPE_CHECKING, Annotated

import typer

from dlbench.commands.base import (
    RESULTS,
    Backend,
    Device,
    Mode,
    Quiet,
    Results,
    Threads,
    Words,
    command_line,
    echo,
    end_in_order,
    option,
    options_of,
)

if TYPE_CHECKING:
    from dlbench.api.result import RunResult

HELP = """Say which framework and mode is fastest for the networks in a file of your own.

FILE is plain Python with functions such as keras_model, torch_model or jax_model, see
docs/own-networks.md. It runs in worker processes.

Example: dlbench fastest net.py --budget 120
"""

# What `--emit` prints in place of tables.
EMITS = ("repro",)


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command("fastest", help=HELP)(fastest)


def fastest(
    file: Annotated[str, typer.Argument(help="The path of a Python file.")],
    backend: Backend = None,
    device: Device = None,
    mode: Mode = None,
    threads: Threads = None,
    batch: Annotated[Words, option("--batch", "Batch sizes. [default: the file's, or 32]")] = None,
    budget_s: Annotated[
        float | None, option("--budget", "Time limit for the whole run, in seconds. [default: 180]")
    ] = None,
    emit: Annotated[
        str,
        option("--emit", "Print only this: repro, a script without dlbench that times all ways."),
    ] = "",
    results: Results = RESULTS,
    quiet: Quiet = False,
) -> int:
    """Measure the networks of the file, and say which is fastest and how to use it."""
    from dlbench.api.fastest import fastest as measure
    from dlbench.api.invocation import Interrupted
    from dlbench.errors import EXIT_FAILED_CASES, EXIT_INTERRUPTED
    from dlbench.plan.request import Request
    from dlbench.printer import Printer
    from dlbench.report import progress
    from dlbench.syntax import choice

    options = options_of(Request, locals())
    if emit:
        choice("form of --emit", emit, EMITS)
    watching = progress.watching_quietly if quiet else progress.watching_run
    end_in_order()
    try:
        with watching(Printer(stderr=True)) as watcher:
            command = command_line()
            result = measure(
                file, results=results, progress=watcher.see, command=command, **options
            )
    except Interrupted as interrupt:
        _show(interrupt.result, emit)
        return EXIT_INTERRUPTED
    _show(result, emit)
    if result.is_empty:
        echo(f"Nothing was measured: {'; '.join(result.failures)}", err=True)
    return 0 if result.ok and not result.is_empty else EXIT_FAILED_CASES


def _show(result: "RunResult", emit: str) -> None:
    """Print the tables, and the line that uses what is fastest; or the script alone."""
    from dlbench.api.fastest import how_to_use, script
    from dlbench.printer import Printer
    from dlbench.report import terminal

    if emit:
        echo("" if result.is_empty else script(result), nl=False)
        return
    if result.measurements:
        terminal.show(result.stored, Printer())
    if lines := how_to_use(result):
        echo("\n".join(["\nTo use what is fastest:", *(f"  {line}" for line in lines)]))
    echo(f"\nResults: {result.folder}")
