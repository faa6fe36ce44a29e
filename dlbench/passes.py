"""Passes through a network on one batch: the kinds of workload that name a network.

It must not know any framework, nor how long anything takes.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import replace as changed
from itertools import chain
from typing import Final

import numpy as np
from msgspec.structs import replace

from dlbench import catalog, flops, parity, synthetic
from dlbench.arrays import Array, Weights, cast, upcast
from dlbench.backends.base import Backend, Problem, Step
from dlbench.datasets.base import batch as draw_batch
from dlbench.kinds import Axes, Bound, Networks, Params, SimpleKind
from dlbench.layers import Optimizer
from dlbench.model import DTYPES, ParityCheck, Target, Work, Workload
from dlbench.network import Network, dense_shapes, without_dropout
from dlbench.parity import Expected
from dlbench.reference import optimizers
from dlbench.reference.initial import initial_weights
from dlbench.reference.kinks import kink_slack, magnitudes
from dlbench.reference.mlp import MLP


@dataclass(frozen=True)
class NetworkKind(SimpleKind):
    """A pass through a network of the catalogue on one batch.

    step: the name of the backend's step that is timed; checked: the steps that parity looks at;
    counted: the work of one iteration.
    """

    step: str
    checked: tuple[str, ...]
    counted: Callable[[Network, int], Work]
    axes: tuple[str, ...] = ("network", "batch")

    def expand(self, axes: Axes, networks: Networks) -> Iterator[Params]:
        """Every network at every batch size; without one, at the batch size of its schedule."""
        for name in axes.get("network", list(networks)):
            network = networks[str(name)]
            for batch in axes.get("batch", [network.batch]):
                yield {"network": network.name, "batch": batch}

    def work(self, params: Params, networks: Networks) -> Work:
        """As flops.py counts."""
        return self.counted(networks[str(params["network"])], int(params["batch"]))

    def bind(
        self, backend: Backend, target: Target, workload: Workload, networks: Networks, seed: int
    ) -> Bound:
        """The network with seeded weights, on the first batch of its data."""
        problem = problem_of(workload, networks, target.dtype, seed)
        bare = without_dropout(problem.network)
        steps = backend.network(problem)

        def check() -> tuple[ParityCheck, ...]:
            same = bare == problem.network
            twin = steps if same else backend.network(changed(problem, network=bare))
            expected = Oracle(bare, problem, target.dtype)
            return tuple(
                found
                for name in self.checked
                for found in expected.check(name, twin[name], backend)
            )

        return Bound(steps[self.step], check)


PASSES: Final[dict[str, NetworkKind]] = {
    "predict": NetworkKind("predict", checked=("predict",), counted=flops.forward),
    "forward": NetworkKind("forward", checked=("forward",), counted=flops.forward),
    "backward": NetworkKind("backward", checked=("backward",), counted=flops.backward),
    "train_step": NetworkKind(
        "train_step", checked=("backward", "train_step"), counted=flops.backward
    ),
}


def problem_of(workload: Workload, networks: Networks, dtype: str, seed: int) -> Problem:
    """Seeded weights and the first batch of a seeded order of the training data."""
    network = networks[str(workload.params["network"])]
    return seeded(network, _batch(network, workload, seed), dtype, seed)


def _batch(network: Network, workload: Workload, seed: int) -> tuple[Array, Array]:
    size = int(workload.params["batch"])
    if workload.synthetic:
        return synthetic.batch(network, size, seed)
    return draw_batch(catalog.load("datasets", network.dataset).load(seed), size, seed)


def seeded(network: Network, data: tuple[Array, Array], dtype: str, seed: int) -> Problem:
    """The problem of a network with seeded weights on a batch (x, y), rounded to a dtype."""
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
    """All that a network computes against the oracle, on random data and without dropout.

    Outputs in inference and in training, the loss, every gradient, and every weight after one
    step of each of the optimizers.
    """
    bare = without_dropout(network)
    problem = seeded(bare, synthetic.batch(bare, bare.batch, seed), dtype, seed)
    steps = backend.network(problem, optimizers)
    oracle = Oracle(bare, problem, dtype)
    passes = [oracle.check(name, steps[name], backend) for name in ("predict", "forward")]
    found = [*passes, oracle.check("backward", steps["backward"], backend)]
    for name, optimizer in optimizers.items():
        stepped = Oracle(replace(bare, optimizer=optimizer), problem, dtype)
        checks = stepped.check("train_step", steps[f"train_step/{name}"], backend)
        found.append(tuple(replace(one, quantity=f"{name}: {one.quantity}") for one in checks))
    return tuple(chain.from_iterable(found))


# Keras keeps the factor of a regulariser in float32, whatever the dtype.
FACTOR_EPS = DTYPES["float32"].eps


class Oracle:
    """What every step of a problem must give, in float64 from the same rounded data."""

    def __init__(self, network: Network, problem: Problem, dtype: str) -> None:
        self.network, self.problem = network, problem
        self.x, self.y = upcast(problem.x), upcast(problem.y)
        longest = max(len(self.x), *(shape.inputs for shape in dense_shapes(network)))
        self.tolerance = parity.relative_tolerance(dtype, longest)

    def check(self, name: str, step: Step, backend: Backend) -> tuple[ParityCheck, ...]:
        """Run the step from its start state, and compare."""
        step.reset()
        tensors = step.tensors(step.run())
        backend.device.wait()
        got = {quantity: backend.device.array(tensor) for quantity, tensor in tensors.items()}
        step.reset()
        return self.compare(name, got)

    def compare(self, name: str, got: Mapping[str, Array]) -> tuple[ParityCheck, ...]:
        """What a step gave, against what it must give."""
        return parity.check(getattr(self, f"_{name}")(), got, self.tolerance)

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
        kinks = kink_slack(mlp, self.x, self.y, self.tolerance)
        penalties = self._penalties(mlp)
        expected = {
            f"gradient/{name}": Expected(
                gradient,
                kinks[name] + self.tolerance * terms[name] + FACTOR_EPS * penalties.get(name, 0),
            )
            for name, gradient in gradients.items()
        }
        return {"loss": self._loss(mlp, loss), **expected}

    def _loss(self, mlp: MLP, loss: Array) -> Expected:
        """Its rounding follows from that of the logits, however small the loss itself is."""
        logits = mlp.logits(self.x, training=True)
        spread = np.abs(logits).max() * np.abs(mlp.head.delta(logits, self.y)).sum()
        penalty = sum(op.penalty() for op in mlp.ops)
        return Expected(loss, self.tolerance * spread + FACTOR_EPS * penalty)

    def _penalties(self, mlp: MLP) -> Weights:
        """The size of what the regularisers add to the gradients."""
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
                weight, self._step_slack(before[name], backward[f"gradient/{name}"], weight)
            )
            for name, weight in mlp.weights.items()
        }
        return {"loss": backward["loss"], **weights}

    def _step_slack(self, before: Array, gradient: Expected, after: Array) -> Array:
        """How far a step may end from the oracle's, given what is uncertain in the gradient.

        A gradient that is exactly 0 (an input that is always 0, a dead unit) has no rounding.
        """
        rounding = self.tolerance * np.abs(gradient.value).max(initial=0)
        slack = np.where(gradient.value == 0, 0, rounding) + gradient.slack
        low, high = optimizers.bounds(self.network.optimizer, before, gradient.value, slack)
        return np.maximum(high - after, after - low)
