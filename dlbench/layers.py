"""Multi-layer perceptrons as data: the layers, losses and optimizers that a network is made of.

It must not know any framework, nor how a layer is computed.
"""

from math import prod
from typing import Literal, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

Activation = Literal["linear", "relu", "sigmoid", "tanh", "softmax", "log_softmax"]
Initializer = Literal["glorot_uniform", "he_normal"]
Loss = Literal[
    "mse",
    "mae",
    "binary_crossentropy",
    "categorical_crossentropy",
    "sparse_categorical_crossentropy",
    "nll",
    "hinge",
    "multilabel_margin",
]


class Record(Struct, frozen=True, forbid_unknown_fields=True):
    """The base of all records: immutable, and strict about the fields it is read from."""


class Dense(Record, tag="dense"):
    """A fully connected layer: activation(x @ kernel + bias)."""

    units: int
    activation: Activation = "linear"
    initializer: Initializer = "glorot_uniform"
    l2: float = 0.0


class DropConnect(Record, tag="dropconnect"):
    """A fully connected layer that drops weights, where dropout drops activations.

    Wan et al. (2013), Regularization of Neural Networks using DropConnect.
    """

    units: int
    rate: float
    activation: Activation = "linear"
    initializer: Initializer = "glorot_uniform"


class Flatten(Record, tag="flatten"):
    """Every sample becomes one row."""


class Dropout(Record, tag="dropout"):
    """In training a share `rate` of the activations is zeroed, the rest scaled by 1/(1-rate)."""

    rate: float


class BatchNorm(Record, tag="batchnorm"):
    """Normalisation over the mini-batch; Ioffe and Szegedy (2015), biased batch variance.

    running = momentum * running + (1 - momentum) * batch; the defaults are those of Keras,
    in which the lecture gives its batch-norm networks.
    """

    momentum: float = 0.99
    epsilon: float = 1e-3


Layer = Dense | DropConnect | Flatten | Dropout | BatchNorm


class SGD(Record, tag="sgd"):
    """Gradient descent, with momentum where it is not 0."""

    lr: float = 0.01
    momentum: float = 0.0


class Adagrad(Record, tag="adagrad"):
    """Duchi et al. (2011)."""

    lr: float = 0.01
    epsilon: float = 1e-7


class RMSprop(Record, tag="rmsprop"):
    """Tieleman and Hinton (2012)."""

    lr: float = 0.001
    rho: float = 0.9
    epsilon: float = 1e-7


class Adam(Record, tag="adam"):
    """Kingma and Ba (2015)."""

    lr: float = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-7


Optimizer = SGD | Adagrad | RMSprop | Adam


class Network(Record):
    """A multi-layer perceptron as data: one text for all frameworks."""

    name: str
    about: str
    dataset: str
    inputs: tuple[int, ...]
    layers: tuple[Layer, ...]
    loss: Loss
    optimizer: Optimizer
    epochs: int
    batch: int


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
