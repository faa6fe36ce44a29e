"""The layers of images in NumPy: convolution as a matrix product of windows, and pooling.

Images have shape (batch, height, width, channels), or (batch, height, width) with one channel.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from dlbench.records.images import Window
from dlbench.reference.activations import ACTIVATIONS, jump_at_kinks
from dlbench.reference.arrays import Array, Weights
from dlbench.reference.op import BaseOp


def with_channels(x: Array) -> Array:
    """Return images with channels."""
    return x if x.ndim == 4 else x[..., np.newaxis]  # noqa: PLR2004 - the dimensions above


class _WindowOp(BaseOp):
    """A layer whose window slides over images."""

    def windows(self, x: Array, fill: float = 0.0) -> Array:
        """Return all windows: (batch, down, right, height, width, channels).

        fill: the value of the padding.
        """
        image = with_channels(x)
        self.given, self.image = x.shape, image.shape
        self.down, self.right = self.layer.windows(image.shape[1:])
        padding = ((0, 0), _padding(self.down), _padding(self.right), (0, 0))
        padded = np.pad(image, padding, constant_values=fill)
        views = sliding_window_view(padded, self.layer.length, axis=(1, 2))
        down, right = self.layer.stride
        return views[:, ::down, ::right].transpose(0, 1, 2, 4, 5, 3)

    def images(self, windows: Array) -> Array:
        """Return the sum of all windows, each at its place: the reverse of `windows`."""
        rows, height, width, channels = self.image
        padded = (rows, height + sum(_padding(self.down)), width + sum(_padding(self.right)))
        total = np.zeros((*padded, channels), windows.dtype)
        down, right = self.layer.stride
        for i, j in np.ndindex(*self.layer.length):
            below = slice(i, i + down * (self.down.places - 1) + 1, down)
            beside = slice(j, j + right * (self.right.places - 1) + 1, right)
            total[:, below, beside] += windows[:, :, :, i, j]
        top, left = self.down.before, self.right.before
        return total[:, top : top + height, left : left + width].reshape(self.given)


def _padding(window: Window) -> tuple[int, int]:
    return window.before, window.after


class Conv2DOp(_WindowOp):
    """Computes activation(windows @ kernel + bias)."""

    def forward(self, x: Array, *, training: bool) -> Array:  # noqa: ARG002
        """Return images with a channel for every filter."""
        kernel, windows = self.weights["kernel"], self.windows(x)
        self.columns = windows.reshape(-1, kernel[..., 0].size)
        z = self.columns @ kernel.reshape(-1, kernel.shape[-1])
        if self.layer.use_bias:
            z = z + self.weights["bias"]
        self.z = z.reshape(*windows.shape[:3], -1)
        self.a = ACTIVATIONS[self.layer.activation].value(self.z)
        return self.a

    def backward(self, delta: Array, *, need_input: bool) -> tuple[Array, Weights]:
        """Return the gradients by the images, by the kernel and by the bias."""
        self.delta = ACTIVATIONS[self.layer.activation].backward(self.a, delta)
        gradients = self._of_weights(self.columns, self.delta)
        return self._of_images(
            self.delta, self.weights["kernel"]
        ) if need_input else delta, gradients

    def _of_weights(self, columns: Array, delta: Array) -> Weights:
        rows = delta.reshape(-1, delta.shape[-1])
        kernel = {"kernel": (columns.T @ rows).reshape(self.weights["kernel"].shape)}
        return kernel | ({"bias": rows.sum(axis=0)} if self.layer.use_bias else {})

    def _of_images(self, delta: Array, kernel: Array) -> Array:
        rows = delta.reshape(-1, delta.shape[-1]) @ kernel.reshape(-1, kernel.shape[-1]).T
        return self.images(rows.reshape(*delta.shape[:3], *kernel.shape[:3]))

    def at_kinks(self, delta: Array, jump: Array, relative: float) -> Array:
        """Return the jump before the activation.

        A z of exactly 0, as of a blank part of an image, has no rounding error.
        """
        jump = jump_at_kinks(self.layer.activation, self.z, delta, jump, relative)
        return np.where(self.z == 0, 0, jump) if self.layer.activation == "relu" else jump

    def weight_bounds(self, jump: Array) -> Weights:
        """Return the bounds of the gradients by the kernel and by the bias."""
        return self._of_weights(np.abs(self.columns), jump)

    def input_bound(self, jump: Array) -> Array:
        """Return the bound of the gradient by the images."""
        return self._of_images(jump, np.abs(self.weights["kernel"]))


class MaxPool2DOp(_WindowOp):
    """Returns the largest value of every window; of equal ones the first has the gradient."""

    def forward(self, x: Array, *, training: bool) -> Array:  # noqa: ARG002
        """Return images of the largest values."""
        windows = self.windows(x, fill=-np.inf)
        self.shape = windows.shape
        self.values = windows.reshape(*windows.shape[:3], -1, windows.shape[-1])
        self.a = self.values.max(axis=3)
        return self.a

    def backward(self, delta: Array, *, need_input: bool) -> tuple[Array, Weights]:  # noqa: ARG002
        """Return the gradient by the images."""
        spread = np.zeros_like(self.values)
        largest = self.values.argmax(axis=3)[:, :, :, np.newaxis]
        np.put_along_axis(spread, largest, delta[:, :, :, np.newaxis], axis=3)
        return self.images(spread.reshape(self.shape)), {}

    def at_kinks(self, delta: Array, jump: Array, relative: float) -> Array:
        """Return the jump of every value: the gradient goes to another one that is as large.

        It is one of windows, not of images: `input_bound` adds them up.
        """
        near = self.values >= (self.a - relative * np.abs(self.a).max())[:, :, :, np.newaxis]
        is_alone = near.sum(axis=3, keepdims=True) == 1
        felt = np.where(is_alone, jump[:, :, :, np.newaxis], (np.abs(delta) + jump)[:, :, :, None])
        return near * felt

    def input_bound(self, jump: Array) -> Array:
        """Return the bound of the gradient by the images."""
        return self.images(jump.reshape(self.shape))


class GlobalAvgPool2DOp(BaseOp):
    """Returns the mean of every channel."""

    def forward(self, x: Array, *, training: bool) -> Array:  # noqa: ARG002
        """Return a row of means."""
        self.given = x.shape
        return with_channels(x).mean(axis=(1, 2))

    def backward(self, delta: Array, *, need_input: bool) -> tuple[Array, Weights]:  # noqa: ARG002
        """Return the gradient by the images: the same at all places of a channel."""
        return self.input_bound(delta), {}

    def input_bound(self, jump: Array) -> Array:
        """Return the bound of the gradient by the images."""
        rows, height, width, *channels = self.given
        spread = np.broadcast_to(
            (jump / (height * width))[:, np.newaxis, np.newaxis],
            (rows, height, width, *(channels or [1])),
        )
        return spread.reshape(self.given)
