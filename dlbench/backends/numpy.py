"""NumPy: the networks written by hand, the baseline without a framework."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from msgspec.structs import replace
from threadpoolctl import threadpool_info, threadpool_limits

from dlbench.arrays import Array, Weights, cast
from dlbench.backends.base import LEAD_IN_STEPS, NO_OTHERS, Lesson, Setting, Step
from dlbench.errors import Unavailable
from dlbench.layers import Network, Optimizer
from dlbench.reference.mlp import MLP

DECLARATION = {
    "package": "numpy",
    "distributions": ["numpy"],
    "install": "pip install numpy",
    "forks": True,
    "modes": {"eager": "dynamic"},
    "loops": ["tensors"],
    "callbacks": [],
    "devices": {"cpu": ["float32", "float64"]},
    "environment": {
        "OMP_NUM_THREADS": "{threads}",
        "OPENBLAS_NUM_THREADS": "{threads}",
        "MKL_NUM_THREADS": "{threads}",
        "VECLIB_MAXIMUM_THREADS": "{threads}",
    },
}


def start(setting: Setting) -> "NumpyBackend":
    """The verbs, with the BLAS limited to the threads asked for."""
    threadpool_limits(setting.threads)
    return NumpyBackend(setting)


class NumpyBackend:
    """NumPy on the CPU."""

    def __init__(self, setting: Setting) -> None:
        self.dtype = setting.dtype

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

    def trainer(self, lesson: Lesson) -> "NumpyTrainer":
        """The hand-written network, batch by batch."""
        return NumpyTrainer(lesson, self.dtype)

    def wait(self) -> None:
        """NumPy returns only when it is done."""

    def device_clock(self) -> None:
        """The host is the device."""

    def place(self, tensor: Any) -> tuple[str, str]:
        """NumPy knows one place."""
        return "cpu", str(np.asarray(tensor).dtype)

    def array(self, tensor: Any) -> Array:
        """A copy."""
        return np.array(tensor)

    def threads(self) -> int | None:
        """Threads of the BLAS; None where threadpoolctl knows none, as for Accelerate."""
        return max((pool["num_threads"] for pool in threadpool_info()), default=None)

    def facts(self) -> dict[str, str | int | None]:
        """The version, and which BLAS."""
        pools = {f"{pool['internal_api']} {pool['version']}" for pool in threadpool_info()}
        return {"numpy": np.__version__, "blas": ", ".join(sorted(pools)) or None}

    def start_compiler(self) -> None:
        """There is none."""

    def settle_compiler(self) -> None:
        """There is none."""

    def keep_compiled(self, folder: str) -> bool:  # noqa: ARG002
        """Nothing is compiled."""
        return False

    def graphs(self) -> int:
        """There are none."""
        return 0

    def release(self) -> None:
        """NumPy keeps nothing."""

    def is_out_of_memory(self, error: BaseException) -> bool:
        """NumPy raises MemoryError."""
        return isinstance(error, MemoryError)


class NumpyTrainer:
    """Epochs over arrays."""

    set_up = ()

    def __init__(self, lesson: Lesson, dtype: str) -> None:
        self.lesson, self.dtype = lesson, dtype
        self.x, self.y = cast(lesson.x, dtype), cast(lesson.y, dtype)
        self.start = {name: cast(weight, dtype) for name, weight in lesson.weights.items()}
        own = {name: weight.copy() for name, weight in self.start.items()}
        self.mlp = MLP(lesson.network, own, lesson.seed)
        self.order = np.random.default_rng(lesson.seed)

    def epoch(self) -> float:
        """Shuffled as a whole, then sliced."""
        x, y, size = self.x, self.y, self.lesson.network.batch
        if self.lesson.shuffle:
            order = self.order.permutation(len(x))
            x, y = x[order], y[order]
        total = 0.0
        for start in range(0, len(x), size):
            rows = slice(start, start + size)
            total += float(self.mlp.train_step(x[rows], y[rows])) * len(x[rows])
        return total / len(x)

    def lead_in(self) -> None:
        """Steps on the first batch."""
        size = self.lesson.network.batch
        for _ in range(LEAD_IN_STEPS):
            self.mlp.train_step(self.x[:size], self.y[:size])

    def reset(self) -> None:
        """Weights, statistics and optimizer as at the start."""
        self.mlp.reset(self.start)

    def weights(self) -> Mapping[str, Any]:
        """The arrays themselves."""
        return self.mlp.weights

    def inputs(self) -> Mapping[str, Any]:
        """The data and the weights."""
        return {"x": self.x, "y": self.y, **self.mlp.weights}

    def predict(self, x: Array) -> Array:
        """All rows at once."""
        return self.mlp.predict(cast(x, self.dtype))

    def load(self, checkpoint: str) -> None:
        """There are none."""
        raise Unavailable("NumPy writes no checkpoints", value=checkpoint)


def _outputs(result: Any) -> Mapping[str, Any]:
    return {"outputs": result}


def _forward(result: Any) -> Mapping[str, Any]:
    return {"outputs": result[0], "loss": result[1]}


def _backward(result: Any) -> Mapping[str, Any]:
    return {"loss": result[0], **{f"gradient/{n}": g for n, g in result[1].items()}}
