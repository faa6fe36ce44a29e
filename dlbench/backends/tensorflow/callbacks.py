"""Callbacks at the end of an epoch: Keras's TensorBoard writer, and checkpoints."""

from collections.abc import Mapping
from importlib.util import find_spec
from math import isfinite
from pathlib import Path

import keras

from dlbench.backends.base import TrainingJob
from dlbench.errors import Unavailable

# Keras wants this ending of a file of weights.
CHECKPOINT = "epoch-{epoch:03d}.weights.h5"


def callbacks(job: TrainingJob) -> list[keras.callbacks.Callback]:
    """Return Keras's callbacks of the job; they skip an epoch whose loss is not finite."""
    made: list[keras.callbacks.Callback] = []
    if job.tensorboard is not None:
        if find_spec("tensorboard") is None:
            raise Unavailable(
                "Keras needs the package tensorboard to write its logs",
                hint="pip install -e '.[tensorboard]'",
            )
        made.append(keras.callbacks.TensorBoard(job.tensorboard, histogram_freq=1))
    if job.checkpoint is not None:
        Path(job.checkpoint).mkdir(parents=True, exist_ok=True)
        # Keras formats the whole path
        folder = job.checkpoint.replace("{", "{{").replace("}", "}}")
        path = str(Path(folder) / CHECKPOINT)
        made.append(keras.callbacks.ModelCheckpoint(path, save_weights_only=True))
    for callback in made:
        _guard(callback)
    return made


def _guard(callback: keras.callbacks.Callback) -> None:
    """Let the callback skip epochs whose loss is not finite: their weights are worthless."""
    write = callback.on_epoch_end

    def guarded(epoch: int, logs: Mapping[str, float]) -> None:
        if isfinite(logs["loss"]):
            write(epoch, logs)

    callback.on_epoch_end = guarded
