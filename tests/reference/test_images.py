"""Layers of images: values by hand, and every gradient by differences, in float64."""

import numpy as np
import pytest

from dlbench.records.images import Conv2D, GlobalAvgPool2D, MaxPool2D
from dlbench.records.layers import BatchNorm, Dense, Dropout, Flatten
from dlbench.reference.kinks import kink_slack, magnitudes
from dlbench.reference.ops import OPS
from fakes.networks import UNITS, differences, mlp, network, problem

IMAGE = (7, 6, 2)
OUT = (Flatten(), Dense(UNITS))


def op(layer, **weights):
    arrays = {name: np.asarray(weight, float) for name, weight in weights.items()}
    return OPS[type(layer)](layer, arrays, np.random.default_rng(0))


# --- values by hand -----------------------------------------------------------------------------


def test_a_convolution_by_hand():
    """The kernel is not turned: 1*1 + 2*2 + 4*3 + 5*4 = 37 at the first place."""
    layer = op(Conv2D(1, 2), kernel=np.arange(1.0, 5).reshape(2, 2, 1, 1), bias=[0.5])
    image = np.arange(1.0, 10).reshape(1, 3, 3)
    outputs = layer.forward(image, training=True)
    np.testing.assert_array_equal(outputs[0, :, :, 0], [[37.5, 47.5], [67.5, 77.5]])
    delta, gradients = layer.backward(np.ones((1, 2, 2, 1)), need_input=True)
    np.testing.assert_array_equal(delta[0], [[1, 3, 2], [4, 10, 6], [3, 7, 4]])
    np.testing.assert_array_equal(gradients["kernel"][:, :, 0, 0], [[12, 16], [24, 28]])
    np.testing.assert_array_equal(gradients["bias"], [4])


def test_same_padding_puts_the_odd_zero_behind():
    layer = op(Conv2D(1, 2, padding="same"), kernel=np.ones((2, 2, 1, 1)), bias=[0])
    outputs = layer.forward(np.ones((1, 2, 2)), training=True)
    np.testing.assert_array_equal(outputs[0, :, :, 0], [[4, 2], [2, 1]])


def test_the_largest_value_of_every_window_gets_the_gradient_the_first_of_equal_ones():
    layer = op(MaxPool2D())
    image = np.array([[1.0, 2, 5, 5], [4, 3, 5, 5]])[np.newaxis]
    np.testing.assert_array_equal(layer.forward(image, training=True)[0, :, :, 0], [[4, 5]])
    delta, _ = layer.backward(np.array([[[[10.0], [20.0]]]]), need_input=True)
    np.testing.assert_array_equal(delta[0], [[0, 0, 20, 0], [10, 0, 0, 0]])


def test_padding_is_never_the_largest():
    layer = op(MaxPool2D(2, 1, "same"))
    outputs = layer.forward(-np.ones((1, 2, 2)), training=True)
    np.testing.assert_array_equal(outputs, -np.ones((1, 2, 2, 1)))


def test_the_mean_of_every_channel():
    layer = op(GlobalAvgPool2D())
    means = layer.forward(np.arange(8.0).reshape(1, 2, 2, 2), training=True)
    np.testing.assert_array_equal(means, [[3, 4]])
    delta, _ = layer.backward(np.array([[4.0, 8]]), need_input=True)
    np.testing.assert_array_equal(delta, np.broadcast_to([1, 2], (1, 2, 2, 2)))


def test_batch_norm_of_images_normalises_every_channel_over_rows_and_places():
    layer = op(BatchNorm(epsilon=1e-9), gamma=np.ones(2), beta=np.zeros(2))
    x = np.random.default_rng(0).standard_normal((3, 4, 5, 2))
    outputs = layer.forward(x, training=True)
    np.testing.assert_allclose(outputs.mean(axis=(0, 1, 2)), 0, atol=1e-12)
    np.testing.assert_allclose(outputs.var(axis=(0, 1, 2)), 1, rtol=1e-6)


# --- gradients ----------------------------------------------------------------------------------

NETWORKS = {
    "conv": (Conv2D(3, 3), *OUT),
    "conv without bias": (Conv2D(3, 3, activation="tanh", use_bias=False), *OUT),
    "conv with strides": (Conv2D(3, (3, 2), (2, 3), activation="tanh"), *OUT),
    "conv with padding": (Conv2D(3, 3, padding="same", activation="sigmoid"), *OUT),
    "conv with uneven padding": (Conv2D(3, (2, 4), 2, "same", "relu"), *OUT),
    "conv on conv": (Conv2D(3, 2, activation="relu"), Conv2D(2, 3, 2, "same", "tanh"), *OUT),
    "max pool": (Conv2D(3, 2), MaxPool2D(), *OUT),
    "overlapping max pool": (Conv2D(3, 2), MaxPool2D(3, (1, 2)), *OUT),
    "padded max pool": (Conv2D(3, 2, activation="relu"), MaxPool2D(2, 1, "same"), *OUT),
    "strided padded max pool": (Conv2D(3, 2), MaxPool2D(3, 2, "same"), *OUT),
    "global average": (Conv2D(3, 3, activation="tanh"), GlobalAvgPool2D(), Dense(UNITS)),
    "batch norm": (Conv2D(3, 2), BatchNorm(), Conv2D(2, 2, activation="tanh"), *OUT),
    "batch norm first": (BatchNorm(), Conv2D(3, 3, activation="tanh"), *OUT),
    "dropout": (Conv2D(3, 2), Dropout(0.3), Conv2D(2, 3), *OUT),
    "max pool first": (MaxPool2D(), Conv2D(3, 2), *OUT),
}
every_network = pytest.mark.parametrize("layers", NETWORKS.values(), ids=NETWORKS)


@every_network
def test_gradients_are_differences(layers):
    given = problem(network(*layers, inputs=IMAGE))
    _, gradients = mlp(given).backward(given.x, given.y)
    expected = differences(given)
    assert gradients.keys() == expected.keys()
    for name, gradient in gradients.items():
        np.testing.assert_allclose(gradient, expected[name], atol=2e-8, err_msg=name)


def test_images_without_a_channel_have_one():
    layers = (Conv2D(3, 3, activation="relu"), MaxPool2D(), *OUT)
    flat = problem(network(*layers, inputs=(6, 6)))
    deep = problem(network(*layers, inputs=(6, 6, 1)))
    np.testing.assert_array_equal(flat.x, deep.x[..., 0])
    (_, first), (_, second) = (mlp(one).backward(one.x, one.y) for one in (flat, deep))
    np.testing.assert_equal(first, second)


# --- kinks and cancellation -----------------------------------------------------------------------

RELATIVE = 1e-7
TINY = 1e-12


def gradients(given):
    return mlp(given).backward(given.x, given.y)[1]


def slack(given):
    return kink_slack(mlp(given), given.x, given.y, RELATIVE)


def assert_covered(left, right):
    before, after = gradients(left), gradients(right)
    assert max(np.abs(after[name] - before[name]).max() for name in before) > 1e-3
    for allowed in (slack(left), slack(right)):
        for name, most in allowed.items():
            jump = np.abs(after[name] - before[name])
            assert (jump <= most * (1 + 1e-6) + 1e-9).all(), name


RELU = Conv2D(3, 2, activation="relu")


@pytest.mark.parametrize(
    ("layers", "where"),
    [
        ((RELU, *OUT), 0),
        ((Conv2D(3, 2, activation="tanh"), RELU, *OUT), 1),
        ((RELU, Conv2D(2, 2, padding="same"), *OUT), 0),
        ((RELU, GlobalAvgPool2D(), Dense(UNITS)), 0),
        ((RELU, BatchNorm(), *OUT), 0),
    ],
)
def test_the_slack_covers_a_relu_at_its_kink(layers, where):
    def at(side):
        given = problem(network(*layers, inputs=IMAGE))
        probe = mlp(given)
        probe.logits(given.x, training=True)
        given.weights[f"layer{where}.bias"][1] += side * TINY - probe.ops[where].z[1, 2, 2, 1]
        return given

    assert_covered(at(-1), at(1))


def test_the_slack_covers_two_values_of_a_window_that_are_equal_but_for_rounding():
    """Two points of the same z = x @ kernel, on either side of which the gradients differ."""

    def at(side):
        given = problem(network(Conv2D(1, 1), MaxPool2D(), *OUT, inputs=IMAGE))
        kernel = given.weights["layer0.kernel"].ravel()
        across = np.array([kernel[1], -kernel[0]])
        given.x[1, 2, 2], given.x[1, 3, 3] = (10 + side * TINY) * kernel, 10 * kernel + across
        return given

    assert_covered(at(-1), at(1))


@every_network
def test_without_a_kink_there_is_no_slack(layers):
    given = problem(network(*layers, inputs=IMAGE))
    for name, allowed in slack(given).items():
        np.testing.assert_array_equal(allowed, 0, err_msg=name)


@every_network
def test_magnitudes_are_at_least_the_gradients(layers):
    given = problem(network(*layers, inputs=IMAGE))
    worked = mlp(given)
    _, found = worked.backward(given.x, given.y)
    allowed = magnitudes(worked)
    assert allowed.keys() == found.keys()
    for name, gradient in found.items():
        assert (allowed[name] >= np.abs(gradient) * (1 - 1e-12)).all(), name
