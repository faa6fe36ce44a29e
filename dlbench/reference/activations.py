"""Activation functions with their derivatives."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from dlbench.reference.arrays import Array


class Activation(NamedTuple):
    """An activation function a = f(z) and its derivative, written in terms of a.

    value: z -> a; backward: (a, gradient by a) -> gradient by z.
    """

    value: Callable[[Array], Array]
    backward: Callable[[Array, Array], Array]


def sigmoid(z: Array) -> Array:
    """Return 1 / (1 + exp(-z)), in a form that does not overflow."""
    return 0.5 * (1 + np.tanh(0.5 * z))


def log_softmax(z: Array) -> Array:
    """Return log(softmax(z)) over the last axis, in a form that does not overflow."""
    shifted = z - z.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def softmax(z: Array) -> Array:
    """Return exp(z) / sum(exp(z)) over the last axis, in a form that does not overflow."""
    exponentials = np.exp(z - z.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def _softmax_backward(a: Array, gradient: Array) -> Array:
    return a * (gradient - (gradient * a).sum(axis=-1, keepdims=True))


def _log_softmax_backward(a: Array, gradient: Array) -> Array:
    return gradient - np.exp(a) * gradient.sum(axis=-1, keepdims=True)


ACTIVATIONS = {
    "linear": Activation(lambda z: z, lambda _, gradient: gradient),
    "relu": Activation(lambda z: np.maximum(z, 0), lambda a, gradient: gradient * (a > 0)),
    "sigmoid": Activation(sigmoid, lambda a, gradient: gradient * a * (1 - a)),
    "tanh": Activation(np.tanh, lambda a, gradient: gradient * (1 - a * a)),
    "softmax": Activation(softmax, _softmax_backward),
    "log_softmax": Activation(log_softmax, _log_softmax_backward),
}


def jump_at_kinks(activation: str, z: Array, delta: Array, jump: Array, relative: float) -> Array:
    """Return how far the gradient by z may move (kinks.py).

    delta: the gradient by the activation; jump: how far that may move; relative: the rounding error
    of z as a share of its largest magnitude.
    """
    if activation in ("softmax", "log_softmax"):  # every unit feels the others' jumps
        return jump + softmax(z) * jump.sum(axis=-1, keepdims=True)
    if activation != "relu":  # no derivative is larger than 1
        return jump
    uncertain = np.abs(z) <= relative * np.abs(z).max()
    return np.where(uncertain, np.abs(delta) + jump, np.where(z > 0, jump, 0))
