"""The optimizers of the lecture, each as a function that computes the update of one array.

Its arguments are the settings, the state and the gradient. The state is a dict that starts empty.
`update` does a step in place. `bounds` returns the range that is correct after the first step.
"""

from collections.abc import Callable
from math import sqrt
from typing import Any

import numpy as np
from msgspec.structs import replace

from dlbench.records.layers import SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop
from dlbench.reference.arrays import Array

State = dict[str, Any]


def _sgd(settings: SGD, state: State, gradient: Array) -> Array:
    """Return lr * v, with v = momentum * v + gradient."""
    if not settings.momentum:
        return settings.lr * gradient
    state["v"] = velocity = settings.momentum * state.get("v", 0) + gradient
    return settings.lr * velocity


def _adagrad(settings: Adagrad, state: State, gradient: Array) -> Array:
    state["r"] = total = state.get("r", 0) + gradient * gradient
    return settings.lr * gradient / (np.sqrt(total) + settings.epsilon)


def _rmsprop(settings: RMSprop, state: State, gradient: Array) -> Array:
    rho = settings.rho
    state["r"] = mean = rho * state.get("r", 0) + (1 - rho) * gradient * gradient
    return settings.lr * gradient / (np.sqrt(mean) + settings.epsilon)


def _adam(settings: Adam, state: State, gradient: Array) -> Array:
    """Return the update of Kingma and Ba (2015), Algorithm 1."""
    beta1, beta2 = settings.beta1, settings.beta2
    state["t"] = t = state.get("t", 0) + 1
    state["m"] = m = beta1 * state.get("m", 0) + (1 - beta1) * gradient
    state["v"] = v = beta2 * state.get("v", 0) + (1 - beta2) * gradient * gradient
    denominator = np.sqrt(v / (1 - beta2**t)) + settings.epsilon
    return settings.lr / (1 - beta1**t) * m / denominator


_UPDATES: dict[type, Callable[[Any, State, Array], Array]] = {
    SGD: _sgd,
    Adagrad: _adagrad,
    RMSprop: _rmsprop,
    Adam: _adam,
    AdamW: _adam,
}


def update(optimizer: Optimizer, state: State, weight: Array, gradient: Array) -> None:
    """Do one step of the optimizer on `weight` and `state`, in place."""
    if (kept := _kept(optimizer)) != 1:
        weight *= kept
    weight -= _UPDATES[type(optimizer)](optimizer, state, gradient)


def _kept(optimizer: Optimizer) -> float:
    """Return what weight decay leaves of a weight in a step, before the update."""
    return 1 - optimizer.lr * optimizer.weight_decay if isinstance(optimizer, AdamW) else 1.0


def bounds(
    optimizer: Optimizer, weight: Array, gradient: Array, slack: Array
) -> tuple[Array, Array]:
    """Return the lowest and highest correct weights after the first step.

    All arrays have the same shape. slack: the possible error of the gradient. Frameworks place
    epsilon differently: beside the root (Kingma and Ba, Algorithm 1), inside it, or before the bias
    correction (ibid., section 2, "epsilon hat"). Keras corrects the bias with float32 betas,
    whatever the dtype. The update grows with the gradient and the learning rate and shrinks with
    epsilon, so the ends of these ranges bound it.
    """
    kept = _kept(optimizer) * weight
    corners = [
        kept - _UPDATES[type(form)](form, {}, corner)
        for form in _forms(optimizer)
        for corner in (gradient - slack, gradient, gradient + slack)
    ]
    return np.minimum.reduce(corners), np.maximum.reduce(corners)


# Stands for "no epsilon": small against any gradient, and 0/0 stays 0.
_NO_EPSILON = 1e-30

# How far float32 may round a beta; 1 - beta amplifies it by 1 / (1 - beta).
_HALF_ULP = float(np.finfo(np.float32).eps) / 2


def _forms(optimizer: Optimizer) -> list[Optimizer]:
    """Return the optimizer with the extreme values of epsilon and of the learning rate.

    The learning rate varies through the rounding of the bias correction.
    """
    if isinstance(optimizer, SGD):
        return [optimizer]
    largest, rounding = optimizer.epsilon, 0.0
    if isinstance(optimizer, Adam):
        spread1, spread2 = 1 - optimizer.beta1, 1 - optimizer.beta2
        largest /= sqrt(spread2)
        rounding = _HALF_ULP * (1 / spread1 + 0.5 / spread2)
    return [
        replace(optimizer, epsilon=epsilon, lr=optimizer.lr * (1 + sign * rounding))
        for epsilon in (_NO_EPSILON, largest)
        for sign in (-1, 1)
    ]
