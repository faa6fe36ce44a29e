"""Initial weights: names, shapes, distributions, and what they depend on."""

from math import prod, sqrt

import numpy as np
import pytest
from msgspec.structs import replace

from dlbench.networks.base import every
from dlbench.records.layers import BatchNorm, Dense, DropConnect, Dropout, Flatten
from dlbench.records.network import parameter_count
from dlbench.reference.draws import initial_weights
from fakes.networks import network

INPUTS, UNITS = 200, 300


def kernel(initializer, seed=0, kind=Dense):
    layer = kind(UNITS, initializer=initializer, **({"rate": 0.5} if kind is DropConnect else {}))
    return initial_weights(network(layer, inputs=(INPUTS,)), seed)["layer0.kernel"]


def test_weights_are_named_by_layer_and_shaped_inputs_by_units():
    layers = (Flatten(), Dense(5), Dropout(0.5), BatchNorm(), DropConnect(3, 0.5))
    weights = initial_weights(network(*layers, inputs=(2, 2)), seed=0)
    assert {name: weight.shape for name, weight in weights.items()} == {
        "layer1.kernel": (4, 5),
        "layer1.bias": (5,),
        "layer3.gamma": (5,),
        "layer3.beta": (5,),
        "layer4.kernel": (5, 3),
        "layer4.bias": (3,),
    }


@pytest.mark.parametrize("net", every().values(), ids=every())
def test_there_are_as_many_as_the_network_has_parameters(net):
    weights = initial_weights(net, seed=0)
    assert sum(prod(weight.shape) for weight in weights.values()) == parameter_count(net)
    assert {weight.dtype for weight in weights.values()} == {np.dtype(np.float64)}


def test_biases_and_beta_are_0_and_gamma_is_1():
    weights = initial_weights(network(Dense(5), BatchNorm(), Dense(1)), seed=0)
    for name, weight in weights.items():
        if not name.endswith("kernel"):
            np.testing.assert_array_equal(weight, name.endswith("gamma"))


@pytest.mark.parametrize("kind", [Dense, DropConnect])
def test_glorot_uniform_fills_its_limits_evenly(kind):
    limit, found = sqrt(6 / (INPUTS + UNITS)), kernel("glorot_uniform", kind=kind)
    assert 0.999 * limit < found.max() <= limit
    assert -limit <= found.min() < -0.999 * limit
    assert found.var() == pytest.approx(limit**2 / 3, rel=0.02)
    assert abs(found.mean()) < 4 * limit / sqrt(3 * found.size)


@pytest.mark.parametrize("kind", [Dense, DropConnect])
def test_he_normal_has_variance_2_by_inputs_and_is_cut_off(kind):
    found = kernel("he_normal", kind=kind)
    assert found.var() == pytest.approx(2 / INPUTS, rel=0.02)
    # the standard deviation before the cut, which at two of them takes 23 % of the variance
    cut = 2 * sqrt(2 / INPUTS / 0.7737)
    assert 0.99 * cut < np.abs(found).max() <= 1.0001 * cut
    assert abs(found.mean()) < 4 * sqrt(2 / INPUTS / found.size)


@pytest.mark.parametrize("initializer", ["glorot_uniform", "he_normal"])
def test_the_same_seed_draws_the_same_and_another_another(initializer):
    np.testing.assert_array_equal(kernel(initializer), kernel(initializer))
    assert not np.isin(kernel(initializer, seed=1), kernel(initializer)).any()


def test_networks_of_other_names_draw_other_weights():
    net = network(Dense(3))
    weights, others = (initial_weights(n, seed=0) for n in (net, replace(net, name="other")))
    assert not np.isin(weights["layer0.kernel"], others["layer0.kernel"]).any()


def test_two_layers_do_not_share_their_weights():
    weights = initial_weights(network(Dense(4), Dense(4)), seed=0)
    assert not np.isin(weights["layer0.kernel"], weights["layer1.kernel"]).any()
