"""The vocabulary of networks: layers, losses and optimizers as data.

What every layer has is in layer.py, the layers of images in images.py, those of sequences in
sequences.py. This module must not know any framework, nor any computation.
"""

from math import prod
from typing import Final, Literal, Self

from msgspec.structs import replace

from dlbench.records.base import NotNegative, Positive, Record, Share, Size
from dlbench.records.images import IMAGE_RANKS, Conv2D, GlobalAvgPool2D, MaxPool2D
from dlbench.records.layer import (
    Activation,
    AnyLayer,
    Initializer,
    Product,
    Shape,
    Weight,
    row_product,
)
from dlbench.records.sequences import GRU, LSTM, SEQUENCE_RANK, Embedding, SimpleRNN

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

    def fault(self, shape: Shape) -> str:
        """Return what the layer takes, if this is not one row of values."""
        return "" if len(shape) == 1 else "takes one row of values; put flatten before it"

    def products(self, shape: Shape) -> tuple[Product, ...]:
        """Return the product of inputs and kernel."""
        return (row_product(prod(shape), self.units),)


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

    In images, over all places too: gamma, beta and the statistics belong to the channels.
    running = momentum * running + (1 - momentum) * batch; the defaults are those of Keras,
    in which the lecture gives its batch-norm networks.
    """

    momentum: Share = 0.99
    epsilon: Positive = 1e-3

    def fault(self, shape: Shape) -> str:
        """Return what the layer takes, if this is neither a row nor an image with channels."""
        if len(shape) in (1, max(IMAGE_RANKS)):
            return ""
        return "takes one row of values, or images of [height, width, channels]"

    def weights(self, shape: Shape) -> dict[str, Weight]:
        """Return the scale gamma and the shift beta, both (values,) or (channels,)."""
        width = (shape[-1],)
        return {"gamma": Weight(width, "ones"), "beta": Weight(width, "zeros")}


class LayerNorm(AnyLayer, frozen=True, tag="layernorm"):
    """Normalises every row, or every step of a sequence, by itself; Ba et al. (2016).

    The default is that of Keras.
    """

    epsilon: Positive = 1e-3

    def fault(self, shape: Shape) -> str:
        """Return what the layer takes, if this is an image."""
        if len(shape) <= SEQUENCE_RANK:
            return ""
        return "takes rows or sequences; for images there is batchnorm"

    def weights(self, shape: Shape) -> dict[str, Weight]:
        """Return the scale gamma and the shift beta, both (values,)."""
        width = (shape[-1],)
        return {"gamma": Weight(width, "ones"), "beta": Weight(width, "zeros")}


Layer = (
    Dense
    | DropConnect
    | Flatten
    | Dropout
    | BatchNorm
    | Conv2D
    | MaxPool2D
    | GlobalAvgPool2D
    | LSTM
    | SimpleRNN
    | GRU
    | Embedding
    | LayerNorm
)


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
