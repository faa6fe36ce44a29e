"""The vocabulary of networks: layers, losses and optimizers as data.

A layer derives its shapes, weights and matrix products from its data. This module must not know
any framework, nor any computation.
"""

from math import prod
from typing import Final, Literal, NamedTuple, Self

from msgspec.structs import replace

from dlbench.records.base import NotNegative, Positive, Record, Share, Size

Activation = Literal["linear", "relu", "sigmoid", "tanh", "softmax", "log_softmax"]


Initializer = Literal["glorot_uniform", "he_normal"]


Loss = Literal[
    "mse",
    "half_mse",
    "mae",
    "binary_crossentropy",
    "categorical_crossentropy",
    "sparse_categorical_crossentropy",
    "nll",
    "hinge",
    "logistic",
    "zero_one",
    "multilabel_margin",
]


Shape = tuple[int, ...]


class Weight(NamedTuple):
    """A trainable array of a layer: its shape, and the kind of its first values."""

    shape: Shape
    start: Initializer | Literal["zeros", "ones"]


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

    def shape_after(self, shape: Shape) -> Shape:
        """Return the shape of one sample after the layer."""
        return shape

    def weights(self, shape: Shape) -> dict[str, Weight]:  # noqa: ARG002
        """Return the trainable arrays by name, in the order of drawing."""
        return {}

    def parameter_count(self, shape: Shape) -> int:
        """Return the number of trainable values."""
        return sum(prod(weight.shape) for weight in self.weights(shape).values())

    def products(self, shape: Shape) -> tuple[tuple[int, int], ...]:  # noqa: ARG002
        """Return the matrix products, each as (inputs, outputs) of one sample."""
        return ()

    def without_chance(self) -> Self:
        """Return the layer without randomness."""
        return self


class FullyConnected(AnyLayer, frozen=True):
    """The properties of a layer with a kernel from every input to every unit."""

    units: Size

    @property
    def initializer(self) -> Initializer:
        """Return the distribution of the start kernel."""
        return "glorot_uniform"

    def shape_after(self, shape: Shape) -> Shape:  # noqa: ARG002
        """Return (units,)."""
        return (self.units,)

    def weights(self, shape: Shape) -> dict[str, Weight]:
        """Return the kernel (inputs, units) and the bias (units,)."""
        return {
            "kernel": Weight((prod(shape), self.units), self.initializer),
            "bias": Weight((self.units,), "zeros"),
        }

    def products(self, shape: Shape) -> tuple[tuple[int, int], ...]:
        """Return the product of inputs and kernel."""
        return ((prod(shape), self.units),)


class Dense(FullyConnected, frozen=True, tag="dense"):
    """A fully connected layer: activation(x @ kernel + bias)."""

    activation: Activation = "linear"
    initializer: Initializer = "glorot_uniform"
    l2: NotNegative = 0.0


class DropConnect(FullyConnected, frozen=True, tag="dropconnect"):
    """A fully connected layer that drops weights, where dropout drops activations.

    Wan et al. (2013), Regularization of Neural Networks using DropConnect.
    """

    rate: Share
    activation: Activation = "linear"
    initializer: Initializer = "glorot_uniform"

    def without_chance(self) -> Self:
        """Return the layer at rate 0."""
        return replace(self, rate=0.0)


class Flatten(AnyLayer, frozen=True, tag="flatten"):
    """Reshapes every sample to one row."""

    def shape_after(self, shape: Shape) -> Shape:
        """Return one row of all values."""
        return (prod(shape),)


class Dropout(AnyLayer, frozen=True, tag="dropout"):
    """In training, zeroes a share `rate` of the activations and scales the rest by 1/(1-rate)."""

    rate: Share

    def without_chance(self) -> Self:
        """Return the layer at rate 0."""
        return replace(self, rate=0.0)


class BatchNorm(AnyLayer, frozen=True, tag="batchnorm"):
    """Normalises over the mini-batch; Ioffe and Szegedy (2015), with the biased batch variance.

    running = momentum * running + (1 - momentum) * batch; the defaults are those of Keras,
    in which the lecture gives its batch-norm networks.
    """

    momentum: Share = 0.99
    epsilon: Positive = 1e-3

    def weights(self, shape: Shape) -> dict[str, Weight]:
        """Return the scale gamma and the shift beta, both (values,)."""
        width = (prod(shape),)
        return {"gamma": Weight(width, "ones"), "beta": Weight(width, "zeros")}


Layer = Dense | DropConnect | Flatten | Dropout | BatchNorm


class SGD(Record, frozen=True, tag="sgd"):
    """Gradient descent, with optional momentum."""

    lr: Positive = 0.01
    momentum: Share = 0.0


class Adagrad(Record, frozen=True, tag="adagrad"):
    """Duchi et al. (2011)."""

    lr: Positive = 0.01
    epsilon: Positive = 1e-7


class RMSprop(Record, frozen=True, tag="rmsprop"):
    """Tieleman and Hinton (2012)."""

    lr: Positive = 0.001
    rho: Share = 0.9
    epsilon: Positive = 1e-7


class Adam(Record, frozen=True, tag="adam"):
    """Kingma and Ba (2015)."""

    lr: Positive = 0.001
    beta1: Share = 0.9
    beta2: Share = 0.999
    epsilon: Positive = 1e-7


class AdamW(Adam, frozen=True, tag="adamw"):
    """Adam with decoupled weight decay: Loshchilov and Hutter (2019).

    Every step also takes lr * weight_decay of a weight off it, of biases too. The default is that
    of PyTorch.
    """

    weight_decay: NotNegative = 0.01


Optimizer = SGD | Adagrad | RMSprop | Adam | AdamW


# Losses of probabilities, and the last activations they allow. A loss that allows `linear` is
# always computed from logits; with `linear`, the network's outputs are the logits.
LAST_ACTIVATIONS: Final[dict[Loss, tuple[Activation, ...]]] = {
    "binary_crossentropy": ("sigmoid", "linear"),
    "categorical_crossentropy": ("softmax", "linear"),
    "sparse_categorical_crossentropy": ("softmax", "linear"),
    "nll": ("log_softmax",),
}
