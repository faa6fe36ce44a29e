"""Losses, averaged over the batch and over the outputs of a sample.

A loss that belongs to a softmax or a sigmoid is computed from the logits, as in every framework.
The others are computed from the network's outputs.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from dlbench.records.network import Network
from dlbench.reference.activations import ACTIVATIONS, log_softmax, sigmoid, softmax
from dlbench.reference.arrays import Array

# The probability that separates two classes.
BOUNDARY = 0.5


class Head(NamedTuple):
    """The last activation and the loss of a network, as functions of z and the targets y.

    z: the last layer before its activation, (batch, units); outputs: z -> outputs; loss: (z, y) ->
    scalar; delta: (z, y) -> gradient of the loss by z.
    """

    outputs: Callable[[Array], Array]
    loss: Callable[[Array, Array], Array]
    delta: Callable[[Array, Array], Array]


class Loss(NamedTuple):
    """A loss of outputs and targets y.

    value: (outputs, y) -> scalar; gradient: (outputs, y) -> gradient by the outputs.
    """

    value: Callable[[Array, Array], Array]
    gradient: Callable[[Array, Array], Array]


def head_of(network: Network) -> Head:
    """Return the head for the network's last activation and loss."""
    outputs = ACTIVATIONS[network.last_activation].value
    if network.loss in FUSED:
        return Head(outputs, *FUSED[network.loss])
    return _composed(network.last_activation, LOSSES[network.loss])


def _composed(activation: str, loss: Loss) -> Head:
    value, backward = ACTIVATIONS[activation]

    def delta(z: Array, y: Array) -> Array:
        outputs = value(z)
        return backward(outputs, loss.gradient(outputs, y))

    return Head(value, lambda z, y: loss.value(value(z), y), delta)


# Outputs are float32. The least probability in a logarithm: the smallest normal float32. The least
# distance of a probability from 1: half a rounding.
_LEAST, _REST = float(np.finfo(np.float32).tiny), float(np.finfo(np.float32).eps) / 2

# The inverse of the activations: from outputs to a z with these outputs.
_BACK: dict[str, Callable[[Array], Array]] = {
    "linear": lambda o: o,
    "log_softmax": lambda o: o,
    "softmax": lambda o: np.log(np.maximum(o, _LEAST)),
    "sigmoid": lambda o: np.log(np.maximum(o, _LEAST)) - np.log(np.maximum(1 - o, _REST)),
}


def loss_of(network: Network, outputs: Array, y: Array) -> float:
    """Return the loss of given outputs, without penalties."""
    outputs = outputs.astype(np.float64)
    if network.loss in FUSED:
        loss, _ = FUSED[network.loss]
        return float(loss(_BACK[network.last_activation](outputs), y))
    return float(LOSSES[network.loss].value(outputs, y))


def one_hot(y: Array, like: Array) -> Array:
    """Return class labels (batch,) as one-hot rows, with the shape and dtype of `like`."""
    rows = np.zeros_like(like)
    rows[np.arange(len(y)), y] = 1
    return rows


def _mean_picked(log_probabilities: Array, y: Array) -> Array:
    return -log_probabilities[np.arange(len(y)), y].mean()


def _margins(outputs: Array, y: Array) -> Array:
    """Return max(0, 1 - outputs[target] + outputs[other]), shape (rows, classes, classes).

    It is 0 unless the first class is a target and the second is not. y: the target classes of each
    row, padded with -1.
    """
    classes = np.arange(outputs.shape[1])
    targets = (y[:, :, None] == classes).any(axis=1)
    counted = targets[:, :, None] & ~targets[:, None, :]
    return np.where(counted, np.maximum(1 - outputs[:, :, None] + outputs[:, None, :], 0), 0)


def _margin_gradient(outputs: Array, y: Array) -> Array:
    active = (_margins(outputs, y) > 0).astype(outputs.dtype)
    return (active.sum(axis=1) - active.sum(axis=2)) / outputs.size


def _hinge_gradient(outputs: Array, y: Array) -> Array:
    return np.where(1 - y * outputs > 0, -y, 0) / outputs.size


def _logistic_gradient(outputs: Array, y: Array) -> Array:
    return -y * sigmoid(-y * outputs) / outputs.size


def _sigmoid_loss(z: Array, y: Array) -> Array:
    return (np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))).mean()


LOSSES = {
    "mse": Loss(lambda o, y: ((o - y) ** 2).mean(), lambda o, y: 2 * (o - y) / o.size),
    # The loss of the lecture's backpropagation example: its gradient is the error itself.
    "half_mse": Loss(lambda o, y: ((o - y) ** 2).mean() / 2, lambda o, y: (o - y) / o.size),
    "mae": Loss(lambda o, y: np.abs(o - y).mean(), lambda o, y: np.sign(o - y) / o.size),
    "hinge": Loss(lambda o, y: np.maximum(1 - y * o, 0).mean(), _hinge_gradient),
    "logistic": Loss(lambda o, y: np.logaddexp(0, -y * o).mean(), _logistic_gradient),
    # The share of outputs on the wrong side; y is -1 or 1. Its gradient is 0: it teaches nothing.
    "zero_one": Loss(
        lambda o, y: np.ceil((1 - y * np.sign(o)) / 2).mean(), lambda o, _: np.zeros_like(o)
    ),
    # torch.nn.MultiLabelMarginLoss: the sum over pairs divided by the number of classes.
    "multilabel_margin": Loss(lambda o, y: _margins(o, y).sum() / o.size, _margin_gradient),
}

_SPARSE = (
    lambda z, y: _mean_picked(log_softmax(z), y),
    lambda z, y: (softmax(z) - one_hot(y, z)) / len(z),
)
_CATEGORICAL = (
    lambda z, y: -(y * log_softmax(z)).sum(axis=-1).mean(),
    lambda z, y: (softmax(z) * y.sum(axis=-1, keepdims=True) - y) / len(z),
)
_BINARY = (_sigmoid_loss, lambda z, y: (sigmoid(z) - y) / z.size)

# Losses of probabilities: loss and gradient from z, the last layer before its activation.
FUSED: dict[str, tuple[Callable[..., Array], Callable[..., Array]]] = {
    "sparse_categorical_crossentropy": _SPARSE,
    "nll": _SPARSE,
    "categorical_crossentropy": _CATEGORICAL,
    "binary_crossentropy": _BINARY,
}


def labels(network: Network, outputs: Array) -> Array:
    """Return the predicted labels, with the shape and type of the data set's labels."""
    if outputs.shape[-1] > 1:
        return outputs.argmax(axis=-1)
    return (outputs > (0.0 if network.ends_in_logits else BOUNDARY)).astype(np.float32)
