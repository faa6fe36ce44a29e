"""The layers of sequences in NumPy: a step after the other, and backwards through time.

Sequences have shape (batch, steps, values). Backpropagation through time is linear in the gradient
by the outputs; with the absolute values of its factors it bounds an error instead.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np

from dlbench.reference.activations import sigmoid
from dlbench.reference.arrays import Array, Weights
from dlbench.reference.op import BaseOp

# What a step leaves for the backward pass, by name.
Memory = dict[str, Array]

Factor = Callable[[Array], Array]


def as_it_is(factor: Array) -> Array:
    """Return the factor: the gradient itself is asked for."""
    return factor


def _product(x: Array, kernel: Array) -> Array:
    """Return the product of all steps with a kernel, as one of two matrices."""
    return (x.reshape(-1, x.shape[-1]) @ kernel).reshape(*x.shape[:-1], -1)


class RecurrentOp(BaseOp, ABC):
    """A layer that takes the steps of a sequence one by one.

    z: what a step adds up before its activations, (batch, gates x units).
    """

    def forward(self, x: Array, *, training: bool) -> Array:  # noqa: ARG002
        """Return the state after every step, (batch, steps, units), or after the last one."""
        self.x = x
        given = _product(x, self.weights["kernel"]) + self.bias_of_inputs()
        state = np.zeros_like(given[:, 0, : self.layer.units])
        self.states, self.memory = [state], list[Memory]()
        for step in range(x.shape[1]):
            state, memory = self.step(given[:, step], state)
            self.states.append(state)
            self.memory.append(memory)
        return np.stack(self.states[1:], axis=1) if self.layer.return_sequences else state

    def backward(self, delta: Array, *, need_input: bool) -> tuple[Array, Weights]:
        """Return the gradients by the sequence, by both kernels and by the bias."""
        self.delta = self.through_time(delta, as_it_is)
        gradients = self._of_weights(self.delta, as_it_is)
        by_input = self._of_input(self.delta, as_it_is) if need_input else delta
        return by_input, gradients

    def through_time(self, delta: Array, of: Factor) -> Array:
        """Return the gradient by z of all steps, from that by the outputs.

        of: np.abs for a bound.
        """
        steps = self.x.shape[1]
        recurrent = of(self.weights["recurrent_kernel"]).T
        found: list[Array] = []
        after: Any = (0.0,) * self.carried
        for step in reversed(range(steps)):
            by_output = self._by_output(delta, step) + after[0]
            by_z, by_state, *others = self.step_back(step, by_output, after, of)
            found.append(by_z)
            if step:  # the state before the first step needs none
                after = (by_state + self.recurrent_part(by_z) @ recurrent, *others)
        return np.stack(found[::-1], axis=1)

    def _by_output(self, delta: Array, step: int) -> Array | float:
        if self.layer.return_sequences:
            return delta[:, step]
        return delta if step == self.x.shape[1] - 1 else 0.0

    def _of_weights(self, delta: Array, of: Factor) -> Weights:
        given, recurrent = self.input_part(delta), self.recurrent_part(delta)
        rows = of(self.x).reshape(-1, self.x.shape[-1])
        kernel = rows.T @ given.reshape(len(rows), -1)
        steps = zip(self.states, np.moveaxis(recurrent, 1, 0), strict=False)
        return {
            "kernel": kernel,
            "recurrent_kernel": sum(of(state).T @ by_z for state, by_z in steps),
            "bias": self.bias_gradient(delta.sum(axis=(0, 1))),
        }

    def _of_input(self, delta: Array, of: Factor) -> Array:
        return _product(self.input_part(delta), of(self.weights["kernel"]).T)

    def at_kinks(self, delta: Array, jump: Array, relative: float) -> Array:  # noqa: ARG002
        """Return the bound of the jump by z of all steps."""
        return self.through_time(jump, np.abs)

    def weight_bounds(self, jump: Array) -> Weights:
        """Return the bounds of the gradients by both kernels and by the bias."""
        return self._of_weights(jump, np.abs)

    def input_bound(self, jump: Array) -> Array:
        """Return the bound of the gradient by the sequence."""
        return self._of_input(jump, np.abs)

    # How many gradients a step gives to the one before it.
    carried = 1

    def bias_of_inputs(self) -> Array:
        """Return the bias that is added to all steps at once."""
        return self.weights["bias"]

    def bias_gradient(self, total: Array) -> Array:
        """Return the gradient by the bias from the sum of those by z."""
        return total

    def input_part(self, delta: Array) -> Array:
        """Return the gradient by the product of inputs and kernel."""
        return delta

    def recurrent_part(self, delta: Array) -> Array:
        """Return the gradient by the product of state and recurrent kernel."""
        return delta

    @abstractmethod
    def step(self, given: Array, state: Array) -> tuple[Array, Memory]:
        """Return the next state. given: inputs @ kernel + bias of the step."""

    @abstractmethod
    def step_back(self, step: int, by_output: Array, after: Any, of: Factor) -> tuple[Array, ...]:
        """Return the gradients by z, by the state before and not through z, and those carried."""


class LSTMOp(RecurrentOp):
    """Hochreiter and Schmidhuber (1997), with a forget gate: c = f c + i g; h = o tanh(c)."""

    carried = 2

    def forward(self, x: Array, *, training: bool) -> Array:
        """Return the states, starting with an empty cell."""
        self.cell = np.zeros((len(x), self.layer.units), x.dtype)
        return super().forward(x, training=training)

    def step(self, given: Array, state: Array) -> tuple[Array, Memory]:
        """Return the output of the cell."""
        z = np.split(given + state @ self.weights["recurrent_kernel"], 4, axis=-1)
        i, f, g, o = sigmoid(z[0]), sigmoid(z[1]), np.tanh(z[2]), sigmoid(z[3])
        before, self.cell = self.cell, f * self.cell + i * g
        seen = np.tanh(self.cell)
        return o * seen, {"i": i, "f": f, "g": g, "o": o, "before": before, "seen": seen}

    def step_back(self, step: int, by_output: Array, after: Any, of: Factor) -> tuple[Array, ...]:
        """Return the gradients by the gates, nothing by the state alone, and that by the cell."""
        i, f, g, o, before, seen = self.memory[step].values()
        by_cell = after[1] + by_output * o * (1 - seen * seen)
        by_gates = (
            by_cell * of(g) * i * (1 - i),
            by_cell * of(before) * f * (1 - f),
            by_cell * i * (1 - g * g),
            by_output * of(seen) * o * (1 - o),
        )
        return np.concatenate(by_gates, axis=-1), np.zeros_like(by_output), by_cell * f


class SimpleRNNOp(RecurrentOp):
    """Elman (1990): h = tanh(z)."""

    def step(self, given: Array, state: Array) -> tuple[Array, Memory]:
        """Return the next state."""
        h = np.tanh(given + state @ self.weights["recurrent_kernel"])
        return h, {"h": h}

    def step_back(self, step: int, by_output: Array, after: Any, of: Factor) -> tuple[Array, ...]:  # noqa: ARG002
        """Return the gradient by z, and nothing by the state alone."""
        h = self.memory[step]["h"]
        return by_output * (1 - h * h), np.zeros_like(by_output)


class GRUOp(RecurrentOp):
    """Cho et al. (2014), the reset gate after the product: h = z h + (1 - z) candidate.

    The gradient by z of a step has two halves: by the product of the inputs, and by that of the
    state, which differ in the candidate.
    """

    def bias_of_inputs(self) -> Array:
        """Return the first of the two biases."""
        return self.weights["bias"][0]

    def bias_gradient(self, total: Array) -> Array:
        """Return the gradients by both biases."""
        return total.reshape(2, -1)

    def input_part(self, delta: Array) -> Array:
        """Return the first half."""
        return np.split(delta, 2, axis=-1)[0]

    def recurrent_part(self, delta: Array) -> Array:
        """Return the second half."""
        return np.split(delta, 2, axis=-1)[1]

    def step(self, given: Array, state: Array) -> tuple[Array, Memory]:
        """Return the next state."""
        z_given, r_given, n_given = np.split(given, 3, axis=-1)
        product = state @ self.weights["recurrent_kernel"] + self.weights["bias"][1]
        z_state, r_state, n_state = np.split(product, 3, axis=-1)
        z, r = sigmoid(z_given + z_state), sigmoid(r_given + r_state)
        n = np.tanh(n_given + r * n_state)
        memory = {"z": z, "r": r, "n": n, "before": state, "n_state": n_state}
        return z * state + (1 - z) * n, memory

    def step_back(self, step: int, by_output: Array, after: Any, of: Factor) -> tuple[Array, ...]:  # noqa: ARG002
        """Return the gradients by both products, and that by the state kept by the update gate."""
        z, r, n, before, n_state = self.memory[step].values()
        by_n = by_output * (1 - z) * (1 - n * n)
        gates = (
            by_output * of(before - n) * z * (1 - z),
            by_n * of(n_state) * r * (1 - r),
        )
        return np.concatenate([*gates, by_n, *gates, by_n * r], axis=-1), by_output * z


class EmbeddingOp(BaseOp):
    """Returns the row of every token."""

    def forward(self, x: Array, *, training: bool) -> Array:  # noqa: ARG002
        """Return a sequence of rows."""
        self.tokens = x.astype(np.int64)
        return self.weights["embeddings"][self.tokens]

    def backward(self, delta: Array, *, need_input: bool) -> tuple[Array, Weights]:  # noqa: ARG002
        """Return the gradient by all rows; there is none by tokens."""
        self.delta = delta
        return delta, self.weight_bounds(delta)

    def weight_bounds(self, jump: Array) -> Weights:
        """Return for every token the sum over the places where it stands."""
        total = np.zeros_like(self.weights["embeddings"])
        np.add.at(total, self.tokens, jump)
        return {"embeddings": total}
