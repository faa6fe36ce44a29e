"""The layers of images in Keras: (batch, height, width, channels), as in dlbench."""

from collections.abc import Callable, Iterator
from typing import Any

import keras

from dlbench.records.images import IMAGE_RANKS, Conv2D, GlobalAvgPool2D, MaxPool2D, OverImages
from dlbench.records.layer import AnyLayer, Shape


def before(layer: AnyLayer, shape: Shape) -> Iterator[keras.layers.Layer]:
    """Yield what a layer of images needs before it: the channel of images without one."""
    if isinstance(layer, OverImages | GlobalAvgPool2D) and len(shape) == min(IMAGE_RANKS):
        yield keras.layers.Reshape((*shape, 1))


def conv2d(layer: Conv2D) -> keras.layers.Conv2D:
    """Return keras.layers.Conv2D."""
    return keras.layers.Conv2D(
        layer.filters,
        layer.length,
        layer.stride,
        layer.padding,
        activation=layer.activation,
        use_bias=layer.use_bias,
    )


def max_pool2d(layer: MaxPool2D) -> keras.layers.MaxPooling2D:
    """Return keras.layers.MaxPooling2D."""
    return keras.layers.MaxPooling2D(layer.length, layer.stride, layer.padding)


def global_avg_pool2d(layer: GlobalAvgPool2D) -> keras.layers.GlobalAveragePooling2D:  # noqa: ARG001
    """Return keras.layers.GlobalAveragePooling2D."""
    return keras.layers.GlobalAveragePooling2D()


LAYERS: dict[type, Callable[..., Any]] = {
    Conv2D: conv2d,
    MaxPool2D: max_pool2d,
    GlobalAvgPool2D: global_avg_pool2d,
}
