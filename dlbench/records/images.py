"""The layers of images: convolution and pooling, as data.

An image is [height, width, channels], or [height, width] with one channel.
"""

from math import prod
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta

from dlbench.records.base import Size
from dlbench.records.layer import AnyLayer, Initializer, Product, Shape, Weight

# Activations of each value by itself.
Pointwise = Literal["linear", "relu", "sigmoid", "tanh"]


Padding = Literal["valid", "same"]


# [height, width]. Not tuple[Size, Size]: msgspec 0.22 reads past its end in a union with a bounded
# number.
Pair = Annotated[tuple[Size, ...], Meta(min_length=2, max_length=2)]


# A size of both sides, or of each.
Sides = Size | Pair


# The dimensions of an image without and with channels.
IMAGE_RANKS = (2, 3)


class Window(NamedTuple):
    """How a window slides along a side: its number of places, and the padding before and after."""

    places: int
    before: int
    after: int


def slide(side: int, length: int, stride: int, padding: Padding) -> Window:
    """Return how a window of this length slides along a side.

    `same` pads to side / stride places, rounded up, with the odd value after the image:
    https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2
    """
    if padding == "valid":
        return Window((side - length) // stride + 1, 0, 0)
    count = -(-side // stride)
    missing = max((count - 1) * stride + length - side, 0)
    return Window(count, missing // 2, missing - missing // 2)


def both(sides: Sides) -> tuple[int, int]:
    """Return height and width."""
    height, width = sides if isinstance(sides, tuple) else (sides, sides)
    return height, width


def image(shape: Shape) -> tuple[int, int, int]:
    """Return height, width and channels."""
    height, width, *channels = shape
    return height, width, *(channels or [1])  # type: ignore[return-value]


def no_image(shape: Shape) -> str:
    """Return what a layer of images takes, if this is none."""
    if len(shape) in IMAGE_RANKS:
        return ""
    return "takes images of [height, width] or [height, width, channels]; put it before flatten"


class OverImages(AnyLayer, frozen=True):
    """The properties of a layer whose window slides over images."""

    @property
    def length(self) -> tuple[int, int]:
        """Return height and width of the window."""
        raise NotImplementedError

    @property
    def stride(self) -> tuple[int, int]:
        """Return the steps of the window, down and to the right."""
        raise NotImplementedError

    @property
    def padding(self) -> Padding:
        """Return whether the window stays inside the image."""
        raise NotImplementedError

    def windows(self, shape: Shape) -> tuple[Window, Window]:
        """Return how the window slides down and to the right."""
        down, right = (
            slide(side, length, stride, self.padding)
            for side, length, stride in zip(shape, self.length, self.stride, strict=False)
        )
        return down, right

    def fault(self, shape: Shape) -> str:
        """Return what is wrong with images of this shape."""
        if fault := no_image(shape):
            return fault
        if min(window.places for window in self.windows(shape)) < 1:
            height, width = self.length
            return f"has windows of {height} x {width}: make them smaller, or use padding 'same'"
        return ""


class Conv2D(OverImages, frozen=True, tag="conv2d"):
    """A convolution: activation(windows @ kernel + bias), the kernel shared by all windows.

    It is a cross-correlation, as in every framework: the kernel is not turned.
    """

    filters: Size
    kernel: Sides
    strides: Sides = 1
    padding: Padding = "valid"
    activation: Pointwise = "linear"
    use_bias: bool = True
    initializer: Initializer = "glorot_uniform"

    @property
    def length(self) -> tuple[int, int]:
        """Return height and width of the kernel."""
        return both(self.kernel)

    @property
    def stride(self) -> tuple[int, int]:
        """Return the steps down and to the right."""
        return both(self.strides)

    def shape_after(self, shape: Shape) -> Shape:
        """Return one channel for every filter."""
        down, right = self.windows(shape)
        return down.places, right.places, self.filters

    def weights(self, shape: Shape) -> dict[str, Weight]:
        """Return the kernel (height, width, channels, filters) and the bias (filters,)."""
        kernel = Weight((*self.length, image(shape)[2], self.filters), self.initializer)
        return {"kernel": kernel} | (
            {"bias": Weight((self.filters,), "zeros")} if self.use_bias else {}
        )

    def products(self, shape: Shape) -> tuple[Product, ...]:
        """Return the product of all windows and the kernel, padding included."""
        down, right, filters = self.shape_after(shape)
        inputs = prod(self.length) * image(shape)[2]
        return (Product(inputs, filters, down * right, prod(shape)),)


class MaxPool2D(OverImages, frozen=True, tag="maxpool2d"):
    """The largest value of every window, in each channel; by default windows do not overlap."""

    pool: Sides = 2
    strides: Sides | None = None
    padding: Padding = "valid"

    @property
    def length(self) -> tuple[int, int]:
        """Return height and width of the window."""
        return both(self.pool)

    @property
    def stride(self) -> tuple[int, int]:
        """Return the steps down and to the right."""
        return both(self.pool if self.strides is None else self.strides)

    def shape_after(self, shape: Shape) -> Shape:
        """Return one value for every window and channel."""
        down, right = self.windows(shape)
        return down.places, right.places, image(shape)[2]


class GlobalAvgPool2D(AnyLayer, frozen=True, tag="globalavgpool2d"):
    """The mean of every channel; Lin et al. (2014), Network in Network."""

    def fault(self, shape: Shape) -> str:
        """Return what is wrong with images of this shape."""
        return no_image(shape)

    def shape_after(self, shape: Shape) -> Shape:
        """Return one value for every channel."""
        return (image(shape)[2],)
