"""Callbacks at the end of an epoch: PyTorch's TensorBoard writer, and checkpoints."""

import warnings
from pathlib import Path
from typing import Protocol

import torch
from torch import nn

from dlbench.backends.base import TrainingJob
from dlbench.backends.torch.model import Learner
from dlbench.backends.torch.precision import to_numpy
from dlbench.errors import Unavailable


class Callback(Protocol):
    """An action at the end of every epoch."""

    def at_end_of(
        self, epoch: int, loss: float, learner: Learner, optimizer: torch.optim.Optimizer
    ) -> None:
        """Act at the end of an epoch. epoch: from 0; loss: its mean training loss."""


class TensorBoard:
    """The loss as a scalar, every parameter as a histogram, and once the graph of the model.

    inputs: the shape of a sample.
    """

    def __init__(self, folder: str, inputs: tuple[int, ...]) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter  # half a second, if it is there
        except ImportError as error:
            raise Unavailable(
                "PyTorch needs the package tensorboard to write its logs",
                hint="pip install -e '.[tensorboard]'",
            ) from error
        self.writer, self.inputs = SummaryWriter(folder), inputs

    def at_end_of(
        self,
        epoch: int,
        loss: float,
        learner: Learner,
        optimizer: torch.optim.Optimizer,  # noqa: ARG002
    ) -> None:
        """Write the logs at once, so that a crash loses nothing."""
        if epoch == 0:
            self._add_graph(learner.module)
        self.writer.add_scalar("loss/train", loss, epoch)
        for name, parameter in learner.named.items():
            if parameter.isfinite().all():  # of others it cannot make a histogram
                self.writer.add_histogram(name, to_numpy(parameter.detach()), epoch)
        self.writer.flush()

    def _add_graph(self, model: nn.Module) -> None:
        """Write the graph of the model in inference: a traced dropout would differ every time."""
        sample = next(model.parameters()).new_zeros(1, *self.inputs)
        with warnings.catch_warnings():
            # The writer uses torch.jit.trace, and has nothing else to offer.
            warnings.simplefilter("ignore", DeprecationWarning)
            self.writer.add_graph(model.eval(), sample)
        model.train()


class Checkpoint:
    """Model and optimizer, one file an epoch."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)

    def at_end_of(
        self,
        epoch: int,
        loss: float,
        learner: Learner,
        optimizer: torch.optim.Optimizer,
    ) -> None:
        """Write a checkpoint; its epoch counts from 1, as in Keras."""
        saved = {
            "epoch": epoch + 1,
            "loss": loss,
            "model": learner.module.state_dict(),
            "optimizer": optimizer.state_dict(),
        }
        torch.save(saved, self.folder / f"epoch-{epoch + 1:03}.pt")


def callbacks(job: TrainingJob) -> list[Callback]:
    """Return the callbacks of the job; Unavailable without the package tensorboard."""
    made: list[Callback] = []
    if job.tensorboard is not None:
        made.append(TensorBoard(job.tensorboard, job.network.inputs))
    if job.checkpoint is not None:
        made.append(Checkpoint(job.checkpoint))
    return made
