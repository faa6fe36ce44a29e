"""Exact work: figures by hand, and what the reference's matrix products really do."""

import numpy as np
import pytest

from dlbench.networks.base import every
from dlbench.records.case import Work
from dlbench.records.images import Conv2D, MaxPool2D
from dlbench.records.layers import BatchNorm, Dense, DropConnect, Dropout, Flatten
from dlbench.records.network import products_of, without_dropout
from dlbench.workloads import _work
from fakes.counting import Tally
from fakes.networks import mlp, network, problem

BATCHES = [1, 3, 32]
NETWORKS = {
    **every(),
    **{f"{name} without dropout": without_dropout(net) for name, net in every().items()},
    "images": network(
        Conv2D(4, 3, 2, "same", "relu"),
        MaxPool2D(),
        Conv2D(3, 2, use_bias=False),
        Flatten(),
        Dense(3),
        inputs=(8, 9, 2),
    ),
    "batch norm first": network(BatchNorm(), Dense(5, "relu"), Dense(3)),
    "dropconnect": network(DropConnect(5, 0.5, "relu"), Dropout(0.2), DropConnect(3, 0.5)),
}

every_network = pytest.mark.parametrize("net", NETWORKS.values(), ids=NETWORKS)


# --- by hand ------------------------------------------------------------------------------------


def test_a_product_of_2x3_and_3x4_has_24_multiplications_and_24_additions():
    assert _work.matmul(2, 4, 3) == Work(flops=48, elements=6 + 12 + 8)


def test_mnist_128_at_batch_32_forward():
    first = 32 * 784 + 784 * 128 + 32 * 128
    second = 32 * 128 + 128 * 10 + 32 * 10
    work = _work.forward(every()["mnist-128"], 32)
    assert work == Work(flops=6_504_448, elements=first + second, samples=32)
    assert work.bytes("float32") == work.bytes("tf32") == 4 * 135_232
    assert work.bytes("float64") == 8 * 135_232


def test_mnist_128_at_batch_32_backward():
    """The products of the kernels' gradients have the sizes of those of forward, turned."""
    inputs = 32 * 10 + 10 * 128 + 32 * 128
    work = _work.backward(every()["mnist-128"], 32)
    assert work == Work(
        flops=2 * 6_504_448 + 2 * 32 * 10 * 128, elements=2 * 135_232 + inputs, samples=32
    )


@pytest.mark.parametrize(
    ("name", "batch", "forward", "backward"),
    [
        ("fruit-linear", 1, 4, 8),
        ("iris", 32, 2 * 32 * (40 + 80 + 24), 2 * 32 * (2 * 144 + 80 + 24)),
        ("abalone", 32, 2 * 32 * (448 + 64), 2 * 32 * (2 * 512 + 64)),
    ],
)
def test_networks_by_hand(name, batch, forward, backward):
    assert _work.forward(every()[name], batch).flops == forward
    assert _work.backward(every()[name], batch).flops == backward


def test_three_times_forward_would_overstate_mnist_128_by_49_percent():
    net = every()["mnist-128"]
    assert 3 * _work.forward(net, 32).flops / _work.backward(net, 32).flops == pytest.approx(
        1.49, abs=0.005
    )


def test_a_single_layer_trains_in_twice_forward():
    net = every()["fruit-linear"]
    assert _work.backward(net, 7).flops == 2 * _work.forward(net, 7).flops


# --- counted ------------------------------------------------------------------------------------


def assert_counted(net, batch, work, run):
    """The work is that of the matrix products of `run(mlp, x, y)`."""
    tally, given = Tally(), problem(net, rows=batch)
    counting = mlp(given, {name: tally.watch(weight) for name, weight in given.weights.items()})
    run(counting, tally.watch(given.x), given.y)
    assert tally.flops == work.flops
    if any(one.values < one.rows * one.inputs for one in products_of(net)):
        assert tally.elements > work.elements  # the reference copies windows that overlap
    else:
        assert Work(tally.flops, tally.elements, batch) == work


@pytest.mark.parametrize("batch", BATCHES)
@every_network
def test_forward_is_what_predict_and_forward_multiply(net, batch):
    work = _work.forward(net, batch)
    assert_counted(net, batch, work, lambda mlp, x, _: mlp.predict(x))
    assert_counted(net, batch, work, lambda mlp, x, y: mlp.forward(x, y))


@pytest.mark.parametrize("batch", BATCHES)
@every_network
def test_backward_is_what_backward_and_a_training_step_multiply(net, batch):
    work = _work.backward(net, batch)
    assert_counted(net, batch, work, lambda mlp, x, y: mlp.backward(x, y))
    assert_counted(net, batch, work, lambda mlp, x, y: mlp.train_step(x, y))


@pytest.mark.parametrize(("m", "n", "k"), [(1, 1, 1), (2, 3, 4), (5, 1, 7)])
def test_matmul_is_what_the_operator_multiplies(m, n, k):
    tally = Tally()
    product = tally.watch(np.ones((m, k))) @ np.ones((k, n))
    assert product.shape == (m, n)
    assert Work(tally.flops, tally.elements) == _work.matmul(m, n, k)
