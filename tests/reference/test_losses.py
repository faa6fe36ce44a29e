"""Losses: values by hand, gradients by differences, and the lecture's worked classifier."""

from typing import get_args

import numpy as np
import pytest

from dlbench.records.layers import LAST_ACTIVATIONS, Dense, Loss
from dlbench.reference.losses import FUSED, LOSSES, head_of, labels, one_hot
from fakes.networks import ENDS, UNITS, ending, network, problem

H = 1e-6
every_end = pytest.mark.parametrize(("loss", "activation"), ENDS)


def head(loss, activation="linear"):
    return head_of(network(Dense(UNITS, activation), loss=loss))


def drawn(loss, activation):
    """A head, pre-activations away from kinks, and targets."""
    given = problem(ending(loss, activation))
    z = np.random.default_rng(5).standard_normal((len(given.y), UNITS))
    return head_of(given.network), z, given.y


@pytest.mark.parametrize(
    ("loss", "activation", "z", "y", "value"),
    [
        ("mse", "linear", [[1, 2], [3, 4]], [[1, 1], [1, 1]], (0 + 1 + 4 + 9) / 4),
        ("mae", "linear", [[1, 2], [3, 4]], [[1, 1], [1, 5]], (0 + 1 + 2 + 1) / 4),
        ("hinge", "linear", [[0.5], [-2], [3]], [[1], [1], [1]], (0.5 + 3 + 0) / 3),
        ("half_mse", "linear", [[1, 2], [3, 4]], [[1, 1], [1, 1]], (0 + 1 + 4 + 9) / 8),
        ("logistic", "linear", [[0], [-np.log(3)]], [[1], [1]], (np.log(2) + np.log(4)) / 2),
        ("zero_one", "linear", [[0.5], [-2], [3], [0]], [[1], [1], [-1], [1]], 3 / 4),
        ("binary_crossentropy", "linear", [[0], [0]], [[0], [1]], np.log(2)),
        ("binary_crossentropy", "sigmoid", [[np.log(3)]], [[0]], -np.log(0.25)),
        ("sparse_categorical_crossentropy", "linear", [[0, 0, 0, 0]], [2], np.log(4)),
        ("sparse_categorical_crossentropy", "softmax", [[0, np.log(3)]], [0], -np.log(0.25)),
        ("nll", "log_softmax", [[0, np.log(3)]], [1], -np.log(0.75)),
        ("categorical_crossentropy", "linear", [[0, 0]], [[0.5, 0.5]], np.log(2)),
        (
            "categorical_crossentropy",
            "softmax",
            [[0, np.log(3)]],
            [[0.5, 0.5]],
            -0.5 * np.log(0.25 * 0.75),
        ),
        # the example in the documentation of torch.nn.MultiLabelMarginLoss
        ("multilabel_margin", "linear", [[0.1, 0.2, 0.4, 0.8]], [[3, 0, -1, -1]], 0.85),
        ("multilabel_margin", "linear", [[0.1, 0.2]], [[-1, -1]], 0),
    ],
)
def test_values_by_hand(loss, activation, z, y, value):
    found = head(loss, activation).loss(np.array(z, float), np.array(y))
    assert found == pytest.approx(value, rel=1e-14)


def assert_delta_is_the_gradient(end, z, y):
    expected = np.empty_like(z)
    for at in np.ndindex(z.shape):
        step = np.zeros_like(z)
        step[at] = H
        expected[at] = (end.loss(z + step, y) - end.loss(z - step, y)) / (2 * H)
    np.testing.assert_allclose(end.delta(z, y), expected, atol=1e-9)


@every_end
def test_delta_is_the_gradient_of_the_loss(loss, activation):
    assert_delta_is_the_gradient(*drawn(loss, activation))


def test_targets_of_categorical_cross_entropy_need_not_add_up_to_1():
    assert_delta_is_the_gradient(
        head("categorical_crossentropy"),
        np.array([[0.3, -1, 0.5], [2, 0, 1]]),
        np.array([[1.0, 0.5, 0], [0, 0, 0]]),
    )


@every_end
def test_float32_stays_float32(loss, activation):
    end, z, y = drawn(loss, activation)
    z, y = (a.astype(np.float32) if a.dtype.kind == "f" else a for a in (z, y))
    assert end.loss(z, y).dtype == end.delta(z, y).dtype == end.outputs(z).dtype == np.float32


@pytest.mark.parametrize(
    ("loss", "activation"),
    [
        ("sparse_categorical_crossentropy", "softmax"),
        ("categorical_crossentropy", "softmax"),
        ("binary_crossentropy", "sigmoid"),
        ("nll", "log_softmax"),
    ],
)
def test_confident_and_wrong_is_a_large_loss_and_not_infinity(loss, activation):
    y = {
        "categorical_crossentropy": np.eye(UNITS)[[1]],
        "binary_crossentropy": np.array([[0.0, 1, 1]]),
    }
    z = np.array([[1e4, -1e4, -1e4]])
    end, target = head(loss, activation), y.get(loss, np.array([1]))
    assert 1e4 <= end.loss(z, target) <= 2e4
    assert np.isfinite(end.delta(z, target)).all()


@pytest.mark.parametrize("activation", ["linear", "softmax"])
def test_categorical_and_sparse_are_the_same_for_certain_targets(activation):
    z, y = np.random.default_rng(0).standard_normal((4, UNITS)), np.array([2, 0, 1, 2])
    sparse = head("sparse_categorical_crossentropy", activation)
    categorical = head("categorical_crossentropy", activation)
    rows = one_hot(y, z)
    assert sparse.loss(z, y) == pytest.approx(categorical.loss(z, rows), rel=1e-14)
    np.testing.assert_allclose(sparse.delta(z, y), categorical.delta(z, rows), atol=1e-16)


def test_logits_and_probabilities_have_the_same_loss_and_different_outputs():
    z, y = np.random.default_rng(0).standard_normal((4, UNITS)), np.array([2, 0, 1, 2])
    logits, softmax = (head("sparse_categorical_crossentropy", a) for a in ("linear", "softmax"))
    assert logits.loss(z, y) == softmax.loss(z, y)
    np.testing.assert_array_equal(logits.outputs(z), z)
    np.testing.assert_allclose(softmax.outputs(z).sum(axis=1), 1)


def test_one_hot_takes_shape_and_type_of_what_it_is_compared_with():
    rows = one_hot(np.array([2, 0]), np.full((2, 3), 7, np.float32))
    np.testing.assert_array_equal(rows, [[0, 0, 1], [1, 0, 0]])
    assert rows.dtype == np.float32


def test_at_its_kink_the_gradient_of_mae_is_0():
    """As in both frameworks; the fruit networks that end in a constant 1 sit exactly there."""
    np.testing.assert_array_equal(LOSSES["mae"].gradient(np.ones((1, 1)), np.ones((1, 1))), 0)


def test_the_lectures_linear_classifier():
    """Section 4 of shared/lecture.md; its zero-one losses are 0, 1, 0."""
    x, y = np.array([[0.0, 2], [-2, 0], [1, -1]]), np.array([[1.0], [1], [-1]])
    score = x @ np.array([[0.5], [1]])
    np.testing.assert_array_equal((np.sign(score) != y)[:, 0], [False, True, False])
    assert head("hinge").loss(score, y) == (0 + 2 + 0.5) / 3
    logistic = np.log(1 + np.exp(-score * y)).mean()
    bits = (y + 1) / 2
    assert head("binary_crossentropy").loss(score, bits) == pytest.approx(logistic, rel=1e-14)


def test_the_ends_that_a_suite_may_ask_for_are_those_that_are_computed():
    assert set(LAST_ACTIVATIONS) == set(FUSED)
    assert set(LOSSES) | set(LAST_ACTIVATIONS) == set(get_args(Loss))
    assert not set(LOSSES) & set(LAST_ACTIVATIONS)


# --- labels -------------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ["softmax", "linear"])
def test_the_label_of_several_outputs_is_the_largest(activation):
    last = network(Dense(3, activation), loss="sparse_categorical_crossentropy")
    found = labels(last, np.array([[0.1, 0.7, 0.2], [0.5, 0.3, 0.2], [0.0, 0.1, 0.9]]))
    assert found.tolist() == [1, 0, 2]


def test_the_label_of_a_probability_is_whether_it_is_above_a_half():
    last = network(Dense(1, "sigmoid"), loss="binary_crossentropy")
    found = labels(last, np.array([[0.4], [0.6], [0.5], [1.0]]))
    assert found.tolist() == [[0], [1], [0], [1]]
    assert found.dtype == np.float32


def test_the_label_of_a_logit_is_its_sign():
    last = network(Dense(1), loss="binary_crossentropy")
    assert labels(last, np.array([[-0.1], [0.1], [0.0]])).tolist() == [[0], [1], [0]]
