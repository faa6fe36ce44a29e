"""Train a network to the end, and see how accurate it gets and how soon."""

from pathlib import Path
from typing import Annotated

import typer

from dlbench.commands.base import Words, option

HELP = """Train a network of the lecture on its data, by its schedule, and judge it on new rows.

Every seed draws the split, the weights and the order anew. Shown are the final loss and accuracy
with their spread beside the lecture's figure, and how long it took.

Example: dlbench train ionosphere --backend torch,tensorflow --seeds 10 --target 0.9
"""


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command("train", help=HELP)(train)


def train(
    network: Annotated[str, typer.Argument(help="A network; dlbench list networks shows them.")],
    backend: Annotated[Words, option("--backend", "Only these backends.")] = None,
    device: Annotated[Words, option("--device", "cpu, cuda or cuda:1.")] = None,
    mode: Annotated[Words, option("--mode", "Modes instead of the backend's usual one.")] = None,
    dtype: Annotated[Words, option("--dtype", "float32, float64 or tf32.")] = None,
    threads: Annotated[Words, option("--threads", "Thread counts; the usable cores.")] = None,
    loop: Annotated[Words, option("--loop", "Loops instead of the backend's usual one.")] = None,
    epochs: Annotated[int | None, option("--epochs", "How many, instead of the lecture's.")] = None,
    batch: Annotated[int | None, option("--batch", "Rows, instead of the lecture's.")] = None,
    seeds: Annotated[int, typer.Option("--seeds", help="How many trainings, from seed 0 on.")] = 1,
    target: Annotated[
        float | None, option("--target", "An accuracy, such as 0.9: when is it reached?")
    ] = None,
    tensorboard: Annotated[
        Path | None, option("--tensorboard", "Write TensorBoard's logs into this folder.")
    ] = None,
    checkpoint: Annotated[
        Path | None, option("--checkpoint", "Write a checkpoint an epoch into this folder.")
    ] = None,
    results: Annotated[Path, typer.Option("--results", help="Where the results go.")] = Path(
        "results"
    ),
) -> int:
    """Train, store, show; the exit code says whether every training went well."""
    from dlbench.api import train

    places = {
        "backend": backend,
        "device": device,
        "mode": mode,
        "dtype": dtype,
        "threads": threads,
        "loop": loop,
    }
    wanted = train.wanted(network, epochs, batch, seeds, target)
    folders = train.Folders(results, tensorboard, checkpoint)
    return train.run(wanted, places, folders)
