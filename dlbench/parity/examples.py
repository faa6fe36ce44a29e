"""The worked examples of the lecture, as networks for the same code that users time.

Salem Ameen, Artificial Intelligence, Lecture 7: Deep Learning (University of Salford): the linear
classifier, backpropagation, one step of every optimizer, batch normalisation. Examples name the
slips of the slides. It must not know any framework.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from dlbench.backends.base import Backend, Problem
from dlbench.networks.lecture import OPTIMIZERS
from dlbench.records.layers import SGD, BatchNorm, Dense, Layer, Loss
from dlbench.records.network import Network
from dlbench.records.verification import Figure, Numbers
from dlbench.reference.arrays import Array, Weights

Results = Mapping[str, Array]


# The tolerance of exact formulas: the rounding of float64.
EXACT = 1e-12

# Frameworks add delta elsewhere than the lecture: the formulas agree to 4 digits, and to 3 for
# RMSProp with its small root.
FOUR_DIGITS, THREE_DIGITS = 1e-4, 1e-3


@dataclass(frozen=True)
class Example:
    """Numbers that the lecture works out by hand.

    problems: one network and batch for each number, or one for all; step: the step to run; picked:
    selects the numbers from its results; printed: the lecture's text, None if it gives a formula
    only; expected: the numbers by the lecture's formula in float64; within: the absolute tolerance;
    slip: the lecture's mistake in the printed numbers.
    """

    about: str
    problems: tuple[Problem, ...]
    step: str
    picked: Callable[[Results], Any]
    printed: str | None
    expected: Array
    within: float = EXACT
    slip: str | None = None

    def compute(self, backend: Backend) -> Array:
        """Return the numbers of a backend, in the shape of the expected ones."""
        numbers = [self._run(backend, problem) for problem in self.problems]
        return np.array(numbers, np.float64).reshape(self.expected.shape)

    def figure(self, name: str) -> Figure:
        """Return the facts of the example for a report."""
        return Figure(
            name, self.about, _tuples(self.expected), self.within, self.printed, self.slip
        )

    def shaped(self, values: Sequence[float]) -> Numbers:
        """Return a backend's numbers in the shape of the expected ones."""
        return _tuples(np.reshape(values, self.expected.shape))

    def _run(self, backend: Backend, problem: Problem) -> Any:
        steps = backend.network(problem, OPTIMIZERS)
        step = steps[self.step]
        tensors = step.tensors(step.run())
        backend.device.wait()
        return self.picked({name: backend.device.array(tensor) for name, tensor in tensors.items()})


def _tuples(array: Array) -> Numbers:
    if array.ndim > 1:
        return tuple(tuple(row) for row in array.tolist())
    return tuple(array.tolist()) if array.ndim else float(array)


def _problem(
    layers: tuple[Layer, ...], loss: Loss, weights: Mapping[str, Any], x: Any, y: Any
) -> Problem:
    inputs = np.array(x, np.float64)
    network = Network(
        name="example", inputs=inputs.shape[1:], layers=layers, loss=loss, optimizer=SGD(0.1)
    )
    drawn: Weights = {name: np.array(value, np.float64) for name, value in weights.items()}
    return Problem(network, drawn, inputs, np.array(y, np.float64))


# --- the linear classifier: w = [0.5, 1], phi(x) = x ----------------------------------------------
_W = np.array([0.5, 1.0])


_POINTS = np.array([[0.0, 2.0], [-2.0, 0.0], [1.0, -1.0]])


_LABELS = np.array([1.0, 1.0, -1.0])


_MARGINS = (_POINTS @ _W) * _LABELS


def _classifier(loss: Loss, *rows: int) -> Problem:
    weights = {"layer0.kernel": _W[:, None], "layer0.bias": [0.0]}
    chosen = list(rows)
    return _problem((Dense(1),), loss, weights, _POINTS[chosen], _LABELS[chosen, None])


def _loss_of_points(loss: Loss, printed: str | None, expected: Array) -> Example:
    return Example(
        about=f"{loss.replace('_', '-')} loss of the three points",
        problems=tuple(_classifier(loss, row) for row in range(len(_POINTS))),
        step="forward",
        picked=lambda results: results["loss"],
        printed=printed,
        expected=expected,
    )


# --- backpropagation: f = x0 w0 w2 + x1 w1 w3 -----------------------------------------------------
_START = np.array([[1.0, -1.0], [1.0, 2.0]])


_GRADIENT = np.array([[-2.0, -4.0], [-2.0, 2.0]])


# w0 and w1 each have an input of their own: a layer whose kernel is diagonal.
_CHAIN = _problem(
    (Dense(2), Dense(1)),
    "half_mse",
    {
        "layer0.kernel": np.diag(_START[0]),
        "layer0.bias": [0.0, 0.0],
        "layer1.kernel": _START[1][:, None],
        "layer1.bias": [0.0],
    },
    [[1.0, 1.0]],
    [[1.0]],
)


def _matrix(kind: str) -> Callable[[Results], Any]:
    """Return a function that selects [[w0, w1], [w2, w3]] from the two kernels."""

    def picked(results: Results) -> Any:
        first, second = (results[f"{kind}/layer{layer}.kernel"] for layer in (0, 1))
        return [np.diag(first), second[:, 0]]

    return picked


def _chain(about: str, step: str, picked: Callable[[Results], Any], **told: Any) -> Example:
    return Example(about=about, problems=(_CHAIN,), step=step, picked=picked, **told)


# --- one step of every optimizer, from the weights above, with lambda = 0.1 -----------------------
_LAMBDA = 0.1


def _step(name: str, direction: Array, **told: Any) -> Example:
    return _chain(
        f"weights after a step of {name}",
        f"train_step/{name}",
        _matrix("weight"),
        expected=_START - _LAMBDA * direction,
        **told,
    )


def _scaled(root: Array, delta: float) -> Array:
    return _GRADIENT / (delta + np.sqrt(root))


# --- batch normalisation of a mini-batch ---------------------------------------------------------
_BATCH = np.array([1.0, 2.0, 3.0, 6.0])


_SCALE, _SHIFT, _EPSILON = 2.0, 1.0, 1e-3


_NORMAL = _problem(
    (BatchNorm(epsilon=_EPSILON), Dense(1)),
    "mse",
    {
        "layer0.gamma": [_SCALE],
        "layer0.beta": [_SHIFT],
        "layer1.kernel": [[1.0]],
        "layer1.bias": [0.0],
    },
    _BATCH[:, None],
    np.zeros((len(_BATCH), 1)),
)


EXAMPLES: Final = {
    "zero-one": _loss_of_points("zero_one", "0, 1, 0", np.array([0.0, 1.0, 0.0])),
    "train-loss": Example(
        about="zero-one loss of all three, TrainLoss",
        problems=(_classifier("zero_one", 0, 1, 2),),
        step="forward",
        picked=lambda results: results["loss"],
        printed="0.33",
        expected=np.array(1 / 3),
    ),
    "hinge": _loss_of_points("hinge", None, np.maximum(1 - _MARGINS, 0)),
    "logistic": _loss_of_points("logistic", None, np.log(1 + np.exp(-_MARGINS))),
    "output": _chain(
        "f of the network",
        "forward",
        lambda results: results["outputs"],
        printed="-1",
        expected=np.array(-1.0),
    ),
    "loss": _chain(
        "its loss L",
        "forward",
        lambda results: results["loss"],
        printed="2",
        expected=np.array(2.0),
    ),
    "output-gradient": _chain(
        "gradient of L by f",
        "backward",
        lambda results: results["gradient/layer1.bias"],
        printed="-2",
        expected=np.array(-2.0),
    ),
    "gradient": _chain(
        "gradient of L by w",
        "backward",
        _matrix("gradient"),
        printed="[[-2, -4], [-2, 2]]",
        expected=_GRADIENT,
    ),
    "sgd": _step("sgd", _GRADIENT, printed="[[1.2, -0.6], [1.2, 1.8]]"),
    "momentum": _step("momentum", _GRADIENT, printed=None),
    "adagrad": _step(
        "adagrad",
        _scaled(_GRADIENT**2, 5e-5),
        printed="[[1.025, -0.99], [1.025, 1.98]]",
        within=FOUR_DIGITS,
        slip="it divides by r; the formula divides by the root of r, which gives 0.1 everywhere",
    ),
    "rmsprop": _step(
        "rmsprop",
        _scaled((1 - 0.99) * _GRADIENT**2, 5e-5),
        printed="[[1.25, -0.94], [1.25, 1.75]]",
        within=THREE_DIGITS,
        slip="0.1 / root of 0.04, times -2, is -1 and not -0.249",
    ),
    "adam": _step(
        "adam",
        _scaled(_GRADIENT**2, 1e-5),
        printed="[[1.025, -0.994], [1.025, 1.975]]",
        within=FOUR_DIGITS,
        slip="it prints the numbers of Adagrad; 0.1 / root of 4, times -2, is -0.1",
    ),
    "batch-norm": Example(
        about="batch norm of 1, 2, 3, 6 (gamma 2, beta 1)",
        problems=(_NORMAL,),
        step="forward",
        picked=lambda results: results["outputs"],
        printed=None,
        expected=_SCALE * (_BATCH - _BATCH.mean()) / np.sqrt(_BATCH.var() + _EPSILON) + _SHIFT,
    ),
}
