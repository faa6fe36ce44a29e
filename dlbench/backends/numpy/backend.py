"""NumPy for one setting: products, steps of a network, and a trainer."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace
from threadpoolctl import threadpool_limits

from dlbench.arrays import Array, Weights, cast
from dlbench.backends.base import NO_OTHERS, Setting, Step, TrainingJob
from dlbench.backends.numpy.device import NumpyDevice
from dlbench.backends.numpy.trainer import Trainer
from dlbench.layers import Optimizer
from dlbench.network import Network
from dlbench.reference.mlp import MLP


def start(setting: Setting) -> "NumpyBackend":
    """The verbs, with the BLAS limited to the threads asked for."""
    threadpool_limits(setting.threads)
    return NumpyBackend(setting)


class NumpyBackend:
    """NumPy on the CPU, which compiles nothing."""

    compiler = None

    def __init__(self, setting: Setting) -> None:
        self.dtype, self.device = setting.dtype, NumpyDevice()

    def matmul(self, a: Array, b: Array) -> Step:
        """np.matmul, called as the operator."""
        a, b = cast(a, self.dtype), cast(b, self.dtype)
        return Step(lambda: a @ b, lambda product: {"product": product}, {"a": a, "b": b})

    def network(
        self,
        network: Network,
        weights: Weights,
        x: Array,
        y: Array,
        optimizers: Mapping[str, Optimizer] = NO_OTHERS,
    ) -> dict[str, Step]:
        """The hand-written network on arrays of the setting's dtype."""
        steps = self._steps(network, weights, x, y)
        for name, optimizer in optimizers.items():
            other = self._steps(replace(network, optimizer=optimizer), weights, x, y)
            steps[f"train_step/{name}"] = other["train_step"]
        return steps

    def _steps(self, network: Network, weights: Weights, x: Array, y: Array) -> dict[str, Step]:
        x, y = cast(x, self.dtype), cast(y, self.dtype)
        start = {name: cast(weight, self.dtype) for name, weight in weights.items()}
        mlp = MLP(network, {name: weight.copy() for name, weight in start.items()})
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

    def train_steps(
        self,
        network: Network,
        weights: Weights,
        batches: Sequence[tuple[Array, Array]],
        *,
        dynamic_shapes: bool,  # noqa: ARG002 - nothing is compiled for any shape
    ) -> list[Step]:
        """The hand-written network on any number of rows."""
        return [self._steps(network, weights, x, y)["train_step"] for x, y in batches]

    def trainer(self, job: TrainingJob) -> Trainer:
        """The hand-written network, batch by batch."""
        return Trainer(job, self.dtype)

    def release(self) -> None:
        """NumPy keeps nothing."""


def _outputs(result: Any) -> Mapping[str, Any]:
    return {"outputs": result}


def _forward(result: Any) -> Mapping[str, Any]:
    return {"outputs": result[0], "loss": result[1]}


def _backward(result: Any) -> Mapping[str, Any]:
    return {"loss": result[0], **{f"gradient/{n}": g for n, g in result[1].items()}}
