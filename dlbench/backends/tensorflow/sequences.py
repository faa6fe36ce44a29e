"""The layers of sequences in Keras, (batch, steps, values); its gates are in the same order."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from dlbench.records.sequences import GRU, LSTM, Embedding, SimpleRNN


def lstm(layer: LSTM) -> keras.layers.LSTM:
    """Return keras.layers.LSTM."""
    return keras.layers.LSTM(layer.units, return_sequences=layer.return_sequences)


def simple_rnn(layer: SimpleRNN) -> keras.layers.SimpleRNN:
    """Return keras.layers.SimpleRNN."""
    return keras.layers.SimpleRNN(layer.units, return_sequences=layer.return_sequences)


def gru(layer: GRU) -> keras.layers.GRU:
    """Return keras.layers.GRU, whose reset gate comes after the product by default."""
    return keras.layers.GRU(layer.units, return_sequences=layer.return_sequences)


@tf.custom_gradient  # type: ignore[untyped-decorator]
def _with_whole_gradient(weights: Any) -> Any:
    return weights, tf.convert_to_tensor


class WholeEmbedding(keras.layers.Embedding):  # type: ignore[misc]
    """keras.layers.Embedding with the gradient of all rows.

    Its own is that of the rows in the batch, once for every place of a token. Keras 3 squares these
    one by one for Adam, RMSprop and Adagrad, so a token that repeats learns otherwise than in the
    definition.
    """

    def call(self, inputs: Any) -> Any:
        """Return the rows of the tokens, which are stored as all inputs are."""
        rows = _with_whole_gradient(tf.convert_to_tensor(self.embeddings))
        return tf.gather(rows, tf.cast(inputs, tf.int32))


def embedding(layer: Embedding) -> keras.layers.Embedding:
    """Return keras.layers.Embedding."""
    return WholeEmbedding(layer.vocabulary, layer.units)


def holder(native: keras.layers.Layer) -> Any:
    """Return what has the weights of a layer: the cell of a recurrent one, or the layer itself."""
    return getattr(native, "cell", native)


LAYERS: dict[type, Callable[..., Any]] = {
    Embedding: embedding,
    SimpleRNN: simple_rnn,
    LSTM: lstm,
    GRU: gru,
}
