"""Normalisation of every sample by itself, in NumPy."""

import numpy as np

from dlbench.reference.arrays import Array, Weights
from dlbench.reference.op import BaseOp


class LayerNormOp(BaseOp):
    """Normalises over the last axis: Ba et al. (2016), Layer Normalization."""

    def forward(self, x: Array, *, training: bool) -> Array:  # noqa: ARG002
        """Return the normalised values, with gamma and beta."""
        centred = x - x.mean(axis=-1, keepdims=True)
        variance = (centred * centred).mean(axis=-1, keepdims=True)
        self.scale = 1 / np.sqrt(variance + self.layer.epsilon)
        self.normal = centred * self.scale
        return self.weights["gamma"] * self.normal + self.weights["beta"]

    def backward(self, delta: Array, *, need_input: bool) -> tuple[Array, Weights]:
        """Return the gradients by the input, by gamma and by beta."""
        self.delta = delta
        gradients = self._of_weights(self.normal, delta)
        if not need_input:
            return delta, gradients
        delta = delta * self.weights["gamma"]
        along = (delta * self.normal).mean(axis=-1, keepdims=True)
        centred = delta - delta.mean(axis=-1, keepdims=True) - self.normal * along
        return self.scale * centred, gradients

    def _of_weights(self, normal: Array, delta: Array) -> Weights:
        over = tuple(range(delta.ndim - 1))
        return {"gamma": (delta * normal).sum(axis=over), "beta": delta.sum(axis=over)}

    def weight_bounds(self, jump: Array) -> Weights:
        """Return the bounds of the gradients by gamma and beta."""
        return self._of_weights(np.abs(self.normal), jump)

    def input_bound(self, jump: Array) -> Array:
        """Return the bound of the gradient by the input."""
        normal, jump = np.abs(self.normal), jump * np.abs(self.weights["gamma"])
        along = (jump * normal).mean(axis=-1, keepdims=True)
        return self.scale * (jump + jump.mean(axis=-1, keepdims=True) + normal * along)
