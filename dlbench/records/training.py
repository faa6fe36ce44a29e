"""The records of complete trainings: sent between processes and stored on disk."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final

from msgspec import Meta

from dlbench.records.base import Finite, Record, Seconds, Whole
from dlbench.records.case import Target
from dlbench.records.machine.occupant import Occupant
from dlbench.records.measurement import Count, Sample, Status
from dlbench.records.network import Network
from dlbench.records.run import SCHEMA_VERSION, Environment

# The files that an epoch writes at its end, for each value of the option --callbacks.
CALLBACKS: Final[dict[str, tuple[str, ...]]] = {
    "none": (),
    "tensorboard": ("tensorboard",),
    "checkpoint": ("checkpoint",),
    "both": ("tensorboard", "checkpoint"),
}


class EpochResult(Record, frozen=True):
    """One epoch of a training.

    epoch: its number, from 1; loss: the mean over the training samples, with dropout; seconds: the
    time of the pass over the training data; test_loss, accuracy: on the test rows, None without
    test rows. accuracy is None for a regression, too. block: the epoch as a timed block of one
    iteration, with what disturbed it; None in records of schema versions below 8.
    """

    epoch: Count
    loss: Finite
    seconds: Seconds
    test_loss: Finite | None
    accuracy: Finite | None
    block: Sample | None = None

    @property
    def is_disturbed(self) -> bool:
        """Return whether other programs are known to have affected the epoch's time."""
        return self.block is not None and self.block.is_disturbed

    @property
    def is_throttled(self) -> bool:
        """Return whether a quota is known to have stopped the worker in the epoch."""
        return self.block is not None and "throttled" in self.block.flags


class TrainingStarts(Record, frozen=True):
    """The message that the worker of a training starts, or gets ready for its first epoch."""

    target: Target
    seed: int


class Lap(Record, frozen=True):
    """The message that an epoch of a training has ended."""

    target: Target
    seed: int
    result: EpochResult


# The reason of a training that the user interrupted.
INTERRUPTED = "interrupted"


class TrainingResult(Record, frozen=True):
    """One training on a target with a seed, epoch by epoch: one line on disk.

    predictions: the outputs for the rows for which the lecture shows predictions, in its order.
    """

    target: Target
    seed: int
    status: Status
    epochs: tuple[EpochResult, ...]
    reason: str | None = None
    predictions: tuple[tuple[Finite, ...], ...] = ()

    @property
    def interrupted(self) -> bool:
        """Return whether the user ended it: it has neither failed nor finished."""
        return self.reason == INTERRUPTED


class TrainingRun(Record, frozen=True):
    """One invocation of `dlbench train`: the head of its results folder.

    goal: the test accuracy for which the tables show the time to reach it, or None; beside: what
    else measured on this machine meanwhile.
    """

    id: str
    started: str
    command: str
    network: Network
    targets: Annotated[tuple[Target, ...], Meta(min_length=1)]
    seeds: Annotated[tuple[Whole, ...], Meta(min_length=1)]
    environment: Environment
    dlbench: str
    goal: Finite | None = None
    beside: tuple[Occupant, ...] = ()
    schema_version: int = SCHEMA_VERSION


def by_target(results: Sequence[TrainingResult]) -> Mapping[Target, list[TrainingResult]]:
    """Return the trainings of every target, in the order of the run."""
    trainings: dict[Target, list[TrainingResult]] = {}
    for result in results:
        trainings.setdefault(result.target, []).append(result)
    return trainings
