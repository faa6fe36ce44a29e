"""The layers of images in PyTorch, which wants (batch, channels, height, width).

Between the layers of a model, images have that shape. A model takes data as all backends get them,
(batch, height, width, channels), and its flatten gives rows in that order, so that all share their
weights.
"""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from dlbench.records.images import Conv2D, GlobalAvgPool2D, MaxPool2D, OverImages, Window, image
from dlbench.records.layer import AnyLayer, Shape

# The dimensions of an image with channels.
WITH_CHANNELS = 3


class ChannelsFirst(nn.Module):
    """Turns (batch, height, width, channels) into (batch, channels, height, width)."""

    def forward(self, x: Tensor) -> Tensor:
        """Return a view."""
        return x.permute(0, 3, 1, 2)


class OneChannel(nn.Module):
    """Turns (batch, height, width) into (batch, 1, height, width)."""

    def forward(self, x: Tensor) -> Tensor:
        """Return a view."""
        return x.unsqueeze(1)


class ImageRows(nn.Module):
    """Flattens images in the order (height, width, channels)."""

    def forward(self, x: Tensor) -> Tensor:
        """Return one row for each sample."""
        return x.permute(0, 2, 3, 1).flatten(1)


class Pad(nn.Module):
    """Padding that the layers cannot express by themselves: more on one side than on the other."""

    def __init__(self, sides: tuple[int, ...], value: float) -> None:
        super().__init__()
        self.sides, self.value = sides, value

    def forward(self, x: Tensor) -> Tensor:
        """Return larger images."""
        return functional.pad(x, self.sides, value=self.value)


def before(index: int, layer: AnyLayer, shape: Shape) -> Iterator[nn.Module]:
    """Yield what a layer of images needs before it; index: its place in the network."""
    if index == 0 and len(shape) == WITH_CHANNELS:
        yield ChannelsFirst()
    if isinstance(layer, OverImages | GlobalAvgPool2D) and len(shape) < WITH_CHANNELS:
        yield OneChannel()
    if isinstance(layer, OverImages):
        down, right = layer.windows(shape)
        if not (_is_even(down) and _is_even(right)):
            value = -torch.inf if isinstance(layer, MaxPool2D) else 0.0
            yield Pad((right.before, right.after, down.before, down.after), value)


def _is_even(window: Window) -> bool:
    return window.before == window.after


def _padding(layer: OverImages, shape: Shape) -> tuple[int, int]:
    """Return the padding on either side; none where `before` pads."""
    down, right = layer.windows(shape)
    return (down.before, right.before) if _is_even(down) and _is_even(right) else (0, 0)


def conv2d(layer: Conv2D, shape: Shape) -> nn.Conv2d:
    """Return nn.Conv2d."""
    return nn.Conv2d(
        image(shape)[2],
        layer.filters,
        layer.length,
        layer.stride,
        _padding(layer, shape),
        bias=layer.use_bias,
    )


def max_pool2d(layer: MaxPool2D, shape: Shape) -> nn.MaxPool2d:
    """Return nn.MaxPool2d."""
    return nn.MaxPool2d(layer.length, layer.stride, _padding(layer, shape))


def global_avg_pool2d(layer: GlobalAvgPool2D, shape: Shape) -> nn.Sequential:  # noqa: ARG001
    """Return nn.AdaptiveAvgPool2d to a single place, and the removal of that place."""
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())


def flatten(shape: Shape) -> nn.Module:
    """Return nn.Flatten, or for images the same in the order of dlbench."""
    return ImageRows() if len(shape) == WITH_CHANNELS else nn.Flatten()


def batch_norm(shape: Shape, **settings: Any) -> nn.Module:
    """Return the batch norm of rows or of images."""
    kind = nn.BatchNorm1d if len(shape) == 1 else nn.BatchNorm2d
    return kind(shape[-1], **settings)


LAYERS: dict[type, Callable[..., nn.Module]] = {
    Conv2D: conv2d,
    MaxPool2D: max_pool2d,
    GlobalAvgPool2D: global_avg_pool2d,
}
