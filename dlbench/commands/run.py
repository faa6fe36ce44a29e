"""Measure a suite: the main job of dlbench."""

from pathlib import Path
from typing import Annotated, Any

import typer

HELP = """Measure a suite on every target, and show the table.

Lists are comma-separated or repeated; integers also take ranges such as 256-4096*2.

Example: dlbench run matmul --backend torch,tensorflow --size 256-2048*2 --threads 1,2
"""

SUITE = "quick"
LARGEST_SEED = 2**32 - 1  # of every framework's generator

Words = list[str] | None


def _option(flag: str, help_text: str) -> Any:
    return typer.Option(flag, help=help_text, show_default=False)


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command("run", help=HELP)(run)


def run(
    suite: Annotated[
        str, typer.Argument(help="A suite by name, or the path of a TOML file.")
    ] = SUITE,
    backend: Annotated[Words, _option("--backend", "Only these backends.")] = None,
    device: Annotated[Words, _option("--device", "cpu, cuda or cuda:1.")] = None,
    mode: Annotated[Words, _option("--mode", "Modes, or: dynamic, static, usual.")] = None,
    dtype: Annotated[Words, _option("--dtype", "float32, float64 or tf32.")] = None,
    threads: Annotated[Words, _option("--threads", "Thread counts; the usable cores.")] = None,
    network: Annotated[Words, _option("--network", "Only these networks.")] = None,
    batch: Annotated[Words, _option("--batch", "Batch sizes instead of the suite's.")] = None,
    size: Annotated[Words, _option("--size", "Matrix sizes instead of the suite's.")] = None,
    loop: Annotated[Words, _option("--loop", "Only these loops of an epoch.")] = None,
    callbacks: Annotated[
        Words, _option("--callbacks", "Of an epoch: none, tensorboard, checkpoint, both.")
    ] = None,
    keep: Annotated[str, _option("-k", 'Only cases such as "matmul and not xla".')] = "",
    rigor: Annotated[str | None, _option("--rigor", "quick, standard or rigorous.")] = None,
    generations: Annotated[
        int | None, _option("--generations", "Measure all this often, in fresh processes.")
    ] = None,
    precision: Annotated[
        float | None,
        _option("--precision", "Enough when every ratio is known to this share, such as 0.005."),
    ] = None,
    budget: Annotated[
        float | None, _option("--budget", "Seconds for the whole run; the rest is skipped.")
    ] = None,
    results: Annotated[Path, typer.Option("--results", help="Where the results go.")] = Path(
        "results"
    ),
    seed: Annotated[
        int, typer.Option("--seed", help="Of weights, data and order.", min=0, max=LARGEST_SEED)
    ] = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and stop.")] = False,
) -> int:
    """Plan, measure, store, show; the exit code says whether every case went well."""
    from dlbench import session

    targets = {
        "backend": backend,
        "device": device,
        "mode": mode,
        "dtype": dtype,
        "threads": threads,
    }
    axes = {
        "network": network,
        "batch": batch,
        "size": size,
        "loop": loop,
        "callbacks": callbacks,
    }
    rules = session.Rules(rigor, generations, precision, budget)
    asked = session.ask(targets, axes, keep, rules, seed)
    if dry_run:
        return session.dry_run(suite, asked)
    return session.measure(suite, asked, results)
