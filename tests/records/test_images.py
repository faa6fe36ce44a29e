"""Layers of images as data: shapes, weights, products, and what they cannot take."""

import msgspec
import pytest

from dlbench.records.images import Conv2D, GlobalAvgPool2D, MaxPool2D, Window, slide
from dlbench.records.layers import BatchNorm, Dense, Flatten
from dlbench.records.network import products_of
from fakes.networks import network


@pytest.mark.parametrize(
    ("side", "length", "stride", "padding", "window"),
    [
        (28, 3, 1, "valid", Window(26, 0, 0)),
        (28, 3, 2, "valid", Window(13, 0, 0)),
        (5, 2, 2, "valid", Window(2, 0, 0)),
        (2, 3, 1, "valid", Window(0, 0, 0)),
        (28, 3, 1, "same", Window(28, 1, 1)),
        (5, 2, 1, "same", Window(5, 0, 1)),
        (5, 3, 2, "same", Window(3, 1, 1)),
        (6, 3, 2, "same", Window(3, 0, 1)),
        (6, 1, 3, "same", Window(2, 0, 0)),
        (2, 5, 1, "same", Window(2, 2, 2)),
    ],
)
def test_a_window_slides_as_in_tensorflow(side, length, stride, padding, window):
    assert slide(side, length, stride, padding) == window


@pytest.mark.parametrize(
    ("layer", "shape", "after"),
    [
        (Conv2D(8, 3), (28, 28), (26, 26, 8)),
        (Conv2D(8, (3, 5), (1, 2)), (28, 28, 3), (26, 12, 8)),
        (Conv2D(8, 3, 2, "same"), (27, 28, 3), (14, 14, 8)),
        (MaxPool2D(), (28, 28), (14, 14, 1)),
        (MaxPool2D((2, 3), 1), (28, 28, 4), (27, 26, 4)),
        (MaxPool2D(3, 2, "same"), (28, 28, 4), (14, 14, 4)),
        (GlobalAvgPool2D(), (28, 28, 4), (4,)),
        (GlobalAvgPool2D(), (28, 28), (1,)),
    ],
)
def test_shapes(layer, shape, after):
    assert layer.fault(shape) == ""
    assert layer.shape_after(shape) == after


def test_a_kernel_has_all_channels_of_a_window_and_a_bias_where_it_is_wanted():
    with_bias, without = (Conv2D(8, (3, 5), use_bias=use).weights((28, 28, 4)) for use in (1, 0))
    assert {name: weight.shape for name, weight in with_bias.items()} == {
        "kernel": (3, 5, 4, 8),
        "bias": (8,),
    }
    assert without.keys() == {"kernel"}


def test_the_windows_of_an_image_are_many_rows_of_fewer_values():
    net = network(
        Conv2D(8, 3, padding="same"),
        MaxPool2D(),
        Conv2D(5, 2),
        Flatten(),
        Dense(3),
        inputs=(6, 4, 2),
    )
    assert [(*one,) for one in products_of(net)] == [
        (9 * 2, 8, 24, 6 * 4 * 2, False, 1, 0),
        (4 * 8, 5, 2, 3 * 2 * 8, False, 1, 1),
        (10, 3, 1, 10, False, 1, 1),
    ]


def test_batch_norm_of_images_has_a_scale_and_a_shift_for_every_channel():
    shapes = {name: weight.shape for name, weight in BatchNorm().weights((5, 4, 3)).items()}
    assert shapes == {"gamma": (3,), "beta": (3,)}


@pytest.mark.parametrize(
    ("layer", "shape", "fault"),
    [
        (Conv2D(8, 3), (784,), "takes images of"),
        (MaxPool2D(), (784,), "takes images of"),
        (GlobalAvgPool2D(), (784,), "takes images of"),
        (Conv2D(8, 3), (2, 28), "has windows of 3 x 3"),
        (MaxPool2D((2, 3)), (28, 2, 4), "has windows of 2 x 3"),
        (Dense(3), (28, 28), "takes one row"),
        (BatchNorm(), (28, 28), "takes one row of values, or images"),
    ],
)
def test_what_a_layer_cannot_take_is_told(layer, shape, fault):
    assert layer.fault(shape).startswith(fault)


@pytest.mark.parametrize(
    "written",
    [
        {"type": "conv2d", "filters": 8, "kernel": [3, 3], "strides": 2, "padding": "same"},
        {"type": "maxpool2d", "pool": [2, 3]},
        {"type": "maxpool2d"},
        {"type": "globalavgpool2d"},
    ],
)
def test_a_layer_is_read_as_users_write_it(written):
    layer = msgspec.convert(written, Conv2D | MaxPool2D | GlobalAvgPool2D)
    assert (
        msgspec.to_builtins(layer).items()
        >= {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in written.items()
        }.items()
    )


@pytest.mark.parametrize(
    "change",
    [{"kernel": 0}, {"kernel": [3]}, {"padding": "full"}, {"activation": "softmax"}, {"units": 3}],
)
def test_a_layer_that_cannot_be_is_not_read(change):
    written = {"type": "conv2d", "filters": 8, "kernel": 3, **change}
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(written, Conv2D)
