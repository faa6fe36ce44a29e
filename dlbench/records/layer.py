"""What every layer has: its shapes, weights and matrix products, derived from its data."""

from math import prod
from typing import Literal, NamedTuple, Self

from dlbench.records.base import Record

Activation = Literal["linear", "relu", "sigmoid", "tanh", "softmax", "log_softmax"]


Initializer = Literal["glorot_uniform", "he_normal"]


Shape = tuple[int, ...]


class Weight(NamedTuple):
    """A trainable array of a layer: its shape, and the kind of its first values."""

    shape: Shape
    start: Initializer | Literal["orthogonal", "uniform", "zeros", "ones", "forget_gate"]


class Product(NamedTuple):
    """A matrix product of a layer: (rows, inputs) by (inputs, outputs).

    rows: for one sample; values: the different values among the rows x inputs of one sample, which
    are fewer where windows overlap; of_state: whether it is that of the state of every step, which
    has a gradient but before the first one; times: how often it is computed, one after the other;
    input_gradients: how often the gradient by its left operand is.
    """

    inputs: int
    outputs: int
    rows: int
    values: int
    of_state: bool = False
    times: int = 1
    input_gradients: int = 0


def row_product(inputs: int, outputs: int) -> Product:
    """Return the product of one row of values for each sample."""
    return Product(inputs, outputs, 1, inputs)


class AnyLayer(Record, frozen=True):
    """The properties of a layer; by default it has no weights and keeps the shape.

    `shape` is always the shape of one sample before the layer.
    """

    @property
    def activation(self) -> Activation:
        """Return the activation function of the layer."""
        return "linear"

    @property
    def l2(self) -> float:
        """Return the factor of the kernel's squared sum in the loss."""
        return 0.0

    def fault(self, shape: Shape) -> str:  # noqa: ARG002
        """Return what the layer takes instead and what to do, if it cannot take this shape."""
        return ""

    def shape_after(self, shape: Shape) -> Shape:
        """Return the shape of one sample after the layer."""
        return shape

    def weights(self, shape: Shape) -> dict[str, Weight]:  # noqa: ARG002
        """Return the trainable arrays by name, in the order of drawing."""
        return {}

    def parameter_count(self, shape: Shape) -> int:
        """Return the number of trainable values."""
        return sum(prod(weight.shape) for weight in self.weights(shape).values())

    def products(self, shape: Shape) -> tuple[Product, ...]:  # noqa: ARG002
        """Return the matrix products of one sample."""
        return ()

    def without_chance(self) -> Self:
        """Return the layer without randomness."""
        return self
