"""Maps each layer and loss of records/layers.py to Keras's class; optimizers are in _keras.py."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from dlbench.backends.tensorflow.images import LAYERS as OF_IMAGES
from dlbench.backends.tensorflow.sequences import LAYERS as OF_SEQUENCES
from dlbench.records import layers


class DropConnectDense(keras.layers.Dense):  # type: ignore[misc]
    """keras.layers.Dense that drops weights in training; Keras has no such layer."""

    def __init__(self, units: int, rate: float, **settings: Any) -> None:
        super().__init__(units, **settings)
        self.rate = rate

    def call(self, inputs: Any, training: bool | None = None) -> Any:  # noqa: FBT001 - Keras's
        """Return the output of Dense; in training, with some weights dropped."""
        dropping = training and self.rate
        kernel = tf.nn.dropout(self.kernel, self.rate) if dropping else self.kernel
        return self.activation(tf.matmul(inputs, kernel) + self.bias)


def _dense(layer: layers.Dense) -> keras.layers.Layer:
    l2 = keras.regularizers.L2(layer.l2) if layer.l2 else None
    return keras.layers.Dense(layer.units, activation=layer.activation, kernel_regularizer=l2)


LAYERS: dict[type, Callable[[Any], keras.layers.Layer]] = {
    layers.Dense: _dense,
    layers.DropConnect: lambda layer: DropConnectDense(
        layer.units, layer.rate, activation=layer.activation
    ),
    layers.Flatten: lambda layer: keras.layers.Flatten(),
    layers.Dropout: lambda layer: keras.layers.Dropout(layer.rate),
    layers.BatchNorm: lambda layer: keras.layers.BatchNormalization(
        momentum=layer.momentum, epsilon=layer.epsilon
    ),
    layers.LayerNorm: lambda layer: keras.layers.LayerNormalization(epsilon=layer.epsilon),
    **OF_IMAGES,
    **OF_SEQUENCES,
}


def nll(y: Any, outputs: Any) -> Any:
    """Mean of -log p of the true class, outputs being log p; Keras has no such loss."""
    y = tf.cast(y, tf.int64)  # fit makes floats of them
    return -tf.reduce_mean(tf.gather(outputs, y, axis=1, batch_dims=1))


def multilabel_margin(y: Any, outputs: Any) -> Any:
    """As torch.nn.MultiLabelMarginLoss, y padded with -1; Keras has no such loss."""
    y = tf.cast(y, tf.int64)  # fit makes floats of them
    targets = tf.reduce_max(tf.one_hot(y, outputs.shape[1], dtype=outputs.dtype), axis=1)
    counted = targets[:, :, None] * (1 - targets[:, None, :])
    margins = tf.nn.relu(1 - outputs[:, :, None] + outputs[:, None, :])
    return tf.reduce_sum(margins * counted) / tf.size(outputs, out_type=outputs.dtype)


def half_mse(y: Any, outputs: Any) -> Any:
    """Half of the mean squared error; Keras has no such loss."""
    return tf.reduce_mean(tf.square(outputs - y)) / 2


def logistic(y: Any, outputs: Any) -> Any:
    """mean(log(1 + exp(-y * outputs))), y being -1 or 1; Keras has no such loss."""
    return tf.reduce_mean(tf.math.softplus(-y * outputs))


def zero_one(y: Any, outputs: Any) -> Any:
    """The share on the wrong side, y being -1 or 1; Keras has no such loss."""
    share = tf.reduce_mean(tf.math.ceil((1 - y * tf.sign(outputs)) / 2))
    return share + 0 * tf.reduce_sum(outputs)  # ceil has no gradient here; 0 is the right one


LOSSES: dict[str, Callable[[bool], Callable[[Any, Any], Any]]] = {
    "mse": lambda logits: keras.losses.MeanSquaredError(),
    "half_mse": lambda logits: half_mse,
    "mae": lambda logits: keras.losses.MeanAbsoluteError(),
    "binary_crossentropy": lambda logits: keras.losses.BinaryCrossentropy(from_logits=logits),
    "categorical_crossentropy": lambda logits: keras.losses.CategoricalCrossentropy(
        from_logits=logits
    ),
    "sparse_categorical_crossentropy": lambda logits: keras.losses.SparseCategoricalCrossentropy(
        from_logits=logits
    ),
    "nll": lambda logits: nll,
    "hinge": lambda logits: keras.losses.Hinge(),
    "logistic": lambda logits: logistic,
    "zero_one": lambda logits: zero_one,
    "multilabel_margin": lambda logits: multilabel_margin,
}
