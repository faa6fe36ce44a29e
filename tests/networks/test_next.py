"""The networks that come after the lecture: what their sources say of them."""

import pytest

from dlbench import registry
from dlbench.networks.next import NETWORKS
from dlbench.plan.network import check
from dlbench.records.network import parameter_count
from dlbench.workloads import _work

SHAPES = {
    "mnist-cnn": [
        (28, 28),
        (26, 26, 32),
        (13, 13, 32),
        (11, 11, 64),
        (5, 5, 64),
        (1600,),
        (1600,),
    ],
    "mnist-lstm": [(28, 28), (64,)],
    "marker-gru": [(20,), (20, 16), (32,)],
}
# keras.io/examples/vision/mnist_convnet prints the first
PARAMETERS = {"mnist-cnn": 34_826, "mnist-lstm": 24_458, "marker-gru": 160 + 4800 + 297}
# A multiplication and an addition for each: places, window, channels, filters; steps, values, gates
FLOPS = {
    "mnist-cnn": 2 * (26 * 26 * 9 * 32 + 11 * 11 * 9 * 32 * 64 + 1600 * 10),
    "mnist-lstm": 2 * (28 * (28 + 64) * 4 * 64 + 64 * 10),
    "marker-gru": 2 * (20 * (16 + 32) * 3 * 32 + 32 * 9),
}

every_network = pytest.mark.parametrize("net", NETWORKS, ids=lambda net: net.name)


@every_network
def test_a_network_can_be_computed_and_fits_its_data(net):
    check(net.name, net)
    assert list(net.inputs) == registry.declaration("datasets", net.dataset, dict)["features"]


@every_network
def test_shapes_parameters_and_work_are_those_by_hand(net):
    assert [shape for _, shape in net.shaped_layers()] == SHAPES[net.name]
    assert parameter_count(net) == PARAMETERS[net.name]
    assert _work.forward(net, 1).flops == FLOPS[net.name]
