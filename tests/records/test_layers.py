"""Networks as data: sizes, parameters, the twin without dropout, and what is refused."""

import msgspec
import pytest

from dlbench.networks.base import every
from dlbench.records.layers import (
    SGD,
    Adagrad,
    Adam,
    BatchNorm,
    Dense,
    DropConnect,
    Dropout,
    Flatten,
    RMSprop,
)
from dlbench.records.network import Network, parameter_count, products_of, without_dropout
from fakes.networks import network

# By hand; the lecture prints that of ionosphere, 350 + 88 + 9.
PARAMETERS = {
    "fruit-linear": 3,
    "fruit-2-1": 6 + 3,
    "fruit-relu": 6 + 3,
    "fruit-dropout": 6 + 3,
    "fruit-batchnorm": 6 + 4 + 3,
    "abalone": 512 + 128 + 65,
    "ionosphere": 447,
    "iris": 165,
    "mnist-128": 101_770,
    "mnist-512": 407_050,
    "mnist-cnn": (3 * 3 + 1) * 32 + (3 * 3 * 32 + 1) * 64 + (5 * 5 * 64 + 1) * 10,
    "mnist-lstm": 4 * (28 + 64 + 1) * 64 + (64 + 1) * 10,
    "marker-gru": 10 * 16 + 3 * (16 + 32 + 2) * 32 + (32 + 1) * 9,
}

EVERY_LAYER = (
    Flatten(),
    Dense(5, "relu", "he_normal", l2=0.01),
    Dropout(0.2),
    BatchNorm(0.9, 1e-5),
    DropConnect(4, 0.5, "tanh"),
    Dense(3, "softmax"),
)


@pytest.mark.parametrize(("name", "count"), PARAMETERS.items())
def test_parameters_are_counted_as_by_hand(name, count):
    assert parameter_count(every()[name]) == count


def test_every_network_of_the_catalogue_has_been_counted_by_hand():
    assert PARAMETERS.keys() == every().keys()


def test_layers_of_every_kind_are_counted():
    net = network(*EVERY_LAYER, inputs=(2, 3))
    assert parameter_count(net) == (6 + 1) * 5 + 2 * 5 + (5 + 1) * 4 + (4 + 1) * 3


def sizes(net):
    """Inputs, outputs and whether the input needs a gradient, of every product of single rows."""
    assert all(one.rows == 1 and one.values == one.inputs for one in products_of(net))
    return [(one.inputs, one.outputs, bool(one.input_gradients)) for one in products_of(net)]


def test_products_see_through_the_layers_between():
    net = network(*EVERY_LAYER, inputs=(2, 3))
    assert sizes(net) == [(6, 5, False), (5, 4, True), (4, 3, True)]


def test_the_input_of_the_first_dense_layer_needs_no_gradient():
    assert sizes(network(Dropout(0.5), Dense(3))) == [(4, 3, False)]


def test_batch_norm_below_the_first_dense_layer_needs_its_gradient():
    assert sizes(network(BatchNorm(), Dense(3))) == [(4, 3, True)]


def test_without_dropout_nothing_is_dropped_and_all_else_is_the_same():
    net = network(Dense(5, l2=0.01), Dropout(0.2), BatchNorm(), DropConnect(4, 0.5, "relu"))
    twin = network(Dense(5, l2=0.01), Dropout(0.0), BatchNorm(), DropConnect(4, 0.0, "relu"))
    assert without_dropout(net) == twin
    assert without_dropout(twin) == twin


@pytest.mark.parametrize("net", every().values(), ids=every())
def test_a_network_without_dropout_has_the_same_shapes_and_parameters(net):
    twin = without_dropout(net)
    assert products_of(twin) == products_of(net)
    assert parameter_count(twin) == parameter_count(net)


@pytest.mark.parametrize("optimizer", [SGD(0.1, 0.9), Adagrad(), RMSprop(), Adam()])
def test_a_network_is_the_same_after_writing_and_reading(optimizer):
    net = network(*EVERY_LAYER, inputs=(2, 3), optimizer=optimizer)
    assert msgspec.json.decode(msgspec.json.encode(net), type=Network) == net


@pytest.mark.parametrize(
    ("layer", "field", "value"),
    [
        (Dense(3), "units", 0),
        (Dense(3), "activation", "gelu"),
        (Dense(3), "initializer", "zeros"),
        (Dense(3), "l2", -0.1),
        (Dense(3), "colour", "red"),
        (Dropout(0.5), "rate", 1.0),
        (Dropout(0.5), "rate", -0.1),
        (DropConnect(3, 0.5), "rate", 1.0),
        (BatchNorm(), "epsilon", 0.0),
        (BatchNorm(), "momentum", 1.0),
    ],
)
def test_a_layer_that_cannot_be_is_not_read(layer, field, value):
    written = {**msgspec.to_builtins(layer), field: value}
    with pytest.raises(msgspec.ValidationError, match=field):
        msgspec.convert(written, type(layer))
