"""Train a network to the end, and see how accurate it gets and how soon."""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
    from dlbench.api.result import TrainingOutcome
    from dlbench.api.train import Folders
    from dlbench.plan.request import TrainingRequest

HELP = """Train a network of the lecture, and test it on held-out data.

Each seed uses a new split of the data, new weights and a new order. Prints the final loss and
accuracy with their spread over the seeds, the lecture's figure beside them, and the time.

Example: dlbench train ionosphere --backend torch,tensorflow --seeds 10 --target 0.9
"""


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command("train", help=HELP)(train)


def train(
    network: Annotated[str, typer.Argument(help="A network, see: dlbench list networks.")],
    backend: Backend = None,
    device: Device = None,
    mode: Mode = None,
    dtype: Dtype = None,
    threads: Threads = None,
    loop: Annotated[
        Words,
        option("--loop", "Ways through an epoch. [default: each framework's default loop]"),
    ] = None,
    epochs: Annotated[
        int | None, option("--epochs", "Number of epochs. [default: the lecture's]")
    ] = None,
    batch: Annotated[
        int | None, option("--batch", "Rows of a batch. [default: the lecture's]")
    ] = None,
    seeds: Annotated[
        int, typer.Option("--seeds", help="Number of trainings, with seeds from 0 on.")
    ] = 1,
    goal: Annotated[
        float | None,
        share("--target", "Also print the time until this test accuracy is reached, such as 0.9."),
    ] = None,
    tensorboard: Annotated[
        Path | None, option("--tensorboard", "Write TensorBoard logs to this folder.")
    ] = None,
    checkpoint: Annotated[
        Path | None,
        option("--checkpoint", "Write a checkpoint after every epoch to this folder."),
    ] = None,
    no_wait: NoWait = False,
    no_lock: NoLock = False,
    results: Results = RESULTS,
    quiet: Quiet = False,
) -> int:
    """Train, store and show; the exit code says whether every training went to its end."""
    from dlbench.api.train import Folders
    from dlbench.plan.request import TrainingRequest

    request = TrainingRequest.of(network, options_of(TrainingRequest, locals()))
    folders = Folders(results, tensorboard, checkpoint)
    return _train(request, folders, quiet, other_runs(no_wait, no_lock))


def _train(request: "TrainingRequest", folders: "Folders", quiet: bool, others: str) -> int:

    from dlbench.api.invocation import Interrupted
    from dlbench.api.train import train as api_train
    from dlbench.errors import EXIT_FAILED_CASES, EXIT_INTERRUPTED, Unwritable
    from dlbench.printer import Printer
    from dlbench.report.progress import watching_quietly
    from dlbench.report.trainings.watching import watching_training

    interrupted = False
    watching = watching_quietly if quiet else watching_training
    end_in_order()
    try:
        with watching(Printer(stderr=True)) as watcher:
            outcome = api_train(
                request,
                folders=folders,
                progress=watcher.see,
                command=command_line(),
                other_runs=others,
            )
    except Interrupted as interrupt:
        outcome, interrupted = interrupt.result, True
        echo(str(interrupt), err=True)
    if interrupted:
        with suppress(Unwritable):  # the terminal may be what has gone
            if not outcome.is_empty:
                _show(outcome, folders)
        return EXIT_INTERRUPTED
    _show(outcome, folders)
    return 0 if outcome.ok else EXIT_FAILED_CASES


def _show(outcome: "TrainingOutcome", folders: "Folders") -> None:

    from dlbench.printer import Printer
    from dlbench.report.trainings import tables as training

    training.show(outcome.stored, Printer())
    for path in outcome.report():
        echo(f"Curve:   {path}")
    echo(f"Results: {outcome.folder}")
    names = ("Logs:       ", "Checkpoints:")
    for name, folder in zip(names, folders.beside(outcome.run.id), strict=True):
        if folder is not None:
            echo(f"{name} {folder}")
