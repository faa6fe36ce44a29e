"""A CPU or a GPU as JAX uses it."""

import os
from collections.abc import Callable
from functools import cached_property, partial
from typing import Any

import jax
import jax.numpy as jnp

from dlbench.backends._queue import PRODUCTS, SIDE, Blocker
from dlbench.backends.jax.precision import wide
from dlbench.errors import Unavailable
from dlbench.machine import allocators
from dlbench.reference.arrays import Array


class JaxDevice:
    """A device by kind and index; Unavailable if JAX does not see it.

    name: dlbench's name; waits_for_each: whether every call waits for its result, as `wait` can
    wait for the last one only, and a CPU need not compute them in order.
    """

    def __init__(self, name: str, kind: str, index: int, *, waits_for_each: bool = False) -> None:
        self.waits_for_each, self.kind = waits_for_each, kind
        try:
            self.native = jax.devices(kind)[index]
        except (RuntimeError, IndexError, AssertionError) as error:  # the last without any GPU
            raise Unavailable(
                f"JAX {jax.__version__} does not see the device",
                value=name,
                hint="For a GPU, install its driver and: pip install -e '.[jax]' 'jax[cuda13]'. "
                "Or choose --device cpu",
            ) from error
        self.last: Any = None
        self.peak_before: int | None = None

    def noted(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function, with its last result kept for `wait`: errors show up there.

        It is called by position and adds as little as possible, as users call the bare function:
        about 0.5 of 21 µs of a small jitted prediction; with keywords and a condition, 1.1 µs.
        """

        def call(*args: Any) -> Any:
            self.last = result = function(*args)
            return result

        def waiting(*args: Any) -> Any:
            self.last = result = function(*args)
            jax.block_until_ready(result)
            return result

        return waiting if self.waits_for_each else call

    def wait(self) -> None:
        """Wait for the last result: a GPU works in order, and CPU calls return when done."""
        jax.block_until_ready(self.last)

    def queue(self) -> Blocker | None:
        """Return products to queue before steps, as JAX offers no events; None on the CPU."""
        return None if self.native.platform == "cpu" else Blocker(self._products)

    @cached_property
    def _products(self) -> Callable[[], Any]:
        """Products, one after the other, compiled once: `jax.clear_caches` forgets what is jitted.

        All elements are the same power of two, before and after.
        """

        def chain(x: Any) -> Any:
            for _ in range(PRODUCTS):
                x = x @ x
            return x

        x = jax.device_put(jnp.full((SIDE, SIDE), 1 / SIDE, jnp.float32), self.native)
        return partial(self.noted(jax.jit(chain).lower(x).compile()), x)

    def place(self, tensor: Any) -> tuple[str, str]:
        """Return device and dtype by the array's own account."""
        [device] = tensor.devices()
        name = "cpu" if device.platform == "cpu" else f"{self.kind}:{device.id}"
        return name, str(tensor.dtype)

    def array(self, tensor: Any) -> Array:
        """Return a copy on the host, in a type that NumPy has."""
        found = jax.device_get(tensor)
        return found.astype(wide(found.dtype)) if found.dtype == jnp.bfloat16 else found.copy()

    def threads(self) -> int | None:
        """Return None: XLA does not report its threads."""

    def facts(self) -> dict[str, str | int | None]:
        """Return versions and the precision of float32 products."""
        import jaxlib
        import optax

        return {
            "jax": jax.__version__,
            "jaxlib": jaxlib.__version__,
            "optax": optax.__version__,
            "matmul_precision": str(jax.config.jax_default_matmul_precision),
            "threads_asked_for": os.environ.get("PJRT_NPROC"),
            "async_dispatch": int(self._is_async()),
        }

    def _is_async(self) -> bool:
        on_cpu = self.native.platform == "cpu"
        return not on_cpu or bool(jax.config.read("jax_cpu_enable_async_dispatch"))

    def begin_peak(self) -> None:
        """Note the most bytes of arrays on a GPU so far: JAX cannot begin anew."""
        self.peak_before = self._peak()

    def peak_bytes(self) -> int | None:
        """Return the most bytes since then; None if it was more before, or on the CPU."""
        peak = self._peak()
        return None if peak is None or peak == self.peak_before else peak

    def _peak(self) -> int | None:
        found = (self.native.memory_stats() or {}).get("peak_bytes_in_use")
        return None if found is None else int(found)

    def is_out_of_memory(self, error: BaseException) -> bool:
        """Return whether it is MemoryError, or XLA's error with such a status."""
        return allocators.is_out_of_memory(error)
