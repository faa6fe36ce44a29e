"""The calls that users of Keras write, beside those of tensors that are on the device already.

https://keras.io/api/models/model_training_apis/
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import tensorflow as tf

from dlbench.backends.base import Step
from dlbench.backends.tensorflow.model import Model, compile_keras
from dlbench.reference.arrays import Array


def _from_array(model: Model, x: Array, y: Array, mode: str) -> Step:  # noqa: ARG001
    """Return the prediction of an array by the model or its graph, as an array."""
    run = model.predictor()
    return _predicting(model, lambda: run(x).numpy())


def _by_keras(name: str, model: Model, x: Array, y: Array, mode: str) -> Step:  # noqa: ARG001
    """Return the prediction of an array by a method of the model, compiled for the mode."""
    compile_keras(model, model.optimizer(model.network.optimizer), mode)
    # predict draws a progress bar unless it is told not to; predict_on_batch has none
    silent = {"verbose": 0} if name == "predict" else {}
    return _predicting(model, partial(getattr(model.native, name), x, **silent))


def _predicting(model: Model, run: Callable[[], Array]) -> Step:
    def tensors(outputs: Array) -> Mapping[str, Any]:
        return {"outputs": tf.identity(tf.constant(outputs))}

    return Step(run, tensors, model.weights(), model.reset)


def _step_on_arrays(model: Model, x: Array, y: Array, mode: str) -> Step:  # noqa: ARG001
    """Return the training step on arrays, with the loss as a number."""
    step = model.train_steps([(x, y)])[0]
    return _training(model, x, lambda: step.run().numpy())


def _train_on_batch(model: Model, x: Array, y: Array, mode: str) -> Step:
    """Return Keras's own training step, compiled for the mode."""
    compile_keras(model, model.optimizer(model.network.optimizer), mode)
    return _training(model, x, partial(model.native.train_on_batch, x, y))


def _training(model: Model, x: Array, run: Callable[[], Any]) -> Step:
    def tensors(loss: Any) -> Mapping[str, Any]:
        return model.with_weights(tf.identity(tf.constant(loss, x.dtype)))

    return Step(run, tensors, model.weights(), model.reset)


CALLS: dict[tuple[str, str], Callable[[Model, Array, Array, str], Step]] = {
    ("predict", "array"): _from_array,
    ("predict", "predict"): partial(_by_keras, "predict"),
    ("predict", "predict_on_batch"): partial(_by_keras, "predict_on_batch"),
    ("train_step", "array"): _step_on_arrays,
    ("train_step", "train_on_batch"): _train_on_batch,
}
