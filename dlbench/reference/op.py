"""The contract of a layer in NumPy: a forward and a backward pass, and bounds of their errors."""

from typing import Any, Protocol

import numpy as np

from dlbench.reference.arrays import Array, Weights


class Op(Protocol):
    """The computation of a layer. weights: its weights, by short names such as `kernel`.

    The last three methods bound the error of a gradient (kinks.py), after a forward pass. A jump is
    the largest error of a gradient, 0 or more.
    """

    weights: Weights

    def forward(self, x: Array, *, training: bool) -> Array:
        """Return the layer's output for the input x."""

    def backward(self, delta: Array, *, need_input: bool) -> tuple[Array, Weights]:
        """Return the gradients of the loss by the input and by every weight.

        delta: the gradient by the layer's output; need_input: if false, the gradient by the input
        is not computed, and the returned one is not valid.
        """

    def penalty(self) -> Array | float:
        """Return the layer's regularisation term of the loss."""

    def reset(self) -> None:
        """Clear the running statistics."""

    def at_kinks(self, delta: Array, jump: Array, relative: float) -> Array:
        """Return the jump before the activation, with those of its own kinks.

        delta, jump: by the output; relative: the rounding error of a value as a share of the
        largest one.
        """

    def weight_bounds(self, jump: Array) -> Weights:
        """Return how far the gradient of every weight may move with this jump at_kinks."""

    def input_bound(self, jump: Array) -> Array:
        """Return how far the gradient by the input may move with this jump at_kinks."""


class BaseOp:
    """What most layers share."""

    def __init__(self, layer: Any, weights: Weights, rng: np.random.Generator) -> None:
        self.layer, self.weights, self.rng = layer, weights, rng

    def kept(self, shape: tuple[int, ...], dtype: Any) -> Array:
        """Draw a mask: 1/(1-rate) for values to keep, 0 for values to drop."""
        rate = self.layer.rate
        return (self.rng.random(shape, dtype) >= rate).astype(dtype) / (1 - rate)

    def penalty(self) -> Array | float:
        """Return 0: most layers have no such term."""
        return 0.0

    def reset(self) -> None:
        """Do nothing: most layers have no statistics."""

    def at_kinks(self, delta: Array, jump: Array, relative: float) -> Array:  # noqa: ARG002
        """Return the jump: most layers have no kink."""
        return jump

    def weight_bounds(self, jump: Array) -> Weights:  # noqa: ARG002
        """Return none: most layers have no weights."""
        return {}

    def input_bound(self, jump: Array) -> Array:
        """Return the jump: most layers keep it."""
        return jump
