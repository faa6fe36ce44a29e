"""The records of complete trainings: sent between processes and stored on disk."""

from collections.abc import Mapping, Sequence
from typing import Final

from dlbench.records.base import Record, Seconds
from dlbench.records.case import Target
from dlbench.records.measurement import Count, Status
from dlbench.records.network import Network
from dlbench.records.run import SCHEMA_VERSION, Environment

# What may be written at the end of an epoch, by the word of the axis.
CALLBACKS: Final[dict[str, tuple[str, ...]]] = {
    "none": (),
    "tensorboard": ("tensorboard",),
    "checkpoint": ("checkpoint",),
    "both": ("tensorboard", "checkpoint"),
}


class EpochResult(Record, frozen=True):
    """One epoch of a training.

    epoch: from 1; loss: mean of the training samples, dropout on; seconds: of the pass over the
    training data alone; test_loss, accuracy: on the test rows, None where there are none, and
    accuracy of classes only.
    """

    epoch: Count
    loss: float
    seconds: Seconds
    test_loss: float | None
    accuracy: float | None


class Lap(Record, frozen=True):
    """An epoch of a training has ended."""

    target: Target
    seed: int
    result: EpochResult


class TrainingResult(Record, frozen=True):
    """One training: a target and a seed, epoch by epoch; one line on disk.

    predictions: outputs for the rows that the lecture predicts, in the order of the network's.
    """

    target: Target
    seed: int
    status: Status
    epochs: tuple[EpochResult, ...]
    reason: str | None = None
    predictions: tuple[tuple[float, ...], ...] = ()


class TrainingRun(Record, frozen=True):
    """One invocation of `dlbench train`: the head of its results folder.

    goal: the test accuracy whose time is looked for.
    """

    id: str
    started: str
    command: str
    network: Network
    targets: tuple[Target, ...]
    seeds: tuple[int, ...]
    environment: Environment
    dlbench: str
    goal: float | None = None
    schema_version: int = SCHEMA_VERSION


def by_target(results: Sequence[TrainingResult]) -> Mapping[Target, list[TrainingResult]]:
    """The trainings of every target, in the order of the run."""
    found: dict[Target, list[TrainingResult]] = {}
    for result in results:
        found.setdefault(result.target, []).append(result)
    return found
