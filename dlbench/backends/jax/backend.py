"""JAX for one setting: products, steps of a network, and a trainer."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from dlbench.backends.base import (
    Batch,
    Compile,
    Framework,
    Problem,
    Setting,
    Step,
    TrainingJob,
)
from dlbench.backends.jax.calls import CALLS
from dlbench.backends.jax.compiler import JaxCompiler
from dlbench.backends.jax.device import JaxDevice
from dlbench.backends.jax.model import Model
from dlbench.backends.jax.precision import as_given
from dlbench.backends.jax.trainer import Trainer
from dlbench.errors import Unavailable
from dlbench.records.network import Network
from dlbench.reference.arrays import Array


def start(setting: Setting) -> "JaxBackend":
    """Start JAX on the setting's device, and hide other kinds; Unavailable without the device."""
    kind, _, index = setting.device.partition(":")
    jax.config.update("jax_platforms", kind)
    jax.config.update("jax_enable_x64", setting.dtype == "float64")
    precision = "tensorfloat32" if setting.dtype == "tf32" else "highest"
    jax.config.update("jax_default_matmul_precision", precision)
    is_async = setting.mode == "jit-async"
    jax.config.update("jax_cpu_enable_async_dispatch", is_async)
    device = JaxDevice(setting.device, kind, int(index or 0), waits_for_each=is_async)
    jax.config.update("jax_default_device", device.native)
    return JaxBackend(setting, device)


class JaxBackend(Framework[Model]):
    """JAX on one device, eager or jitted."""

    def __init__(self, setting: Setting, device: JaxDevice) -> None:
        self.setting, self.device = setting, device
        self.product = jnp.matmul
        self.compiler = None if setting.mode == "eager" else JaxCompiler(device)

    def compiled(self, function: Callable[..., Any], donate: str = "") -> Callable[..., Any]:
        """Return the function as the mode runs it. donate: the argument whose memory to reuse."""
        if self.compiler is None:
            return self.device.noted(function)
        return self.compiler.compiled(function, donate)

    def tensor(self, array: Array) -> Any:
        """Return the array as a tensor on the device, in the setting's dtype."""
        return jnp.array(as_given(array, self.setting.dtype))

    def for_any_size(self, batch: Batch) -> Compile:  # noqa: ARG002
        """Raise Unavailable: jit has no such option."""
        raise Unavailable("jit compiles for one fixed shape; dynamic shapes are not possible")

    def model(self, network: Network, start: dict[str, Any], compiled: Compile) -> Model:
        """Return functions of weights and data, with Optax's optimizers."""
        return Model(network, start, compiled, is_static=self.compiler is not None)

    def calling(self, model: Model, problem: Problem, kind: str, name: str) -> Step:
        """Return the model's step of this kind in the call of this name."""
        x, y = (as_given(array, self.setting.dtype) for array in (problem.x, problem.y))
        return CALLS[kind, name](model, x, y)

    def loop(self, model: Model, job: TrainingJob) -> Trainer:
        """Return a hand-written loop over the model."""
        return Trainer(model, job, self.tensor)

    def release(self) -> None:
        """Drop compiled functions."""
        if self.compiler is not None:
            self.compiler.jitted.clear()
        self.device.last = None
        jax.clear_caches()
