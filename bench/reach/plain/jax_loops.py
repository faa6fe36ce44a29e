"""The cells of level.py in plain JAX: `python jax_loops.py MODE THREADS`."""

import sys
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from loop import images, main, plain

BATCH = 32
# The widths of the layers, and the share that is dropped before the last.
NETWORKS = {"iris": ((4, 10, 8, 3), 0.0), "mnist-512": ((784, 512, 10), 0.2)}


def matmul(size: int) -> Callable[[], Any]:
    a, b = (jnp.array(np.random.default_rng(0).random((size, size), np.float32)) for _ in "ab")
    product = mode(jnp.matmul)
    return lambda: product(a, b)


def start(name: str) -> tuple[Any, Any, Any, Any]:
    """Weights, inputs, classes and a random key; the key is None without dropout.

    Weights are dicts by layer, as Flax and most of JAX's users keep them.
    """
    widths, rate = NETWORKS[name]
    rng = np.random.default_rng(0)
    weights = {
        f"dense_{index}": {
            "kernel": jnp.array(rng.normal(0, 0.1, (m, n)).astype(np.float32)),
            "bias": jnp.zeros(n),
        }
        for index, (m, n) in enumerate(pairwise(widths))
    }
    if name == "mnist-512":
        x, y = images(BATCH)
    else:
        x, y = rng.random((BATCH, widths[0]), np.float32), rng.integers(widths[-1], size=BATCH)
    return weights, jnp.array(x), jnp.array(y), jax.random.key(0) if rate else None


def logits(name: str, weights: Any, key: Any, x: Any) -> Any:
    x, rate = x.reshape(len(x), -1), NETWORKS[name][1]
    *hidden, last = weights.values()
    for layer in hidden:
        x = jax.nn.relu(x @ layer["kernel"] + layer["bias"])
    if key is not None:
        x = jnp.where(jax.random.bernoulli(key, 1 - rate, x.shape), x / (1 - rate), 0)
    return x @ last["kernel"] + last["bias"]


def split(key: Any) -> tuple[Any, Any]:
    return (None, None) if key is None else jax.random.split(key)


def loss_of(found: Any, y: Any) -> Any:
    return optax.softmax_cross_entropy_with_integer_labels(found, y).mean()


def predict(name: str) -> Callable[[], Any]:
    weights, x, _, _ = start(name)
    run = mode(lambda weights, x: jax.nn.softmax(logits(name, weights, None, x)))
    return lambda: run(weights, x)


def forward(name: str) -> Callable[[], Any]:
    weights, x, y, key = start(name)

    def outputs_and_loss(weights: Any, key: Any, x: Any, y: Any) -> Any:
        key, own = split(key)
        found = logits(name, weights, own, x)
        return jax.nn.softmax(found), loss_of(found, y), key

    run = mode(outputs_and_loss)

    def step() -> None:
        nonlocal key
        *_, key = run(weights, key, x, y)

    return step


def train_step(name: str) -> Callable[[], Any]:
    weights, x, y, key = start(name)
    optimizer = optax.adam(1e-6)

    def train(state: Any, x: Any, y: Any) -> Any:
        weights, memory, key = state
        key, own = split(key)
        found, gradients = jax.value_and_grad(
            lambda weights: loss_of(logits(name, weights, own, x), y)
        )(weights)
        updates, memory = optimizer.update(gradients, memory, weights)
        return found, (optax.apply_updates(weights, updates), memory, key)

    run = mode(train, donate_argnums=0)
    state = (weights, optimizer.init(weights), key)

    def step() -> None:
        nonlocal state
        _, state = run(state, x, y)

    return step


if __name__ == "__main__":
    # A call returns when it is done.
    jax.config.update("jax_cpu_enable_async_dispatch", False)  # noqa: FBT003
    mode = jax.jit if sys.argv[1] == "jit" else plain
    main(matmul, (forward, train_step, predict), NETWORKS)
