"""The layers of sequences in Keras, (batch, steps, values); its gates are in the same order."""

from collections.abc import Callable
from typing import Any

import keras

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


def embedding(layer: Embedding) -> keras.layers.Embedding:
    """Return keras.layers.Embedding, which makes whole numbers of all inputs."""
    return keras.layers.Embedding(layer.vocabulary, layer.units)


def holder(native: keras.layers.Layer) -> Any:
    """Return what has the weights of a layer: the cell of a recurrent one, or the layer itself."""
    return getattr(native, "cell", native)


LAYERS: dict[type, Callable[..., Any]] = {
    Embedding: embedding,
    SimpleRNN: simple_rnn,
    LSTM: lstm,
    GRU: gru,
}
