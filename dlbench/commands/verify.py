"""Check that every backend computes what it should, against the lecture and float64."""

from typing import Annotated

import typer

from dlbench.commands.base import (
    Backend,
    Device,
    Dtype,
    Mode,
    Network,
    Quiet,
    echo,
    end_in_order,
    options_of,
)

HELP = """Check that every backend computes the right results.

Checks the lecture's worked examples and all networks. Compares outputs, loss, gradients and the
weights after a step with a float64 reference. The exit code is 0 only if all checks pass. Targets
that this machine does not have are skipped. Modes that compile for long are checked only if
--mode names them.

Example: dlbench verify --backend torch --mode eager --quick
"""
QUICK = "Only each framework's default mode and each network's own optimizer."
FORMATS = ("table", "json")


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command("verify", help=HELP)(verify)


def verify(
    backend: Backend = None,
    device: Device = None,
    mode: Mode = None,
    dtype: Dtype = None,
    network: Network = None,
    quick: Annotated[bool, typer.Option("--quick", help=QUICK)] = False,
    seed: Annotated[int, typer.Option("--seed", help="Seed of weights and data.", min=0)] = 0,
    form: Annotated[str, typer.Option("--format", help="table or json.")] = "table",
    quiet: Quiet = False,
) -> int:
    """Check and show; the exit code says whether all checks passed."""
    from dlbench.api.verify import verify as api_verify
    from dlbench.errors import EXIT_FAILED_CASES
    from dlbench.plan.request import VerifyRequest
    from dlbench.printer import Printer
    from dlbench.report import progress, verification
    from dlbench.syntax import choice

    choice("--format", form, FORMATS)
    options = options_of(VerifyRequest, locals())
    end_in_order()
    watching = progress.watching_quietly if quiet else progress.watching_run
    with watching(Printer(stderr=True)) as watcher:
        result = api_verify(progress=watcher.see, **options)
    if form == "json":
        echo(verification.to_json(result), nl=False)
    else:
        verification.show(result, Printer())
    return 0 if result.passed else EXIT_FAILED_CASES
