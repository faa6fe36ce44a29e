"""Check whether this machine is fit to measure."""

from typing import Annotated

import typer

from dlbench.commands.base import Quiet, echo, end_in_order

HELP = """Check whether this machine is fit to measure.

Looks at clocks, heat, other programs, limits, frameworks and GPUs, and measures the noise. Says
what it means and what to do. Takes half a minute. The exit code is 0 unless a check is bad; what
cannot be read is unknown and never counts as good.

Example: dlbench doctor --no-noise
"""
NO_NOISE = "Leave out the noise, which takes ten seconds."
FORMATS = ("table", "json")


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor", help=HELP)(doctor)


def doctor(
    no_noise: Annotated[bool, typer.Option("--no-noise", help=NO_NOISE)] = False,
    form: Annotated[str, typer.Option("--format", help="table or json.")] = "table",
    quiet: Quiet = False,
) -> int:
    """Check and show; the exit code says whether the machine is fit."""
    from dlbench.api import doctor as api
    from dlbench.errors import EXIT_FAILED_CASES
    from dlbench.printer import Printer
    from dlbench.report import progress
    from dlbench.report.machine import checkup
    from dlbench.syntax import choice

    choice("--format", form, FORMATS)
    end_in_order()
    watching = progress.watching_quietly if quiet else progress.watching_run
    with watching(Printer(stderr=True)) as watcher:
        found = api.examine(noise=not no_noise, progress=watcher.see)
    if form == "json":
        echo(checkup.to_json(found), nl=False)
    else:
        checkup.show(found, Printer())
    return 0 if found.fit else EXIT_FAILED_CASES
