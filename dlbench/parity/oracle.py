"""The oracle: compares a backend's results with float64, before anything is timed.

Every element of a quantity has an absolute tolerance: C * eps * sqrt(K) * (largest magnitude), with
K the longest sum behind it and eps that of the type in which sums add up, plus the roundings to a
coarser type in memory, plus its legitimate uncertainty (ReLU kinks, the amplification of an
optimizer's first step). It must not know any framework.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from math import sqrt

import numpy as np
from msgspec.structs import replace

from dlbench.backends.base import Backend, Problem, Step
from dlbench.records.base import DTYPES
from dlbench.records.layers import Optimizer
from dlbench.records.measurement import ParityCheck
from dlbench.records.network import Network, products_of, without_dropout
from dlbench.reference import draws, optimizers
from dlbench.reference.arrays import Array, Weights, cast, upcast
from dlbench.reference.draws import initial_weights
from dlbench.reference.kinks import kink_slack, magnitudes
from dlbench.reference.mlp import MLP

# Rounding errors of a sum of K terms grow like eps * sqrt(K) (Higham and Mary, 2019, "A new
# approach to probabilistic rounding error analysis"); the factor covers the layers in a row.
# Seen with the lecture's networks: up to 3 * eps * sqrt(K).
C = 16

# Where memory is coarser than sums (bfloat16, float16), a result has no error of its sum, but is
# rounded, by half of eps: at most both operands (by an autocast), the product, and the bias or
# activation after it. The layers of a network in a row, there and back, have more of them; like
# those of sums they do not add up, so that the factor is the same.
ROUNDINGS_OF_A_PRODUCT = 4
ROUNDINGS_OF_A_NETWORK = C


@dataclass(frozen=True)
class Expected:
    """The oracle's value of a quantity, and its absolute uncertainty beyond rounding.

    within: its own tolerance in place of that of all.
    """

    value: Array
    slack: Array | float = 0.0
    within: float | None = None


# The largest tolerance in any dtype but those of few bits. For long sums in a coarse dtype the
# formula would pass any result; an error of more than one in a hundred is wrong.
LARGEST_TOLERANCE = 1e-2


def relative_tolerance(
    dtype: str, longest_sum: int, roundings: int = ROUNDINGS_OF_A_PRODUCT
) -> float:
    """Return the tolerance relative to the largest magnitude, for sums of `longest_sum` terms.

    roundings: those of a result in a row, where memory is coarser than sums. In bfloat16 a single
    one is 0.4 %, so that those of a network may be more than LARGEST_TOLERANCE.
    """
    kind = DTYPES[dtype]
    rounded = roundings * kind.rounding
    return min(C * kind.sum_eps * sqrt(longest_sum) + rounded, max(LARGEST_TOLERANCE, rounded))


def longest_sums(network: Network, batch: int) -> tuple[int, int]:
    """Return the terms of the longest sum behind a pre-activation, and behind a gradient.

    A kernel that several rows of a sample share has a gradient that is a sum over all of them.
    """
    products = products_of(network)
    of_z = max(batch, *(one.inputs for one in products))
    return of_z, max(of_z, *(batch * one.rows * one.times for one in products))


# The steps that compute no gradient.
PASSES = ("predict", "forward")


def check(
    expected: Mapping[str, Expected], got: Mapping[str, Array], tolerance: float
) -> tuple[ParityCheck, ...]:
    """Return one check per quantity, at its worst element; ValueError if names or shapes differ."""
    if set(expected) != set(got):
        missing = ", ".join(sorted(set(expected) ^ set(got)))
        raise ValueError(f"the backend and the oracle name different quantities: {missing}")
    return tuple(_check(name, expected[name], got[name], tolerance) for name in expected)


def _check(name: str, expected: Expected, got: Array, tolerance: float) -> ParityCheck:
    want = np.asarray(expected.value, np.float64)
    if got.shape != want.shape:
        raise ValueError(f"{name} has shape {got.shape}, the oracle's has {want.shape}")
    scale = float(np.abs(want).max(initial=0)) or 1.0
    error = np.abs(got.astype(np.float64) - want) / scale
    within = tolerance if expected.within is None else expected.within
    allowed = np.broadcast_to(within + expected.slack / scale, error.shape)
    if not np.isfinite(error).all():
        return ParityCheck(name, None, within)
    worst = int((error / allowed).argmax())
    return ParityCheck(name, float(error.flat[worst]), float(allowed.flat[worst]))


def seeded(network: Network, data: tuple[Array, Array], dtype: str, seed: int) -> Problem:
    """Return a network with seeded weights and a batch (x, y), rounded to a dtype."""
    x, y = data
    weights = initial_weights(network, seed)
    rounded = {name: cast(weight, dtype) for name, weight in weights.items()}
    return Problem(network, rounded, cast(x, dtype), cast(y, dtype))


def agreement(
    backend: Backend,
    dtype: str,
    network: Network,
    optimizers: Mapping[str, Optimizer],
    seed: int,
) -> tuple[ParityCheck, ...]:
    """Compare all results of a network with the oracle, on random data and without dropout.

    These are the outputs in inference and in training, the loss, every gradient, and every weight
    after one step of each optimizer.
    """
    bare = without_dropout(network)
    problem = seeded(bare, draws.batch(bare, bare.batch, seed), dtype, seed)
    steps = backend.network(problem, optimizers)
    oracle = Oracle(bare, problem, dtype)
    passes = [oracle.check(name, steps[name], backend) for name in ("predict", "forward")]
    results = [*passes, oracle.check("backward", steps["backward"], backend)]
    for name, optimizer in optimizers.items():
        stepped = Oracle(replace(bare, optimizer=optimizer), problem, dtype)
        checks = stepped.check("train_step", steps[f"train_step/{name}"], backend)
        results.append(tuple(replace(one, quantity=f"{name}: {one.quantity}") for one in checks))
    return tuple(chain.from_iterable(results))


def _stored_tolerance(dtype: str, longest_sum: int) -> float | None:
    """Return the tolerance of a weight after a step; None for that of all results.

    Where memory is coarser than sums, results have many roundings and a weight has few: its own
    and that of its update. With the tolerance of results, a step that does nothing would pass.
    """
    kind = DTYPES[dtype]
    if not kind.rounding:
        return None
    eps = DTYPES[kind.storage].eps
    return eps if DTYPES[kind.storage].rounding else relative_tolerance(kind.storage, longest_sum)


# The rounding of a regulariser's factor: Keras stores it in float32 in every dtype.
FACTOR_EPS = DTYPES["float32"].eps


class Oracle:
    """The correct results of every step of a problem, in float64 from the same rounded data."""

    def __init__(self, network: Network, problem: Problem, dtype: str) -> None:
        self.network, self.problem = network, problem
        self.x, self.y = upcast(problem.x), upcast(problem.y)
        of_z, of_gradients = longest_sums(network, len(self.x))
        self.tolerance_of_z = relative_tolerance(dtype, of_z, ROUNDINGS_OF_A_NETWORK)
        self.tolerance = relative_tolerance(dtype, of_gradients, ROUNDINGS_OF_A_NETWORK)
        self.rounding_of_z = relative_tolerance(dtype, of_z)
        self.rounding = relative_tolerance(dtype, of_gradients)
        self.stored = _stored_tolerance(dtype, of_gradients)
        self.of_update = ROUNDINGS_OF_A_NETWORK * DTYPES[DTYPES[dtype].storage].rounding

    def check(self, name: str, step: Step, backend: Backend) -> tuple[ParityCheck, ...]:
        """Run the step from its start state; return the comparison."""
        step.reset()
        tensors = step.tensors(step.run())
        backend.device.wait()
        got = {quantity: backend.device.array(tensor) for quantity, tensor in tensors.items()}
        step.reset()
        return self.compare(name, got)

    def compare(self, name: str, got: Mapping[str, Array]) -> tuple[ParityCheck, ...]:
        """Compare the results of a step with the correct ones."""
        tolerance = self.tolerance_of_z if name in PASSES else self.tolerance
        return check(getattr(self, f"_{name}")(), got, tolerance)

    def _mlp(self) -> MLP:
        return MLP(self.network, {n: upcast(w).copy() for n, w in self.problem.weights.items()})

    def _predict(self) -> dict[str, Expected]:
        return {"outputs": Expected(self._mlp().predict(self.x))}

    def _forward(self) -> dict[str, Expected]:
        mlp = self._mlp()
        outputs, loss = mlp.forward(self.x, self.y)
        return {"outputs": Expected(outputs), "loss": self._loss(mlp, loss)}

    def _backward(self) -> dict[str, Expected]:
        mlp = self._mlp()
        loss, gradients = mlp.backward(self.x, self.y)
        terms = magnitudes(mlp)
        kinks = kink_slack(mlp, self.x, self.y, self.rounding_of_z)
        penalties = self._penalties(mlp)
        expected = {
            f"gradient/{name}": Expected(
                gradient,
                kinks[name] + self.rounding * terms[name] + FACTOR_EPS * penalties.get(name, 0),
            )
            for name, gradient in gradients.items()
        }
        return {"loss": self._loss(mlp, loss), **expected}

    def _loss(self, mlp: MLP, loss: Array) -> Expected:
        """Return the loss; its rounding follows from the logits, however small the loss is."""
        logits = mlp.logits(self.x, training=True)
        spread = np.abs(logits).max() * np.abs(mlp.head.delta(logits, self.y)).sum()
        penalty = sum(op.penalty() for op in mlp.ops)
        return Expected(loss, self.tolerance * spread + FACTOR_EPS * penalty)

    def _penalties(self, mlp: MLP) -> Weights:
        """Return the size of the regularisers' terms in the gradients."""
        return {
            f"layer{index}.kernel": 2 * layer.l2 * np.abs(mlp.weights[f"layer{index}.kernel"])
            for index, layer in enumerate(self.network.layers)
            if layer.l2
        }

    def _train_step(self) -> dict[str, Expected]:
        backward, mlp = self._backward(), self._mlp()
        before = {name: weight.copy() for name, weight in mlp.weights.items()}
        mlp.train_step(self.x, self.y)
        weights = {
            f"weight/{name}": Expected(
                weight,
                self._step_slack(before[name], backward[f"gradient/{name}"], weight),
                self.stored,
            )
            for name, weight in mlp.weights.items()
        }
        return {"loss": backward["loss"], **weights}

    def _step_slack(self, before: Array, gradient: Expected, after: Array) -> Array:
        """Return the uncertainty of a weight after a step, from the uncertainty of its gradient.

        An optimizer rounds its update in the type in memory. A gradient that is exactly 0 (an input
        that is always 0, a dead unit) has no rounding.
        """
        rounding = self.tolerance * np.abs(gradient.value).max(initial=0)
        slack = np.where(gradient.value == 0, 0, rounding) + gradient.slack
        low, high = optimizers.bounds(self.network.optimizer, before, gradient.value, slack)
        longest = np.maximum(np.abs(high - before), np.abs(low - before))
        return np.maximum(high - after, after - low) + self.of_update * longest
