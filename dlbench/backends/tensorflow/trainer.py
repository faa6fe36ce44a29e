"""Epochs as users of TensorFlow write them: Keras's fit, a tf.data pipeline, resident tensors."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import keras
import tensorflow as tf

from dlbench.backends.base import LEAD_IN_STEPS, Setting, TrainingJob
from dlbench.backends.tensorflow.callbacks import callbacks
from dlbench.backends.tensorflow.model import Model, compile_keras
from dlbench.backends.tensorflow.precision import wide, widened
from dlbench.reference.arrays import Array

Tensor = Callable[[Array], Any]

# More than the epochs of any training.
SEEDS_APART = 1_000_003


class Trainer(ABC):
    """The part that all loops share: the model, its data and the callbacks."""

    set_up: tuple[str, ...] = ()

    def __init__(self, model: Model, job: TrainingJob, tensor: Tensor, setting: Setting) -> None:
        self.model, self.job, self.tensor = model, job, tensor
        self.mode, self.threads = setting.mode, setting.threads
        self.batch = job.network.batch
        self.optimizer = model.optimizer(job.network.optimizer)
        self.x, self.y = tensor(job.x), tensor(job.y)
        self.callbacks = callbacks(job)
        self.epochs = 0
        self.prepare()

    @abstractmethod
    def prepare(self) -> None:
        """Do the work before the first epoch."""

    @abstractmethod
    def go_through(self) -> float:
        """Train on all rows once; return the mean loss of the rows."""

    @abstractmethod
    def lead_in(self) -> None:
        """Run a few steps on the first batch."""

    def epoch(self) -> float:
        """Train on all rows once; return the mean loss of the rows."""
        loss = self.go_through()
        self.epochs += 1
        return loss

    def reset(self) -> None:
        """Restore weights, statistics and optimizer of the start."""
        self.model.reset()

    def weights(self) -> Mapping[str, Any]:
        """Return the weights as tensors."""
        return self.model.weights()

    def inputs(self) -> Mapping[str, Any]:
        """Return the data and the weights."""
        return {"x": self.x, "y": self.y, **self.model.weights()}

    def predict(self, x: Array) -> Array:
        """Return the outputs of all rows at once."""
        outputs: Array = widened(self.model.native(self.tensor(x), training=False)).numpy()
        return outputs

    def load(self, checkpoint: str) -> None:
        """Load the weights of an HDF5 checkpoint; it holds arrays only and cannot run code."""
        self.model.native.load_weights(checkpoint)


class Fit(Trainer):
    """Keras's compile and fit."""

    set_up = ("make fit's pipeline and callbacks",)

    def prepare(self) -> None:
        """Compile the model for the mode."""
        compile_keras(self.model, self.optimizer, self.mode)

    def go_through(self) -> float:
        """One epoch of fit, which calls the callbacks itself.

        Its pipeline, made anew, draws the order from the global seed: every epoch has its own.
        """
        tf.random.set_seed(SEEDS_APART * self.job.seed + self.epochs)
        history = self.model.native.fit(
            self.x,
            self.y,
            batch_size=self.batch,
            initial_epoch=self.epochs,
            epochs=self.epochs + 1,
            shuffle=self.job.shuffle,
            callbacks=self.callbacks,
            verbose=0,
        )
        return float(history.history["loss"][-1])

    def lead_in(self) -> None:
        """Run Keras's step for a single batch."""
        for _ in range(LEAD_IN_STEPS):
            self.model.native.train_on_batch(self.x[: self.batch], self.y[: self.batch])


class Custom(Trainer):
    """A step written with GradientTape; the callbacks are called as fit calls them."""

    def prepare(self) -> None:
        """Create the step in the mode, and Keras's list of callbacks."""
        self.step = self.model.compiled(partial(self.model.step, self.optimizer))
        self.listed = keras.callbacks.CallbackList(self.callbacks, model=self.model.native)
        if self.callbacks:
            self.model.native.optimizer = self.optimizer  # TensorBoard reads its step
            self.listed.on_train_begin()

    def epoch(self) -> float:
        """Train on all rows once, and call the callbacks before and after."""
        self.listed.on_epoch_begin(self.epochs)
        loss = super().epoch()
        self.listed.on_epoch_end(self.epochs - 1, {"loss": loss})
        return loss

    def lead_in(self) -> None:
        """Run the step on the first batch."""
        for _ in range(LEAD_IN_STEPS):
            self.step(self.x[: self.batch], self.y[: self.batch])


class Dataset(Custom):
    """A tf.data pipeline that shuffles and batches."""

    set_up = ("start a pipeline that prefetches in the background",)

    def prepare(self) -> None:
        """Create the pipeline; it prepares the next batch while a step runs."""
        super().prepare()
        rows = tf.data.Dataset.from_tensor_slices((self.x, self.y))
        if self.job.shuffle:
            rows = rows.shuffle(len(self.x), seed=self.job.seed)
        options = tf.data.Options()
        options.threading.private_threadpool_size = self.threads
        batches = rows.batch(self.batch).prefetch(tf.data.AUTOTUNE)
        self.batches = batches.with_options(options)

    def go_through(self) -> float:
        """Run a step for every batch; fetch the loss once."""
        total = tf.zeros((), wide(self.x.dtype))
        for x, y in self.batches:
            total += widened(self.step(x, y)) * tf.cast(len(x), total.dtype)
        return float(total) / len(self.x)


class Resident(Custom):
    """Slices of tensors, shuffled as a whole; in a static mode the whole epoch is one graph."""

    def prepare(self) -> None:
        """Create the epoch in the mode."""
        super().prepare()
        self.whole = self._eager if self.mode == "eager" else self.model.compiled(self._graph)

    def go_through(self) -> float:
        """Shuffle, then run a step for every slice; fetch the loss once."""
        x, y = self.x, self.y
        if self.job.shuffle:
            order = tf.random.shuffle(tf.range(len(x)), seed=self.job.seed)
            x, y = tf.gather(x, order), tf.gather(y, order)
        return float(self.whole(x, y)) / len(self.x)

    def _eager(self, x: Any, y: Any) -> Any:
        total, size = tf.zeros((), wide(x.dtype)), self.batch
        for start in range(0, len(x), size):
            batch = x[start : start + size]
            total += widened(self.step(batch, y[start : start + size])) * len(batch)
        return total

    def _graph(self, x: Any, y: Any) -> Any:
        rows, size = len(self.x), self.batch
        step = partial(self.model.step, self.optimizer)  # a part of the graph of the epoch
        total = tf.zeros((), wide(x.dtype))
        for start in tf.range(0, rows - rows % size, size):
            total += widened(step(_slice(x, start, size), _slice(y, start, size))) * size
        if rows % size:
            last = step(x[rows - rows % size :], y[rows - rows % size :])
            total += widened(last) * (rows % size)
        return total


def _slice(rows: Any, start: Any, size: int) -> Any:
    """Return `size` rows from `start`; their number is a constant of the graph, as XLA needs."""
    shape = rows.shape[1:]
    return tf.slice(rows, tf.stack([start, *[0] * len(shape)]), [size, *shape])


LOOPS: dict[str, type[Trainer]] = {"fit": Fit, "dataset": Dataset, "tensors": Resident}


def trainer(model: Model, job: TrainingJob, tensor: Tensor, setting: Setting) -> Trainer:
    """Return a trainer in the job's loop."""
    return LOOPS[job.loop](model, job, tensor, setting)
