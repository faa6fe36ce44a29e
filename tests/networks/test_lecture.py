"""The catalogue against the lecture's own table, section 1 of shared/lecture.md."""

from math import prod

import pytest

from dlbench import registry
from dlbench.networks.base import every, named
from dlbench.networks.lecture import NETWORKS
from dlbench.records.layers import SGD, Adam, BatchNorm, Dense, Dropout, Flatten

ADAM = Adam(lr=0.001, beta1=0.9, beta2=0.999, epsilon=1e-7)
FRUIT = ("mae", Adam(lr=0.1), 5, 3, "fruit")
TABULAR = (Dense(10, "relu", "he_normal"), Dense(8, "relu", "he_normal"))
SPARSE = "sparse_categorical_crossentropy"

# name: layers, (loss, optimizer, epochs, batch, data set)
LECTURE = {
    "fruit-linear": ((Dense(1),), ("mse", SGD(lr=1e-5), 100, 1, "fruit")),
    "fruit-2-1": ((Dense(2), Dense(1)), FRUIT),
    "fruit-relu": ((Dense(2, "relu"), Dense(1, "softmax")), FRUIT),
    "fruit-dropout": ((Dense(2, "relu"), Dropout(0.2), Dense(1, "softmax")), FRUIT),
    "fruit-batchnorm": (
        (Dense(2, "relu"), Dropout(0.2), BatchNorm(0.99, 1e-3), Dense(1, "softmax")),
        FRUIT,
    ),
    "abalone": (
        (Dense(64, l2=0.001), Dropout(0.6), BatchNorm(0.99, 1e-3), Dense(1)),
        ("mse", ADAM, 10, 32, "abalone"),
    ),
    "ionosphere": (
        (*TABULAR, Dense(1, "sigmoid")),
        ("binary_crossentropy", ADAM, 150, 32, "ionosphere"),
    ),
    "iris": ((*TABULAR, Dense(3, "softmax")), (SPARSE, ADAM, 150, 32, "iris")),
    "mnist-128": (
        (Flatten(), Dense(128, "relu"), Dropout(0.2), Dense(10)),
        (SPARSE, ADAM, 1, 32, "mnist"),
    ),
    "mnist-512": (
        (Flatten(), Dense(512, "relu"), Dropout(0.2), Dense(10, "softmax")),
        (SPARSE, ADAM, 5, 32, "mnist"),
    ),
}

every_network = pytest.mark.parametrize("net", NETWORKS, ids=lambda net: net.name)


@pytest.mark.parametrize("name", LECTURE)
def test_a_network_is_as_the_lecture_gives_it(name):
    net = named(name)
    layers, schedule = LECTURE[name]
    assert net.layers == layers
    assert (net.loss, net.optimizer, net.epochs, net.batch, net.dataset) == schedule


def test_it_has_the_lectures_networks_and_no_others():
    assert [network.name for network in NETWORKS] == [*LECTURE]
    assert LECTURE.keys() <= every().keys()


def test_mnist_512_has_1875_steps_an_epoch():
    rows = registry.declaration("datasets", "mnist", dict)["train_rows"]
    assert rows / named("mnist-512").batch == 1875


@every_network
def test_a_network_takes_the_rows_of_its_data_set(net):
    assert list(net.inputs) == registry.declaration("datasets", net.dataset, dict)["features"]


@every_network
def test_a_network_gives_one_output_or_one_for_each_class(net):
    classes = registry.declaration("datasets", net.dataset, dict)["classes"]
    assert net.layers[-1].units == (classes if classes and classes > 2 else 1)


@every_network
def test_an_image_is_flattened_before_anything_else(net):
    assert isinstance(net.layers[0], Flatten) == (prod(net.inputs) != net.inputs[0])


@every_network
def test_a_network_that_cannot_learn_says_so(net):
    last = net.layers[-1]
    assert ("cannot learn" in net.about) == ((last.units, last.activation) == (1, "softmax"))
