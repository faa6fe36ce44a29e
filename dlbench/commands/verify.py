"""Check that every backend computes what the lecture and the float64 oracle say."""

from typing import Annotated

import typer

from dlbench.commands.base import Words, option

HELP = """Check what is computed, not how fast: the lecture's worked examples, and every network.

Each network's outputs, loss, gradients and weights after a step of every optimizer are compared
with an oracle in float64. The exit code is 0 only if all of them hold; what cannot be had on this
machine is skipped. Modes that take long to compile are verified only if --mode names them.

Example: dlbench verify --backend numpy,torch --network iris,mnist-128
"""
QUICK = "Only usual modes, and of optimizers each network's own."


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command("verify", help=HELP)(verify)


def verify(
    backend: Annotated[Words, option("--backend", "Only these backends.")] = None,
    device: Annotated[Words, option("--device", "cpu, cuda or cuda:1.")] = None,
    mode: Annotated[Words, option("--mode", "Modes, or: dynamic, static, usual.")] = None,
    dtype: Annotated[Words, option("--dtype", "float32, float64 or tf32.")] = None,
    network: Annotated[Words, option("--network", "Only these networks.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help=QUICK)] = False,
    seed: Annotated[int, typer.Option("--seed", help="Of weights and data.", min=0)] = 0,
    format_: Annotated[str, typer.Option("--format", help="table or json.")] = "table",
) -> int:
    """Ask every backend, show what it said; the exit code says whether all of it holds."""
    from dlbench.api import verify as examination

    targets = {"backend": backend, "device": device, "mode": mode, "dtype": dtype}
    return examination.verify(targets, network or [], quick=quick, seed=seed, form=format_)
