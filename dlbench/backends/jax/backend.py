"""JAX for one setting: products, steps of a network, and a trainer."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from dlbench import layers
from dlbench.arrays import Array, Weights, cast
from dlbench.backends.base import NO_OTHERS, Setting, Step, TrainingJob
from dlbench.backends.jax.compiler import JaxCompiler
from dlbench.backends.jax.device import JaxDevice
from dlbench.backends.jax.model import Model
from dlbench.backends.jax.trainer import Trainer
from dlbench.errors import Unavailable
from dlbench.network import Network


def start(setting: Setting) -> "JaxBackend":
    """The verbs on the setting's device, the only kind left visible; Unavailable without it."""
    kind, _, index = setting.device.partition(":")
    jax.config.update("jax_platforms", kind)
    jax.config.update("jax_enable_x64", setting.dtype == "float64")
    precision = "tensorfloat32" if setting.dtype == "tf32" else "highest"
    jax.config.update("jax_default_matmul_precision", precision)
    # As the others on a CPU: a call returns when it is done, and what is timed is all of it.
    jax.config.update("jax_cpu_enable_async_dispatch", False)  # noqa: FBT003 - JAX's own
    device = JaxDevice(setting.device, kind, int(index or 0))
    jax.config.update("jax_default_device", device.native)
    return JaxBackend(setting, device)


class JaxBackend:
    """JAX on one device, eager or jitted."""

    def __init__(self, setting: Setting, device: JaxDevice) -> None:
        self.setting, self.device = setting, device
        self.compiler = None if setting.mode == "eager" else JaxCompiler(device)

    def compiled(self, function: Callable[..., Any], donate: str = "") -> Callable[..., Any]:
        """The function as the mode runs it. donate: the argument whose memory it may reuse."""
        if self.compiler is None:
            return self.device.noted(function)
        return self.compiler.compiled(function, donate)

    def tensor(self, array: Array) -> Any:
        """The array on the device, in the setting's dtype."""
        return jnp.array(cast(array, self.setting.dtype))

    def matmul(self, a: Array, b: Array) -> Step:
        """jnp.matmul."""
        inputs = {"a": self.tensor(a), "b": self.tensor(b)}
        left, right = inputs.values()
        product = self.compiled(jnp.matmul)
        return Step(lambda: product(left, right), lambda result: {"product": result}, inputs)

    def network(
        self,
        network: Network,
        weights: Weights,
        x: Array,
        y: Array,
        optimizers: Mapping[str, layers.Optimizer] = NO_OTHERS,
    ) -> dict[str, Step]:
        """Functions of weights and data, and Optax's optimizers."""
        model = self._model(network, weights)
        return model.steps(self.tensor(x), self.tensor(y), optimizers)

    def train_steps(
        self,
        network: Network,
        weights: Weights,
        batches: Sequence[tuple[Array, Array]],
        *,
        dynamic_shapes: bool,
    ) -> list[Step]:
        """One function, which jit compiles for every size."""
        if dynamic_shapes:
            raise Unavailable("jit compiles for the shapes that it is given: no dynamic shapes")
        model = self._model(network, weights)
        return model.train_steps([(self.tensor(x), self.tensor(y)) for x, y in batches])

    def trainer(self, job: TrainingJob) -> Trainer:
        """A hand-written loop."""
        return Trainer(self._model(job.network, job.weights), job, self.tensor)

    def _model(self, network: Network, weights: Weights) -> Model:
        start = {name: self.tensor(weight) for name, weight in weights.items()}
        is_static = self.compiler is not None
        return Model(network, start, self.compiled, is_static=is_static)

    def release(self) -> None:
        """Drop compiled functions."""
        if self.compiler is not None:
            self.compiler.jitted.clear()
        self.device.last = None
        jax.clear_caches()
