"""Multi-layer perceptrons as data: the layers, losses and optimizers that a network is made of.

It must not know any framework, nor how a layer is computed.
"""

from math import prod
from typing import Annotated, Final, Literal, NamedTuple

from msgspec import Meta, Struct
from msgspec.structs import replace

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


# Checked where a network is read, from a suite or a results folder.
Count = Annotated[int, Meta(ge=1, le=1_000_000)]
# The upper bounds keep out infinity, which JSON cannot hold.
Positive = Annotated[float, Meta(gt=0, le=1e6)]
NotNegative = Annotated[float, Meta(ge=0, le=1e6)]
# 0 or more and less than 1: a rate, a momentum.
Share = Annotated[float, Meta(ge=0, lt=1)]


class Record(Struct, frozen=True, forbid_unknown_fields=True):
    """The base of all records: immutable, and strict about the fields it is read from."""


class Dense(Record, frozen=True, tag="dense"):
    """A fully connected layer: activation(x @ kernel + bias)."""

    units: Count
    activation: Activation = "linear"
    initializer: Initializer = "glorot_uniform"
    l2: NotNegative = 0.0


class DropConnect(Record, frozen=True, tag="dropconnect"):
    """A fully connected layer that drops weights, where dropout drops activations.

    Wan et al. (2013), Regularization of Neural Networks using DropConnect.
    """

    units: Count
    rate: Share
    activation: Activation = "linear"
    initializer: Initializer = "glorot_uniform"


class Flatten(Record, frozen=True, tag="flatten"):
    """Every sample becomes one row."""


class Dropout(Record, frozen=True, tag="dropout"):
    """In training a share `rate` of the activations is zeroed, the rest scaled by 1/(1-rate)."""

    rate: Share


class BatchNorm(Record, frozen=True, tag="batchnorm"):
    """Normalisation over the mini-batch; Ioffe and Szegedy (2015), biased batch variance.

    running = momentum * running + (1 - momentum) * batch; the defaults are those of Keras,
    in which the lecture gives its batch-norm networks.
    """

    momentum: Share = 0.99
    epsilon: Positive = 1e-3


Layer = Dense | DropConnect | Flatten | Dropout | BatchNorm


class SGD(Record, frozen=True, tag="sgd"):
    """Gradient descent, with momentum where it is not 0."""

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


Optimizer = SGD | Adagrad | RMSprop | Adam


# Losses that want probabilities or their logits: the activations that a network may end in.
LAST_ACTIVATIONS: Final[dict[Loss, tuple[Activation, ...]]] = {
    "binary_crossentropy": ("sigmoid", "linear"),
    "categorical_crossentropy": ("softmax", "linear"),
    "sparse_categorical_crossentropy": ("softmax", "linear"),
    "nll": ("log_softmax",),
}


class Network(Record, frozen=True):
    """A multi-layer perceptron as data: one text for all frameworks.

    dataset: a member of `dlbench/datasets/`, or `random` for a network without data;
    inputs: the shape of one sample; epochs and batch: its schedule.
    """

    name: Annotated[str, Meta(pattern=r"^[\w.-]+$")]
    inputs: Annotated[tuple[Count, ...], Meta(min_length=1)]
    layers: tuple[Layer, ...]
    loss: Loss
    optimizer: Optimizer = Adam()
    about: str = ""
    dataset: str = "random"
    epochs: Count = 1
    batch: Count = 32


class DenseShape(NamedTuple):
    """A fully connected layer's size, and whether anything below it needs a gradient."""

    inputs: int
    units: int
    input_gradient: bool


def dense_shapes(network: Network) -> list[DenseShape]:
    """The sizes of the fully connected layers, in order."""
    shapes, width, trainable_below = [], prod(network.inputs), False
    for layer in network.layers:
        if isinstance(layer, Dense | DropConnect):
            shapes.append(DenseShape(width, layer.units, trainable_below))
            width = layer.units
        trainable_below |= isinstance(layer, Dense | DropConnect | BatchNorm)
    return shapes


def parameter_count(network: Network) -> int:
    """Trainable parameters: kernels, biases, and scale and shift of batch norm."""
    count, width = 0, prod(network.inputs)
    for layer in network.layers:
        if isinstance(layer, Dense | DropConnect):
            count += (width + 1) * layer.units
            width = layer.units
        elif isinstance(layer, BatchNorm):
            count += 2 * width
    return count


def without_dropout(network: Network) -> Network:
    """The same network with nothing random in it: what parity is checked on."""
    layers = (
        replace(layer, rate=0.0) if isinstance(layer, Dropout | DropConnect) else layer
        for layer in network.layers
    )
    return replace(network, layers=tuple(layers))
