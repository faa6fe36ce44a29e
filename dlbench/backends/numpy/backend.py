"""NumPy for one setting: products, steps of a network, and a trainer."""

from collections.abc import Mapping, Sequence
from dataclasses import replace as changed
from typing import Any

from msgspec.structs import replace
from threadpoolctl import threadpool_limits

from dlbench.backends.base import NO_OTHERS, Problem, Setting, Step, TrainingJob
from dlbench.backends.numpy.calls import CALLS
from dlbench.backends.numpy.device import NumpyDevice
from dlbench.backends.numpy.trainer import Trainer
from dlbench.records.layers import Optimizer
from dlbench.reference.arrays import Array, cast
from dlbench.reference.mlp import MLP


def start(setting: Setting) -> "NumpyBackend":
    """Start NumPy with a BLAS limited to the setting's threads."""
    threadpool_limits(setting.threads)
    return NumpyBackend(setting)


class NumpyBackend:
    """NumPy on the CPU, which compiles nothing."""

    compiler = None

    def __init__(self, setting: Setting) -> None:
        self.dtype, self.device = setting.dtype, NumpyDevice()

    def matmul(self, a: Array, b: Array) -> Step:
        """Return np.matmul, called as the operator, as a step."""
        a, b = cast(a, self.dtype), cast(b, self.dtype)
        return Step(lambda: a @ b, lambda product: {"product": product}, {"a": a, "b": b})

    def network(
        self, problem: Problem, optimizers: Mapping[str, Optimizer] = NO_OTHERS
    ) -> dict[str, Step]:
        """Return the steps of the hand-written network in the setting's dtype."""
        steps = self._steps(problem)
        for name, optimizer in optimizers.items():
            network = replace(problem.network, optimizer=optimizer)
            other = self._steps(changed(problem, network=network))
            steps[f"train_step/{name}"] = other["train_step"]
        return steps

    def _steps(self, problem: Problem) -> dict[str, Step]:
        x, y = cast(problem.x, self.dtype), cast(problem.y, self.dtype)
        start = {name: cast(weight, self.dtype) for name, weight in problem.weights.items()}
        mlp = MLP(problem.network, {name: weight.copy() for name, weight in start.items()})
        inputs = {"x": x, "y": y, **mlp.weights}

        def reset() -> None:
            mlp.reset(start)

        def trained(loss: Any) -> Mapping[str, Any]:
            return {"loss": loss, **{f"weight/{n}": w for n, w in mlp.weights.items()}}

        return {
            "predict": Step(lambda: mlp.predict(x), _outputs, inputs, reset),
            "forward": Step(lambda: mlp.forward(x, y), _forward, inputs, reset),
            "backward": Step(lambda: mlp.backward(x, y), _backward, inputs, reset),
            "train_step": Step(lambda: mlp.train_step(x, y), trained, inputs, reset),
        }

    def call(self, problem: Problem, kind: str, name: str) -> Step:
        """Return a step of the hand-written network in one of the declared calls."""
        return CALLS[kind, name](self._steps(problem)[kind])

    def train_steps(
        self,
        problem: Problem,
        sizes: Sequence[int],
        *,
        dynamic_shapes: bool,  # noqa: ARG002 - nothing is compiled for any shape
    ) -> list[Step]:
        """Return training steps of the hand-written network, one for each number of rows."""
        return [self._steps(problem.first(rows))["train_step"] for rows in sizes]

    def trainer(self, job: TrainingJob) -> Trainer:
        """Return a trainer of the hand-written network."""
        return Trainer(job, self.dtype)

    def release(self) -> None:
        """Do nothing: NumPy has no caches."""


def _outputs(result: Any) -> Mapping[str, Any]:
    return {"outputs": result}


def _forward(result: Any) -> Mapping[str, Any]:
    return {"outputs": result[0], "loss": result[1]}


def _backward(result: Any) -> Mapping[str, Any]:
    return {"loss": result[0], **{f"gradient/{n}": g for n, g in result[1].items()}}
