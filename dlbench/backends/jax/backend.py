"""JAX for one setting: products, steps of a network, and a trainer."""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from dlbench import layers
from dlbench.arrays import Array, Weights, cast
from dlbench.backends.base import NO_OTHERS, Setting, Step, TrainingJob
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
    device = _device(setting.device, kind, int(index or 0))
    jax.config.update("jax_default_device", device)
    return JaxBackend(setting, device)


def _device(name: str, kind: str, index: int) -> Any:
    try:
        return jax.devices(kind)[index]
    except (RuntimeError, IndexError) as error:
        raise Unavailable(
            f"JAX {jax.__version__} has no device",
            value=name,
            hint="pip install 'jax[cuda13]' and a driver, or choose --device cpu",
        ) from error


class JaxBackend:
    """JAX on one device, eager or jitted."""

    def __init__(self, setting: Setting, device: Any) -> None:
        self.setting, self.device = setting, device
        self.jitted: list[Any] = []
        self.last: Any = None

    def compiled(self, function: Callable[..., Any], donate: str = "") -> Callable[..., Any]:
        """The function as the mode runs it. donate: the argument whose memory it may reuse."""
        if self.setting.mode == "eager":
            return self._noted(function)
        jitted = jax.jit(function, donate_argnames=donate or None)
        self.jitted.append(jitted)
        return self._noted(jitted)

    def _noted(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, whose last result is what is waited for: errors come no earlier."""

        def call(*args: Any, **named: Any) -> Any:
            self.last = function(*args, **named)
            return self.last

        return call

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
        is_static = self.setting.mode != "eager"
        return Model(network, start, self.compiled, is_static=is_static)

    def wait(self) -> None:
        """CPU calls are done when they return; a GPU works in order, and is done with the last."""
        jax.block_until_ready(self.last)

    def device_clock(self) -> None:
        """JAX offers no events on its streams."""

    def place(self, tensor: Any) -> tuple[str, str]:
        """The array's own word."""
        [device] = tensor.devices()
        name = "cpu" if device.platform == "cpu" else f"cuda:{device.id}"
        return name, str(tensor.dtype)

    def array(self, tensor: Any) -> Array:
        """A copy on the host."""
        return jax.device_get(tensor).copy()

    def threads(self) -> int | None:
        """XLA does not tell; it was told."""

    def facts(self) -> dict[str, str | int | None]:
        """Versions, and whether float32 means float32."""
        import jaxlib
        import optax

        return {
            "jax": jax.__version__,
            "jaxlib": jaxlib.__version__,
            "optax": optax.__version__,
            "matmul_precision": str(jax.config.jax_default_matmul_precision),
            "threads_asked_for": os.environ.get("PJRT_NPROC"),
            "async_dispatch": int(self.device.platform != "cpu"),
        }

    def start_compiler(self) -> None:
        """Compile and run a value and its gradient."""
        self.compiled(jax.value_and_grad(lambda x: x * x))(jnp.zeros(()))

    def settle_compiler(self) -> None:
        """Whoever calls has compiled before the call returns."""

    def keep_compiled(self, folder: str) -> bool:
        """In JAX's persistent compilation cache, everything however small."""
        from jax.experimental.compilation_cache import compilation_cache

        self.release()
        jax.config.update("jax_compilation_cache_dir", folder)
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
        jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
        compilation_cache.reset_cache()
        return True

    def graphs(self) -> int:
        """How many kinds of call the jitted functions have been compiled for."""
        return sum(jitted._cache_size() for jitted in self.jitted)  # noqa: SLF001 - the only way

    def release(self) -> None:
        """Drop compiled functions."""
        self.jitted.clear()
        self.last = None
        jax.clear_caches()

    def is_out_of_memory(self, error: BaseException) -> bool:
        """XLA names the status in the text of its errors."""
        if isinstance(error, MemoryError):
            return True
        is_own = isinstance(error, jax.errors.JaxRuntimeError)
        return is_own and "RESOURCE_EXHAUSTED" in str(error)
