"""Layers one by one: values by hand, what is dropped, and running statistics."""

import numpy as np
import pytest

from dlbench.records.layers import BatchNorm, Dense, DropConnect, Dropout, Flatten
from dlbench.reference.ops import OPS

WIDE = (500, 200)
RATE = 0.3


def op(layer, seed=0, **weights):
    arrays = {name: np.asarray(weight, float) for name, weight in weights.items()}
    return OPS[type(layer)](layer, arrays, np.random.default_rng(seed))


def dense(layer, inputs, units):
    return op(layer, kernel=np.ones((inputs, units)), bias=np.zeros(units))


def train(layer_op, x):
    return layer_op.forward(x, training=True)


def predict(layer_op, x):
    return layer_op.forward(x, training=False)


def back(layer_op, delta, *, need_input=True):
    return layer_op.backward(delta, need_input=need_input)


# --- flatten ------------------------------------------------------------------------------------


def test_flatten_makes_rows_and_back():
    x = np.arange(24.0).reshape(2, 3, 4)
    flatten = op(Flatten())
    rows = train(flatten, x)
    np.testing.assert_array_equal(rows, np.arange(24).reshape(2, 12))
    np.testing.assert_array_equal(back(flatten, rows)[0], x)


# --- dense --------------------------------------------------------------------------------------


def test_dense_by_hand():
    layer = op(Dense(2, "relu"), kernel=[[1, 2], [3, -4]], bias=[0.5, 0])
    x = np.array([[1.0, 1], [0, -1]])
    np.testing.assert_array_equal(train(layer, x), [[4.5, 0], [0, 4]])
    delta, gradients = back(layer, np.array([[1.0, 10], [100, 1000]]))
    np.testing.assert_array_equal(gradients["kernel"], [[1, 0], [1, -1000]])
    np.testing.assert_array_equal(gradients["bias"], [1, 1000])
    np.testing.assert_array_equal(delta, [[1, 3], [2000, -4000]])


def test_the_last_layer_leaves_its_activation_to_the_head():
    layer = op(Dense(2, "relu"), kernel=np.eye(2), bias=[0, 0])
    layer.last = True
    np.testing.assert_array_equal(train(layer, np.array([[-1.0, 1]])), [[-1, 1]])
    np.testing.assert_array_equal(back(layer, np.ones((1, 2)))[0], [[1, 1]])


def test_l2_adds_its_factor_times_the_squares_of_the_kernel_alone():
    layer = op(Dense(2, l2=0.1), kernel=[[1, 2], [3, -4]], bias=[50, 60])
    assert layer.penalty() == pytest.approx(0.1 * 30)
    train(layer, np.zeros((1, 2)))
    _, gradients = back(layer, np.zeros((1, 2)))
    np.testing.assert_allclose(gradients["kernel"], [[0.2, 0.4], [0.6, -0.8]])
    np.testing.assert_array_equal(gradients["bias"], 0)


@pytest.mark.parametrize(
    "layer",
    [op(Flatten()), op(Dropout(0.5)), op(BatchNorm(), gamma=[1], beta=[0]), dense(Dense(3), 2, 3)],
)
def test_without_l2_there_is_no_penalty(layer):
    assert layer.penalty() == 0


# --- dropout ------------------------------------------------------------------------------------


def test_dropout_drops_its_share_and_scales_the_rest():
    dropout = op(Dropout(RATE))
    dropped = train(dropout, np.ones(WIDE))
    assert np.unique(dropped) == pytest.approx([0, 1 / (1 - RATE)])
    # five standard deviations of a binomial share
    assert (dropped == 0).mean() == pytest.approx(RATE, abs=5 * (0.21 / dropped.size) ** 0.5)
    assert dropped.mean() == pytest.approx(1, abs=0.01)


def test_dropout_sends_back_through_what_it_kept():
    dropout = op(Dropout(RATE))
    dropped = train(dropout, np.ones(WIDE))
    np.testing.assert_array_equal(back(dropout, np.ones(WIDE))[0], dropped)


def test_dropout_draws_anew_each_time_and_the_same_from_the_same_seed():
    first, again = op(Dropout(RATE), seed=1), op(Dropout(RATE), seed=1)
    once = train(first, np.ones(WIDE))
    np.testing.assert_array_equal(once, train(again, np.ones(WIDE)))
    assert not np.array_equal(once, train(first, np.ones(WIDE)))


@pytest.mark.parametrize(
    "run", [lambda x: predict(op(Dropout(RATE)), x), lambda x: train(op(Dropout(0.0)), x)]
)
def test_dropout_does_nothing_in_inference_or_at_rate_0(run):
    x = np.ones(WIDE)
    np.testing.assert_array_equal(run(x), x)


# --- dropconnect --------------------------------------------------------------------------------


def test_dropconnect_drops_the_same_weights_for_the_whole_batch():
    layer = dense(DropConnect(WIDE[1], RATE), WIDE[0], WIDE[1])
    found = train(layer, np.eye(WIDE[0]))  # the kernel itself
    assert np.unique(found) == pytest.approx([0, 1 / (1 - RATE)])
    assert (found == 0).mean() == pytest.approx(RATE, abs=5 * (0.21 / found.size) ** 0.5)
    rows = train(layer, np.ones((3, WIDE[0])))
    np.testing.assert_array_equal(rows[0], rows[1])


def test_dropconnect_sends_back_through_the_weights_that_it_kept():
    layer = dense(DropConnect(4, 0.5), 5, 4)
    used = train(layer, np.eye(5))
    delta, gradients = back(layer, np.ones((5, 4)))
    np.testing.assert_array_equal(gradients["kernel"], used)
    np.testing.assert_array_equal(gradients["bias"], 5)
    np.testing.assert_array_equal(delta, np.ones((5, 4)) @ used.T)


@pytest.mark.parametrize(("rate", "run"), [(0.5, predict), (0.0, train)])
def test_dropconnect_is_dense_in_inference_or_at_rate_0(rate, run):
    rng = np.random.default_rng(0)
    x, weights = rng.standard_normal((3, 5)), {"kernel": rng.random((5, 4)), "bias": rng.random(4)}
    layer, same = op(DropConnect(4, rate, "tanh"), **weights), op(Dense(4, "tanh"), **weights)
    np.testing.assert_array_equal(run(layer, x), run(same, x))
    for found, expected in zip(back(layer, x[:, :4]), back(same, x[:, :4]), strict=True):
        np.testing.assert_equal(found, expected)


# --- batch norm ---------------------------------------------------------------------------------


def norm(momentum=0.9, epsilon=0.0, gamma=(1, 1), beta=(0, 0)):
    return op(BatchNorm(momentum, epsilon), gamma=gamma, beta=beta)


BATCH = np.array([[1.0, 10], [3, 10.5], [5, 11]])
MEAN, VARIANCE = np.array([3, 10.5]), np.array([8 / 3, 1 / 6])


def test_batch_norm_by_hand():
    """The lecture's formula: the biased variance of the batch."""
    found = train(norm(epsilon=0.5, gamma=(2, 1), beta=(0, 7)), BATCH)
    normal = (BATCH - MEAN) / np.sqrt(VARIANCE + 0.5)
    np.testing.assert_allclose(found, normal * [2, 1] + [0, 7])


def test_batch_norm_centres_and_scales_every_column():
    found = train(norm(), np.random.default_rng(0).uniform(3, 9, (64, 2)))
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=1e-14)
    np.testing.assert_allclose(found.var(axis=0), 1)


def test_running_statistics_start_at_mean_0_and_variance_1():
    np.testing.assert_array_equal(predict(norm(), BATCH), BATCH)


def test_running_statistics_move_by_one_minus_momentum_in_training_only():
    layer = norm(momentum=0.9)
    for _ in range(2):
        train(layer, BATCH)
        predict(layer, 100 * BATCH)
    np.testing.assert_allclose(layer.mean, (1 - 0.9**2) * MEAN)
    np.testing.assert_allclose(layer.variance, 0.9**2 + (1 - 0.9**2) * VARIANCE)
    expected = (BATCH - layer.mean) / np.sqrt(layer.variance)
    np.testing.assert_allclose(predict(layer, BATCH), expected)


def test_batch_norm_sends_nothing_back_along_a_shift_or_a_scale():
    """Neither changes what comes out, so the gradient is at right angles to both."""
    layer = norm()
    train(layer, BATCH)
    delta, _ = back(layer, np.array([[1.0, -2], [0.5, 3], [4, 1]]))
    np.testing.assert_allclose(delta.sum(axis=0), 0, atol=1e-14)
    np.testing.assert_allclose((delta * (BATCH - MEAN)).sum(axis=0), 0, atol=1e-14)


def test_batch_norm_at_the_bottom_gives_its_own_gradients_alone():
    layer = norm()
    normal, delta = train(layer, BATCH), np.array([[1.0, -2], [0.5, 3], [4, 1]])
    _, gradients = back(layer, delta, need_input=False)
    np.testing.assert_allclose(gradients["beta"], [5.5, 2])
    np.testing.assert_allclose(gradients["gamma"], (delta * normal).sum(axis=0))
