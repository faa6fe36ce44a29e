"""Maps activations, losses and optimizers of records/layers.py to functions of JAX and Optax."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax

from dlbench.records import layers

ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "linear": lambda z: z,
    "relu": jax.nn.relu,
    "sigmoid": jax.nn.sigmoid,
    "tanh": jnp.tanh,
    "softmax": jax.nn.softmax,
    "log_softmax": jax.nn.log_softmax,
}


def sparse_categorical_crossentropy(logits: Any, y: Any) -> Any:
    """Return the mean over the batch; Optax returns a loss for each sample."""
    return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()


def categorical_crossentropy(logits: Any, y: Any) -> Any:
    """Mean over the batch."""
    return optax.softmax_cross_entropy(logits, y).mean()


def binary_crossentropy(logits: Any, y: Any) -> Any:
    """Mean over batch and outputs."""
    return optax.sigmoid_binary_cross_entropy(logits, y).mean()


def nll(outputs: Any, y: Any) -> Any:
    """Mean of -log p of the true class, outputs being log p; Optax has it from logits only."""
    return -jnp.take_along_axis(outputs, y[:, None], axis=1).mean()


def multilabel_margin(outputs: Any, y: Any) -> Any:
    """As torch.nn.MultiLabelMarginLoss, y padded with -1; Optax has no such loss."""
    targets = jax.nn.one_hot(y, outputs.shape[1], dtype=outputs.dtype).max(axis=1)
    counted = targets[:, :, None] * (1 - targets[:, None, :])
    margins = jax.nn.relu(1 - outputs[:, :, None] + outputs[:, None, :])
    return (margins * counted).sum() / outputs.size


# The crossentropies apply the last activation themselves.
LOSSES: dict[str, Callable[[Any, Any], Any]] = {
    "sparse_categorical_crossentropy": sparse_categorical_crossentropy,
    "categorical_crossentropy": categorical_crossentropy,
    "binary_crossentropy": binary_crossentropy,
    "mse": lambda outputs, y: optax.squared_error(outputs, y).mean(),
    "half_mse": lambda outputs, y: optax.l2_loss(outputs, y).mean(),  # Optax's halves the square
    "mae": lambda outputs, y: jnp.abs(outputs - y).mean(),
    "nll": nll,
    "hinge": lambda outputs, y: optax.hinge_loss(outputs, y).mean(),
    "logistic": lambda outputs, y: jax.nn.softplus(-y * outputs).mean(),
    "zero_one": lambda outputs, y: jnp.ceil((1 - y * jnp.sign(outputs)) / 2).mean(),
    "multilabel_margin": multilabel_margin,
}

# Optax adds the epsilon of Adagrad inside the root, where the others add it outside: its square
# has the same effect on a vanishing gradient.
OPTIMIZERS: dict[type, Callable[[Any], optax.GradientTransformation]] = {
    layers.SGD: lambda o: optax.sgd(o.lr, momentum=o.momentum or None),
    layers.Adagrad: lambda o: optax.adagrad(o.lr, initial_accumulator_value=0.0, eps=o.epsilon**2),
    layers.RMSprop: lambda o: optax.rmsprop(o.lr, decay=o.rho, eps=o.epsilon, eps_in_sqrt=False),
    layers.Adam: lambda o: optax.adam(o.lr, b1=o.beta1, b2=o.beta2, eps=o.epsilon),
    layers.AdamW: lambda o: optax.adamw(
        o.lr, b1=o.beta1, b2=o.beta2, eps=o.epsilon, weight_decay=o.weight_decay
    ),
}
