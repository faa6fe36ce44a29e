"""The layers of images in JAX, by jax.lax: (batch, height, width, channels), as dlbench has it."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from dlbench.records.images import Conv2D, GlobalAvgPool2D, MaxPool2D, OverImages

Named = dict[str, Any]

# Of images, of a kernel of windows, and of the result.
DIMENSIONS = ("NHWC", "HWIO", "NHWC")

# The dimensions of a batch of images with channels.
WITH_CHANNELS = 4


def conv2d(layer: Conv2D, own: Named, key: Any, x: Any) -> Any:  # noqa: ARG001
    """Return jax.lax.conv_general_dilated, with the bias."""
    z = jax.lax.conv_general_dilated(
        _image(x),
        own["kernel"],
        layer.stride,
        _padding(layer, x),
        dimension_numbers=DIMENSIONS,
    )
    return z + own["bias"] if layer.use_bias else z


def max_pool2d(layer: MaxPool2D, own: Named, key: Any, x: Any) -> Any:  # noqa: ARG001
    """Return jax.lax.reduce_window of the largest values."""
    padding = ((0, 0), *_padding(layer, x), (0, 0))
    window, strides = (1, *layer.length, 1), (1, *layer.stride, 1)
    return jax.lax.reduce_window(_image(x), -jnp.inf, jax.lax.max, window, strides, padding)


def global_avg_pool2d(layer: GlobalAvgPool2D, own: Named, key: Any, x: Any) -> Any:  # noqa: ARG001
    """Return the mean of every channel."""
    return _image(x).mean(axis=(1, 2))


def _image(x: Any) -> Any:
    return x if x.ndim == WITH_CHANNELS else x[..., None]


def _padding(layer: OverImages, x: Any) -> tuple[tuple[int, int], tuple[int, int]]:
    down, right = layer.windows(x.shape[1:])
    return (down.before, down.after), (right.before, right.after)


LAYERS: dict[type, Callable[..., Any]] = {
    Conv2D: conv2d,
    MaxPool2D: max_pool2d,
    GlobalAvgPool2D: global_avg_pool2d,
}
