"""Ask JAX for its plug-in, and for the GPUs that it sees."""

import re
from collections.abc import Iterator
from importlib.metadata import distributions

import jax

from dlbench.errors import one_line
from dlbench.records.framework import FrameworkFacts

# The package that brings a GPU to JAX: jax-cuda13-plugin, jax-rocm7-plugin.
# docs.jax.dev/en/latest/installation.html
PLUGIN = re.compile(r"jax[-_](cuda|rocm)(\d+)[-_]plugin")

# Products on the CPU are XLA's, whatever BLAS is installed.
PRODUCTS = "its own (XLA)"


def facts() -> FrameworkFacts:
    """Return its plug-ins and its GPUs; it does not tell its architectures."""
    plugins = dict(_plugins())
    gpus, error = _gpus() if plugins else ((), "")
    return FrameworkFacts(
        version=jax.__version__,
        cuda=plugins.get("cuda", ""),
        rocm=plugins.get("rocm", ""),
        gpus=gpus,
        gpu_error=error,
        products=PRODUCTS,
        devices=dict.fromkeys(plugins, len(gpus)) if gpus else {},
    )


def _plugins() -> Iterator[tuple[str, str]]:
    """Yield the platform and the major version of each plug-in that is installed."""
    for one in distributions():
        if found := PLUGIN.fullmatch(one.metadata["Name"] or ""):
            yield found[1], found[2]


def _gpus() -> tuple[tuple[str, ...], str]:
    try:
        return tuple(device.device_kind for device in jax.devices("gpu")), ""
    except RuntimeError as error:
        return (), one_line(error)
