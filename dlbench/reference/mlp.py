"""A network with weights in NumPy: predict, forward, backward and train_step, written by hand.

It computes in the dtype of its weights: float32 as the baseline, float64 as the oracle.
"""

from typing import Any

import numpy as np

from dlbench.records.network import Network
from dlbench.reference import optimizers
from dlbench.reference.arrays import Array, Weights
from dlbench.reference.losses import head_of
from dlbench.reference.op import Op
from dlbench.reference.ops import OPS


class MLP:
    """A network, its weights (updated in place), and the state of its optimizer."""

    def __init__(self, network: Network, weights: Weights, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.network, self.weights = network, weights
        self.head = head_of(network)
        self.optimizer_state: dict[str, dict[str, Any]] = {name: {} for name in weights}
        self.ops: list[Op] = [
            OPS[type(layer)](layer, _own(weights, index), rng)
            for index, layer in enumerate(network.layers)
        ]
        self.ops[-1].last = True  # type: ignore[attr-defined]
        # Nothing below the first layer with weights needs a gradient.
        self.first = next(index for index, op in enumerate(self.ops) if op.weights)

    def predict(self, x: Array) -> Array:
        """Return outputs (batch, units) in inference: no dropout, running statistics."""
        return self.head.outputs(self.logits(x, training=False))

    def forward(self, x: Array, y: Array) -> tuple[Array, Array]:
        """Return outputs and loss in training."""
        z = self.logits(x, training=True)
        return self.head.outputs(z), self._loss(z, y)

    def backward(self, x: Array, y: Array) -> tuple[Array, Weights]:
        """Return the loss in training and its gradient by every weight."""
        z = self.logits(x, training=True)
        return self._loss(z, y), self._gradients(self.head.delta(z, y))

    def train_step(self, x: Array, y: Array) -> Array:
        """Do one step of the optimizer; return the loss before it."""
        loss, gradients = self.backward(x, y)
        for name, gradient in gradients.items():
            state = self.optimizer_state[name]
            optimizers.update(self.network.optimizer, state, self.weights[name], gradient)
        return loss

    def reset(self, start: Weights) -> None:
        """Restore these weights; clear running statistics and the optimizer's state."""
        for name, weight in self.weights.items():
            weight[...] = start[name]
            self.optimizer_state[name].clear()
        for op in self.ops:
            op.reset()

    def logits(self, x: Array, *, training: bool) -> Array:
        """Return z, the last layer before its activation, (batch, units)."""
        for op in self.ops:
            x = op.forward(x, training=training)
        return x

    def _loss(self, z: Array, y: Array) -> Array:
        return self.head.loss(z, y) + sum(op.penalty() for op in self.ops)

    def _gradients(self, delta: Array) -> Weights:
        gradients: Weights = {}
        for index in range(len(self.ops) - 1, self.first - 1, -1):
            delta, own = self.ops[index].backward(delta, need_input=index > self.first)
            gradients |= {f"layer{index}.{name}": value for name, value in own.items()}
        return gradients


def _own(weights: Weights, index: int) -> Weights:
    """Return the weights of one layer by their short names."""
    prefix = f"layer{index}."
    return {
        name.removeprefix(prefix): value
        for name, value in weights.items()
        if name.startswith(prefix)
    }
