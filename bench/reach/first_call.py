"""A stopwatch around the first training step in a process of its own: no line of dlbench in it.

`python first_call.py FRAMEWORK MODE LAYERS` prints the seconds of the first call beyond those of a
later one. The network is a stack of dense layers, as compile_cost.py gives it to dlbench.
"""

import os
import sys
from collections.abc import Callable
from itertools import pairwise
from statistics import median
from time import perf_counter

import numpy as np

INPUTS, UNITS, OUTPUTS, BATCH = 64, 64, 10, 32
RATE = 0.01
LATER_CALLS = 30

Step = Callable[[], object]


def data() -> tuple[np.ndarray, np.ndarray]:
    """A random batch."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((BATCH, INPUTS), np.float32)
    return x, rng.integers(0, OUTPUTS, BATCH)


def torch_step(mode: str, layers: int) -> Step:
    """nn.Sequential, compiled up to the loss; SGD."""
    import torch
    from torch import nn

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    modules: list[nn.Module] = []
    for inputs in (INPUTS, *[UNITS] * (layers - 1)):
        modules += [nn.Linear(inputs, UNITS), nn.ReLU()]
    model = nn.Sequential(*modules, nn.Linear(UNITS, OUTPUTS))
    x, y = (torch.from_numpy(array) for array in data())
    loss_of = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    objective = torch.compile(
        lambda x, y: loss_of(model(x), y),
        fullgraph=True,
        mode={"compile": "default", "compile-max-autotune": "max-autotune"}[mode],
    )

    def step() -> object:
        optimizer.zero_grad()
        loss = objective(x, y)
        loss.backward()
        optimizer.step()
        return loss

    return step


def tensorflow_step(mode: str, layers: int) -> Step:
    """keras.Sequential and GradientTape in a tf.function; SGD."""
    import keras
    import tensorflow as tf

    hidden = [keras.layers.Dense(UNITS, activation="relu") for _ in range(layers)]
    model = keras.Sequential([keras.Input((INPUTS,)), *hidden, keras.layers.Dense(OUTPUTS)])
    loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer = keras.optimizers.SGD(RATE)
    optimizer.build(model.trainable_variables)
    x, y = (tf.constant(array) for array in data())

    def train(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = loss_of(y, model(x, training=True))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss

    traced = tf.function(train, jit_compile=mode == "xla")
    return lambda: traced(x, y)


def jax_step(mode: str, layers: int) -> Step:
    """A list of kernels and biases, value_and_grad under jit, Optax's SGD."""
    import jax
    import jax.numpy as jnp
    import optax

    assert mode == "jit"
    rng = np.random.default_rng(1)
    widths = [INPUTS, *[UNITS] * layers, OUTPUTS]
    weights = [
        (jnp.array(rng.standard_normal((m, n), np.float32) / m**0.5), jnp.zeros(n))
        for m, n in pairwise(widths)
    ]
    optimizer = optax.sgd(RATE)
    x, y = (jnp.array(array) for array in data())

    def loss_of(weights: list, x: jax.Array, y: jax.Array) -> jax.Array:
        for kernel, bias in weights[:-1]:
            x = jax.nn.relu(x @ kernel + bias)
        logits = x @ weights[-1][0] + weights[-1][1]
        return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()

    @jax.jit
    def train(weights: list, memory: object, x: jax.Array, y: jax.Array) -> tuple:
        loss, gradients = jax.value_and_grad(loss_of)(weights, x, y)
        updates, memory = optimizer.update(gradients, memory, weights)
        return loss, optax.apply_updates(weights, updates), memory

    state = [weights, optimizer.init(weights)]

    def step() -> object:
        loss, *state[:] = train(*state, x, y)
        return jax.block_until_ready(loss)

    return step


STEPS = {"torch": torch_step, "tensorflow": tensorflow_step, "jax": jax_step}


def timed(step: Step) -> float:
    """Seconds of a call."""
    began = perf_counter()
    step()
    return perf_counter() - began


if __name__ == "__main__":
    framework, mode, layers = sys.argv[1:]
    step = STEPS[framework](mode, int(layers))
    first = timed(step)
    print(first - median(timed(step) for _ in range(LATER_CALLS)))
