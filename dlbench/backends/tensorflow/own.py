"""A user's own Keras model on TensorFlow."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from dlbench.backends._keras import Engine, OwnModel
from dlbench.backends.tensorflow.backend import TensorflowBackend
from dlbench.own.source import Source
from dlbench.records.base import DTYPES


def keras_model(backend: TensorflowBackend, source: Source) -> OwnModel:
    """Return the model on TensorFlow: op by op, traced, or through XLA."""
    setting, compiler = backend.setting, backend.compiler
    engine = Engine(
        dtype=DTYPES[setting.dtype].storage,
        eager=setting.mode == "eager",
        jit=setting.mode == "xla",
        tensor=backend.tensor,
        array=lambda tensor: tf.convert_to_tensor(tensor).numpy(),
        gradients=_gradients,
        count=compiler.traces.append if compiler else None,
    )
    return OwnModel(engine, source)


def _gradients(model: keras.Model, loss: Callable[[Any], Any], x: Any) -> tuple[Any, list[Any]]:
    """Return the loss in training with the model's penalties, and its gradients."""
    with tf.GradientTape() as tape:
        outputs = loss(model(x, training=True))
        value = outputs + sum(map(tf.reduce_sum, model.losses))
    return value, tape.gradient(value, [one.value for one in model.trainable_variables])


FUNCTIONS = {"keras_model": keras_model}
