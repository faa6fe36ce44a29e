"""jit: its caches between two cases, and the count of its graphs."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from dlbench.backends.jax.device import JaxDevice


class JaxCompiler:
    """jit, which is XLA, on one device."""

    def __init__(self, device: JaxDevice) -> None:
        self.device = device
        self.jitted: list[Any] = []

    def compiled(self, function: Callable[..., Any], donate: str = "") -> Callable[..., Any]:
        """Return the function jitted. donate: the argument whose memory it may reuse."""
        jitted = jax.jit(function, donate_argnames=donate or None)
        self.jitted.append(jitted)
        return self.device.noted(jitted)

    def start(self) -> None:
        """Compile and run a value and its gradient."""
        self.compiled(jax.value_and_grad(lambda x: x * x))(jnp.zeros(()))

    def wait_until_idle(self) -> None:
        """Do nothing: a call compiles before it returns."""

    def keep(self, folder: str) -> bool:
        """Use the folder as JAX's persistent compilation cache, for programs of any size."""
        from jax.experimental.compilation_cache import compilation_cache

        self.forget()
        jax.config.update("jax_compilation_cache_dir", folder)
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
        jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
        compilation_cache.reset_cache()
        return True

    def forget(self) -> None:
        """Drop compiled functions, their count, and the last result."""
        self.jitted.clear()
        self.device.last = None
        jax.clear_caches()

    def graphs(self) -> int:
        """Return the number of signatures that the jitted functions were compiled for."""
        return sum(jitted._cache_size() for jitted in self.jitted)  # noqa: SLF001 - the only way
