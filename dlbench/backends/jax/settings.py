"""Read the settings of JAX by which dlbench departs from its defaults.

It imports nothing of dlbench: the tests run it in a process without it, too.
"""

import inspect
from collections.abc import Callable
from functools import partial

import jax
import optax


def _default(function: Callable[..., object], parameter: str) -> object:
    return inspect.signature(function).parameters[parameter].default


def _device() -> object:
    return getattr(jax.config.jax_default_device, "platform", None)


# By the name of the setting, its value in this process.
STATE: dict[str, Callable[[], object]] = {
    "jax_cpu_enable_async_dispatch": partial(jax.config.read, "jax_cpu_enable_async_dispatch"),
    "jax_default_device": _device,
    **{
        name: partial(getattr, jax.config, name)
        for name in (
            "jax_default_matmul_precision",
            "jax_platforms",
            "jax_compilation_cache_dir",
            "jax_persistent_cache_min_compile_time_secs",
            "jax_persistent_cache_min_entry_size_bytes",
        )
    },
}

# By the name of an argument, its default.
ARGUMENTS: dict[str, Callable[[], object]] = {
    "optax.adagrad(initial_accumulator_value)": partial(
        _default, optax.adagrad, "initial_accumulator_value"
    ),
    "optax.adagrad(eps)": partial(_default, optax.adagrad, "eps"),
    "optax.rmsprop(eps_in_sqrt)": partial(_default, optax.rmsprop, "eps_in_sqrt"),
    "optax.rmsprop(eps)": partial(_default, optax.rmsprop, "eps"),
    "optax.adam(eps)": partial(_default, optax.adam, "eps"),
    "optax.adamw(eps)": partial(_default, optax.adamw, "eps"),
    "optax.adamw(weight_decay)": partial(_default, optax.adamw, "weight_decay"),
}
