"""The layers in NumPy: a class per kind of layer, with a forward and a backward pass.

A forward pass stores the arrays that the backward pass needs. Arrays have shape (batch, width),
except those of images, (batch, height, width, channels), in images.py, and of sequences, (batch,
steps, values), in sequences.py.
"""

from typing import Any

import numpy as np

from dlbench.records import images, layers, sequences
from dlbench.reference.activations import ACTIVATIONS
from dlbench.reference.arrays import Array, Weights
from dlbench.reference.images import Conv2DOp, GlobalAvgPool2DOp, MaxPool2DOp
from dlbench.reference.norms import LayerNormOp
from dlbench.reference.op import BaseOp
from dlbench.reference.sequences import EmbeddingOp, GRUOp, LSTMOp, SimpleRNNOp


class FlattenOp(BaseOp):
    """Reshapes (batch, ...) to (batch, width)."""

    def forward(self, x: Array, *, training: bool) -> Array:  # noqa: ARG002
        self.shape = x.shape
        return x.reshape(len(x), -1)

    def backward(self, delta: Array, *, need_input: bool) -> tuple[Array, Weights]:  # noqa: ARG002
        return delta.reshape(self.shape), {}

    def input_bound(self, jump: Array) -> Array:
        return jump.reshape(self.shape)


class DenseOp(BaseOp):
    """Computes activation(x @ kernel + bias); in the last layer the head applies the activation."""

    last = False

    def kernel(self, *, training: bool) -> Array:  # noqa: ARG002
        """Return the kernel to use in this pass."""
        return self.weights["kernel"]

    def forward(self, x: Array, *, training: bool) -> Array:
        self.x, self.used = x, self.kernel(training=training)
        self.z = x @ self.used + self.weights["bias"]
        self.a = self.z if self.last else ACTIVATIONS[self.layer.activation].value(self.z)
        return self.a

    def backward(self, delta: Array, *, need_input: bool) -> tuple[Array, Weights]:
        if not self.last:
            delta = ACTIVATIONS[self.layer.activation].backward(self.a, delta)
        self.delta = delta
        gradients = {"kernel": self.kernel_gradient(delta), "bias": delta.sum(axis=0)}
        return delta @ self.used.T if need_input else delta, gradients

    def kernel_gradient(self, delta: Array) -> Array:
        """Return the gradient by the kernel, with that of the regularisation term."""
        gradient = self.x.T @ delta
        if self.layer.l2:
            gradient += 2 * self.layer.l2 * self.weights["kernel"]
        return gradient

    def penalty(self) -> Array | float:
        l2 = self.layer.l2
        return l2 * (self.weights["kernel"] ** 2).sum() if l2 else 0.0


class DropConnectOp(DenseOp):
    """Drops weights in training and scales the others by 1/(1-rate); one draw per batch."""

    def kernel(self, *, training: bool) -> Array:
        kernel = self.weights["kernel"]
        dropping = training and self.layer.rate
        self.mask = self.kept(kernel.shape, kernel.dtype) if dropping else None
        return kernel if self.mask is None else kernel * self.mask

    def kernel_gradient(self, delta: Array) -> Array:
        gradient = self.x.T @ delta
        return gradient if self.mask is None else gradient * self.mask

    def penalty(self) -> Array | float:
        return 0.0


class DropoutOp(BaseOp):
    """Drops activations in training and scales the others by 1/(1-rate)."""

    def forward(self, x: Array, *, training: bool) -> Array:
        dropping = training and self.layer.rate
        self.mask = self.kept(x.shape, x.dtype) if dropping else None
        return x if self.mask is None else x * self.mask

    def backward(self, delta: Array, *, need_input: bool) -> tuple[Array, Weights]:  # noqa: ARG002
        return delta if self.mask is None else delta * self.mask, {}


class BatchNormOp(BaseOp):
    """Normalises over the batch, and all places of images: Ioffe and Szegedy (2015), section 3.

    The running statistics start with mean 0 and variance 1.
    """

    def __init__(self, layer: Any, weights: Weights, rng: np.random.Generator) -> None:
        super().__init__(layer, weights, rng)
        self.reset()

    def reset(self) -> None:
        self.mean = np.zeros_like(self.weights["beta"])
        self.variance = np.ones_like(self.weights["gamma"])

    def forward(self, x: Array, *, training: bool) -> Array:
        mean, variance = self.mean, self.variance
        self.over = tuple(range(x.ndim - 1))
        if training:
            mean, variance = x.mean(axis=self.over), x.var(axis=self.over)
            kept, new = self.layer.momentum, 1 - self.layer.momentum
            self.mean = kept * self.mean + new * mean
            self.variance = kept * self.variance + new * variance
        self.scale = 1 / np.sqrt(variance + self.layer.epsilon)
        self.normal = (x - mean) * self.scale
        return self.weights["gamma"] * self.normal + self.weights["beta"]

    def backward(self, delta: Array, *, need_input: bool) -> tuple[Array, Weights]:
        normal, self.delta = self.normal, delta
        gradients = {
            "gamma": (delta * normal).sum(axis=self.over),
            "beta": delta.sum(axis=self.over),
        }
        if not need_input:
            return delta, gradients
        delta = delta * self.weights["gamma"]
        mean, along = delta.mean(axis=self.over), (delta * normal).mean(axis=self.over)
        centred = delta - mean - normal * along
        return self.scale * centred, gradients


OPS: dict[type, Any] = {
    layers.Flatten: FlattenOp,
    layers.Dense: DenseOp,
    layers.DropConnect: DropConnectOp,
    layers.Dropout: DropoutOp,
    layers.BatchNorm: BatchNormOp,
    images.Conv2D: Conv2DOp,
    images.MaxPool2D: MaxPool2DOp,
    images.GlobalAvgPool2D: GlobalAvgPool2DOp,
    sequences.LSTM: LSTMOp,
    sequences.SimpleRNN: SimpleRNNOp,
    sequences.GRU: GRUOp,
    sequences.Embedding: EmbeddingOp,
    layers.LayerNorm: LayerNormOp,
}
