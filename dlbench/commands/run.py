"""Measure a suite: the main job of dlbench."""

from pathlib import Path
from typing import Annotated

import typer

from dlbench.commands.base import Words, option

HELP = """Measure a suite or a workload on every target, and show the table.

Lists are comma-separated or repeated; integers also take ranges such as 256-4096*2.

Example: dlbench run matmul --backend torch,tensorflow --size 256-2048*2 --threads 1,2
"""

SUITE = "quick"
LARGEST_SEED = 2**32 - 1  # of every framework's generator


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command("run", help=HELP)(run)


def run(
    suite: Annotated[
        str, typer.Argument(help="A suite or a workload by name, or the path of a TOML file.")
    ] = SUITE,
    backend: Annotated[Words, option("--backend", "Only these backends.")] = None,
    device: Annotated[Words, option("--device", "cpu, cuda or cuda:1.")] = None,
    mode: Annotated[Words, option("--mode", "Modes, or: dynamic, static, usual.")] = None,
    dtype: Annotated[Words, option("--dtype", "float32, float64 or tf32.")] = None,
    threads: Annotated[Words, option("--threads", "Thread counts; the usable cores.")] = None,
    network: Annotated[Words, option("--network", "Only these networks.")] = None,
    batch: Annotated[Words, option("--batch", "Batch sizes instead of the suite's.")] = None,
    size: Annotated[Words, option("--size", "Matrix sizes instead of the suite's.")] = None,
    loop: Annotated[Words, option("--loop", "Only these loops of an epoch.")] = None,
    callbacks: Annotated[
        Words, option("--callbacks", "Of an epoch: none, tensorboard, checkpoint, both.")
    ] = None,
    keep: Annotated[str, option("-k", 'Only cases such as "matmul and not xla".')] = "",
    rigor: Annotated[str | None, option("--rigor", "quick, standard or rigorous.")] = None,
    generations: Annotated[
        int | None, option("--generations", "Measure all this often, in fresh processes.")
    ] = None,
    renewals: Annotated[
        int | None,
        option(
            "--renewals", "Renew workers that allow it this often in each generation; 0: never."
        ),
    ] = None,
    precision: Annotated[
        float | None,
        option("--precision", "Enough when every ratio is known to this share, such as 0.005."),
    ] = None,
    budget: Annotated[
        float | None, option("--budget", "Seconds for the whole run; the rest is skipped.")
    ] = None,
    compile_limit: Annotated[
        float | None,
        option("--compile-limit", "Seconds that a case may take to compile; as the suite says."),
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
    from dlbench.api import run as session

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
    rules = session.Rules(rigor, generations, renewals, precision, budget, compile_limit)
    asked = session.ask(targets, axes, keep, rules, seed)
    if dry_run:
        return session.dry_run(suite, asked)
    return session.measure(suite, asked, results)
