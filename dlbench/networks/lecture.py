"""The ten networks of the lecture, by name.

Salem Ameen, Artificial Intelligence, Lecture 7: Deep Learning (University of Salford).
"""

from typing import Any, Final, NamedTuple

from dlbench.records.layer import Activation
from dlbench.records.layers import (
    SGD,
    Adagrad,
    Adam,
    BatchNorm,
    Dense,
    Dropout,
    Flatten,
    Layer,
    Optimizer,
    RMSprop,
)
from dlbench.records.network import Network

# A softmax over one unit is the constant 1, so three fruit networks cannot learn. They stay as the
# lecture defines them, and their descriptions say so.
_CONSTANT = "as given: its one-unit softmax is the constant 1, so it cannot learn"

_FRUIT: dict[str, Any] = {
    "dataset": "fruit",
    "inputs": (2,),
    "loss": "mae",
    "optimizer": Adam(lr=0.1),
    "epochs": 5,
    "batch": 3,
}
_TABULAR: dict[str, Any] = {"optimizer": Adam(), "epochs": 150, "batch": 32}
_MNIST: dict[str, Any] = {
    "dataset": "mnist",
    "inputs": (28, 28),
    "loss": "sparse_categorical_crossentropy",
    "optimizer": Adam(),
    "batch": 32,
}


def _tabular_layers(outputs: int, activation: Activation) -> tuple[Layer, ...]:
    return (
        Dense(10, "relu", "he_normal"),
        Dense(8, "relu", "he_normal"),
        Dense(outputs, activation),
    )


def _mnist_layers(hidden: int, activation: Activation) -> tuple[Layer, ...]:
    return (Flatten(), Dense(hidden, "relu"), Dropout(0.2), Dense(10, activation))


NETWORKS: Final = (
    Network(
        name="fruit-linear",
        about="linear regression on the fruit table, one sample at a time",
        dataset="fruit",
        inputs=(2,),
        layers=(Dense(1),),
        loss="mse",
        optimizer=SGD(lr=1e-5),
        epochs=100,
        batch=1,
    ),
    Network(
        name="fruit-2-1",
        about="two dense layers without activation",
        layers=(Dense(2), Dense(1)),
        **_FRUIT,
    ),
    Network(
        name="fruit-relu",
        about=f"a hidden ReLU layer; {_CONSTANT}",
        layers=(Dense(2, "relu"), Dense(1, "softmax")),
        **_FRUIT,
    ),
    Network(
        name="fruit-dropout",
        about=f"the same with dropout; {_CONSTANT}",
        layers=(Dense(2, "relu"), Dropout(0.2), Dense(1, "softmax")),
        **_FRUIT,
    ),
    Network(
        name="fruit-batchnorm",
        about=f"the same with dropout and batch norm; {_CONSTANT}",
        layers=(Dense(2, "relu"), Dropout(0.2), BatchNorm(), Dense(1, "softmax")),
        **_FRUIT,
    ),
    Network(
        name="abalone",
        about="regression of the rings with L2, dropout and batch norm",
        dataset="abalone",
        inputs=(7,),
        layers=(Dense(64, l2=0.001), Dropout(0.6), BatchNorm(), Dense(1)),
        loss="mse",
        optimizer=Adam(),
        epochs=10,
        batch=32,
    ),
    Network(
        name="ionosphere",
        about="binary classification of radar returns",
        dataset="ionosphere",
        inputs=(34,),
        layers=_tabular_layers(1, "sigmoid"),
        loss="binary_crossentropy",
        **_TABULAR,
    ),
    Network(
        name="iris",
        about="classification of three species of iris",
        dataset="iris",
        inputs=(4,),
        layers=_tabular_layers(3, "softmax"),
        loss="sparse_categorical_crossentropy",
        **_TABULAR,
    ),
    Network(
        name="mnist-128",
        about="handwritten digits, 128 hidden units, logits",
        layers=_mnist_layers(128, "linear"),
        epochs=1,
        **_MNIST,
    ),
    Network(
        name="mnist-512",
        about="handwritten digits, 512 hidden units, softmax",
        layers=_mnist_layers(512, "softmax"),
        epochs=5,
        **_MNIST,
    ),
)

# The optimizers of the lecture, with the settings of its worked example.
OPTIMIZERS: Final[dict[str, Optimizer]] = {
    "sgd": SGD(lr=0.1),
    "momentum": SGD(lr=0.1, momentum=0.9),
    "adagrad": Adagrad(lr=0.1, epsilon=5e-5),
    "rmsprop": RMSprop(lr=0.1, rho=0.99, epsilon=5e-5),
    "adam": Adam(lr=0.1, beta1=0.9, beta2=0.999, epsilon=1e-5),
}

# The first row of ionosphere.
# fmt: off
_RETURN = (
    1.0, 0.0, 0.99539, -0.05889, 0.85243, 0.02306, 0.83398, -0.37708, 1.0, 0.0376, 0.85243,
    -0.17755, 0.59755, -0.44945, 0.60536, -0.38223, 0.84356, -0.38542, 0.58212, -0.32192,
    0.56971, -0.29674, 0.36946, -0.47357, 0.56811, -0.51171, 0.41078, -0.46168, 0.21266,
    -0.3409, 0.42267, -0.54487, 0.18641, -0.453,
)
# fmt: on

# The rows for which the lecture predicts, each with the predicted class; None if it shows none.
FRUIT: Final = tuple(network.name for network in NETWORKS if network.dataset == "fruit")
PREDICTED: Final[dict[str, tuple[tuple[tuple[float, ...], str | None], ...]]] = {
    **dict.fromkeys(FRUIT, (((2.0, 0.0), None),)),
    "iris": (((5.1, 3.5, 1.4, 0.2), "class 0"),),
    "ionosphere": ((_RETURN, "class g, 1"),),
}


class Reported(NamedTuple):
    """The results in the lecture of a network after some epochs; None if not reported."""

    accuracy: float
    test_loss: float | None = None
    loss: float | None = None


# By network and number of epochs.
REPORTED: Final[dict[str, dict[int, Reported]]] = {
    "ionosphere": {150: Reported(0.922)},
    "iris": {150: Reported(0.900)},
    "mnist-512": {1: Reported(0.9705, 0.0990, 0.3598), 2: Reported(0.9751, 0.0796, 0.1004)},
}
