"""Train a network to the end, and see how accurate it gets and how soon."""

from pathlib import Path
from typing import Annotated, Any

import typer

HELP = """Train a network of the lecture on its data, by its schedule, and judge it on new rows.

Every seed draws the split, the weights and the order anew. Shown are the final loss and accuracy
with their spread beside the lecture's figure, and how long it took.

Example: dlbench train ionosphere --backend torch,tensorflow --seeds 10 --target 0.9
"""

Words = list[str] | None


def _option(flag: str, help_text: str) -> Any:
    return typer.Option(flag, help=help_text, show_default=False)


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command("train", help=HELP)(train)


def train(
    network: Annotated[str, typer.Argument(help="A network; dlbench list networks shows them.")],
    backend: Annotated[Words, _option("--backend", "Only these backends.")] = None,
    device: Annotated[Words, _option("--device", "cpu, cuda or cuda:1.")] = None,
    mode: Annotated[Words, _option("--mode", "Modes instead of the backend's usual one.")] = None,
    dtype: Annotated[Words, _option("--dtype", "float32, float64 or tf32.")] = None,
    threads: Annotated[Words, _option("--threads", "Thread counts; the usable cores.")] = None,
    loop: Annotated[Words, _option("--loop", "Loops instead of the backend's usual one.")] = None,
    epochs: Annotated[
        int | None, _option("--epochs", "How many, instead of the lecture's.")
    ] = None,
    batch: Annotated[int | None, _option("--batch", "Rows, instead of the lecture's.")] = None,
    seeds: Annotated[int, typer.Option("--seeds", help="How many trainings, from seed 0 on.")] = 1,
    target: Annotated[
        float | None, _option("--target", "An accuracy, such as 0.9: when is it reached?")
    ] = None,
    tensorboard: Annotated[
        Path | None, _option("--tensorboard", "Write TensorBoard's logs into this folder.")
    ] = None,
    checkpoint: Annotated[
        Path | None, _option("--checkpoint", "Write a checkpoint an epoch into this folder.")
    ] = None,
    results: Annotated[Path, typer.Option("--results", help="Where the results go.")] = Path(
        "results"
    ),
) -> int:
    """Train, store, show; the exit code says whether every training went well."""
    from dlbench import train

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
