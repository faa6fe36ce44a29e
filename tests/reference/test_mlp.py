"""The hand-written network as a whole: every gradient by differences, in float64."""

import numpy as np
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
from dlbench.records.network import without_dropout
from dlbench.reference.activations import ACTIVATIONS
from fakes.networks import ENDS, UNITS, differences, ending, mlp, network, problem

OUT = Dense(UNITS)
LAYERS = {
    "one dense layer": [OUT],
    "three dense layers": [Dense(5, "relu"), Dense(4, "sigmoid"), OUT],
    "l2": [Dense(5, "relu", l2=0.1), Dense(UNITS, l2=0.3)],
    "dropout": [Dense(5, "relu"), Dropout(0.4), OUT],
    "dropout first": [Dropout(0.4), Dense(5, "tanh"), OUT],
    "dropconnect": [DropConnect(5, 0.4, "tanh"), DropConnect(UNITS, 0.2)],
    "batch norm": [Dense(5, "relu"), BatchNorm(), OUT],
    "batch norm first": [BatchNorm(), Dense(5, "tanh"), OUT],
    "batch norm twice": [Dense(5), BatchNorm(0.9, 0.1), Dense(4, "relu"), BatchNorm(), OUT],
    "dropout and batch norm": [Dense(5, l2=0.01), Dropout(0.6), BatchNorm(), OUT],
}


def assert_gradients_are_differences(given, seed=0):
    _, gradients = mlp(given, seed=seed).backward(given.x, given.y)
    expected = differences(given, seed)
    assert gradients.keys() == expected.keys()
    for name, gradient in gradients.items():
        np.testing.assert_allclose(gradient, expected[name], atol=2e-8, err_msg=name)


# --- gradients ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("loss", "activation"), ENDS)
def test_gradients_of_every_loss(loss, activation):
    assert_gradients_are_differences(problem(ending(loss, activation)))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradients_through_every_hidden_activation(activation):
    assert_gradients_are_differences(problem(network(Dense(5, activation), OUT)))


@pytest.mark.parametrize("layers", LAYERS.values(), ids=LAYERS)
@pytest.mark.parametrize("seed", [0, 1])
def test_gradients_through_every_layer(layers, seed):
    assert_gradients_are_differences(problem(network(*layers), seed=seed), seed)


def test_gradients_of_images():
    assert_gradients_are_differences(
        problem(network(Flatten(), Dense(5, "relu"), OUT, inputs=(2, 3)))
    )


SMALL_ENOUGH = [name for name in every() if not name.startswith("mnist")]


@pytest.mark.parametrize("name", SMALL_ENOUGH)
def test_gradients_of_the_lectures_networks(name):
    assert_gradients_are_differences(problem(every()[name]))


def test_the_lectures_backpropagation():
    """Section 4 of shared/lecture.md; its loss is half of the squared error."""
    net = network(Dense(2), Dense(1), inputs=(2,))
    weights = {
        "layer0.kernel": np.diag([1.0, -1]),
        "layer0.bias": np.zeros(2),
        "layer1.kernel": np.array([[1.0], [2]]),
        "layer1.bias": np.zeros(1),
    }
    x, y = np.ones((1, 2)), np.ones((1, 1))
    worked = mlp(problem(net), weights)
    outputs, loss = worked.forward(x, y)
    assert (outputs, loss / 2) == (-1, 2)
    _, gradients = worked.backward(x, y)
    np.testing.assert_array_equal(np.diag(gradients["layer0.kernel"]) / 2, [-2, -4])
    np.testing.assert_array_equal(gradients["layer1.kernel"][:, 0] / 2, [-2, 2])


# --- passes -------------------------------------------------------------------------------------

EVERY_LAYER = network(
    Flatten(),
    Dense(5, "relu", l2=0.1),
    Dropout(0.4),
    BatchNorm(),
    DropConnect(4, 0.4, "tanh"),
    OUT,
    inputs=(2, 3),
)


def test_a_seed_drops_the_same_and_another_another():
    given = problem(EVERY_LAYER)
    first, again, other = (mlp(given, seed=s).forward(given.x, given.y)[1] for s in (0, 0, 1))
    assert first == again != other


def test_forward_and_backward_give_the_same_loss():
    given = problem(EVERY_LAYER)
    assert mlp(given).forward(given.x, given.y)[1] == mlp(given).backward(given.x, given.y)[0]


def test_prediction_drops_nothing_and_leaves_no_trace():
    given = problem(EVERY_LAYER)
    predicting = mlp(given)
    outputs = predicting.predict(given.x)
    np.testing.assert_array_equal(predicting.predict(given.x), outputs)
    bare = problem(without_dropout(EVERY_LAYER))
    np.testing.assert_array_equal(mlp(bare).predict(bare.x), outputs)


def test_prediction_and_training_differ_where_there_is_batch_norm():
    given = problem(network(Dense(5), BatchNorm(), OUT))
    outputs, _ = mlp(given).forward(given.x, given.y)
    assert not np.allclose(outputs, mlp(given).predict(given.x))


def test_outputs_have_the_last_activation_though_the_loss_takes_logits():
    given = problem(ending("sparse_categorical_crossentropy", "softmax"))
    for outputs in (mlp(given).predict(given.x), mlp(given).forward(given.x, given.y)[0]):
        np.testing.assert_allclose(outputs.sum(axis=1), 1)


def test_l2_is_in_the_loss_and_not_in_the_outputs():
    plain, heavy = (problem(network(Dense(UNITS, l2=l2))) for l2 in (0.0, 0.5))
    (outputs, loss), (same, more) = (mlp(p).forward(p.x, p.y) for p in (plain, heavy))
    np.testing.assert_array_equal(outputs, same)
    assert more - loss == pytest.approx(0.5 * (plain.weights["layer0.kernel"] ** 2).sum())


@pytest.mark.parametrize(
    "optimizer", [SGD(0.1), SGD(0.1, 0.9), Adagrad(0.1), RMSprop(0.1), Adam(0.1)], ids=repr
)
def test_a_training_step_returns_the_loss_before_it_and_learns(optimizer):
    given = problem(network(Dense(5, "tanh"), OUT, optimizer=optimizer))
    learning = mlp(given)
    _, before = mlp(given).forward(given.x, given.y)
    losses = [learning.train_step(given.x, given.y) for _ in range(50)]
    assert losses[0] == before
    assert losses[-1] < losses[0] / 2


def test_a_training_step_changes_the_weights_that_it_was_given():
    given = problem(network(OUT, optimizer=SGD(0.5)))
    learning = mlp(given)
    kernel = learning.weights["layer0.kernel"]
    _, gradients = mlp(given).backward(given.x, given.y)
    learning.train_step(given.x, given.y)
    np.testing.assert_allclose(
        kernel, given.weights["layer0.kernel"] - 0.5 * gradients["layer0.kernel"]
    )


def test_float32_stays_float32():
    given = problem(EVERY_LAYER, "float32")
    learning = mlp(given)
    loss, gradients = learning.backward(given.x, given.y)
    learning.train_step(given.x, given.y)
    arrays = [*learning.forward(given.x, given.y), learning.predict(given.x), loss]
    arrays += [*gradients.values(), *learning.weights.values()]
    assert {array.dtype for array in arrays} == {np.dtype(np.float32)}
