"""Small networks put together for one test: their data, and their gradients by differences."""

from functools import partial

import numpy as np

from dlbench.backends.base import Problem
from dlbench.records.case import Target
from dlbench.records.layers import SGD, Dense, DropConnect
from dlbench.records.network import Network
from dlbench.reference.arrays import cast
from dlbench.reference.draws import initial_weights, inputs
from dlbench.reference.mlp import MLP

ROWS, INPUTS, UNITS = 6, 4, 3

# Every loss with the last activations that it makes sense with.
ENDS = [
    ("mse", "linear"),
    ("mse", "relu"),
    ("mse", "sigmoid"),
    ("mse", "tanh"),
    ("mse", "softmax"),
    ("mae", "linear"),
    ("mae", "sigmoid"),
    ("mae", "tanh"),
    ("mae", "softmax"),
    ("hinge", "linear"),
    ("hinge", "tanh"),
    ("half_mse", "linear"),
    ("half_mse", "tanh"),
    ("logistic", "linear"),
    ("logistic", "tanh"),
    ("zero_one", "linear"),
    ("multilabel_margin", "linear"),
    ("multilabel_margin", "sigmoid"),
    ("nll", "log_softmax"),
    ("categorical_crossentropy", "linear"),
    ("categorical_crossentropy", "softmax"),
    ("sparse_categorical_crossentropy", "linear"),
    ("sparse_categorical_crossentropy", "softmax"),
    ("binary_crossentropy", "linear"),
    ("binary_crossentropy", "sigmoid"),
]


def network(*layers, loss="mse", optimizer=None, inputs=(INPUTS,)):
    return Network(
        name="small",
        about="put together for a test",
        dataset="random",
        inputs=inputs,
        layers=layers,
        loss=loss,
        optimizer=optimizer or SGD(),
        epochs=1,
        batch=ROWS,
    )


def ending(loss, activation, **settings):
    """A hidden layer, and a last layer with this activation and loss."""
    return network(Dense(5, "tanh"), Dense(UNITS, activation), loss=loss, **settings)


def problem(net, dtype="float64", rows=ROWS, seed=0):
    """Weights (no bias, gamma or beta left at 0 or 1), inputs and targets, all drawn."""
    rng = np.random.default_rng(seed)
    weights = {
        name: weight if name.endswith("kernel") else weight + rng.uniform(0.1, 0.5, weight.shape)
        for name, weight in initial_weights(net, seed).items()
    }
    plain = rng.standard_normal((rows, *net.inputs))
    x = inputs(net, rng, rows) if net.vocabulary else plain
    units = [layer.units for layer in net.layers if isinstance(layer, Dense | DropConnect)][-1]
    to = partial(cast, dtype=dtype)
    y = TARGETS[net.loss](rng, rows, units)
    return Problem(net, {name: to(weight) for name, weight in weights.items()}, to(x), to(y))


def mlp(given, weights=None, seed=0):
    """The reference for a problem, which it leaves as it is."""
    own = {name: weight.copy() for name, weight in (weights or given.weights).items()}
    return MLP(given.network, own, seed)


def differences(given, seed=0, h=1e-6):
    """The gradient of the training loss by every weight, by central differences.

    Every loss is that of a fresh network, so that all see the same dropout.
    """
    gradients = {name: np.empty_like(weight) for name, weight in given.weights.items()}
    for name, gradient in gradients.items():
        for at in np.ndindex(gradient.shape):
            low, high = (_loss(given, seed, name, at, step) for step in (-h, h))
            gradient[at] = (high - low) / (2 * h)
    return gradients


def _loss(given, seed, name, at, step):
    moved = given.weights[name].copy()
    moved[at] += step
    return mlp(given, {**given.weights, name: moved}, seed).forward(given.x, given.y)[1]


def _values(rng, rows, units):
    return rng.standard_normal((rows, units))


def _bits(rng, rows, units):
    return rng.integers(2, size=(rows, units)).astype(float)


def _signs(rng, rows, units):
    return 2 * _bits(rng, rows, units) - 1


def _classes(rng, rows, units):
    return rng.integers(units, size=rows)


def _shares(rng, rows, units):
    """Probabilities: a target of categorical cross-entropy need not be certain."""
    return rng.dirichlet(np.ones(units), rows)


def _labels(rng, rows, units):
    """Between none and all of the classes in any order, then -1."""
    chosen = rng.permuted(np.tile(np.arange(units), (rows, 1)), axis=1)
    counts = np.arange(rows) % (units + 1)
    return np.where(np.arange(units) < counts[:, None], chosen, -1)


TARGETS = {
    "mse": _values,
    "half_mse": _values,
    "mae": _values,
    "hinge": _signs,
    "logistic": _signs,
    "zero_one": _signs,
    "multilabel_margin": _labels,
    "nll": _classes,
    "sparse_categorical_crossentropy": _classes,
    "categorical_crossentropy": _shares,
    "binary_crossentropy": _bits,
}


def target(dtype="float32", **fields):
    """A target of a backend that is started by hand."""
    known = {"backend": "any", "device": "cpu", "mode": "eager", "threads": 1}
    return Target(**{**known, **fields}, dtype=dtype)
