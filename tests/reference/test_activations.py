"""Activations: values by hand, derivatives by differences, no overflow."""

import numpy as np
import pytest

from dlbench.reference.activations import ACTIVATIONS, log_softmax, sigmoid, softmax

H = 1e-6
every_activation = pytest.mark.parametrize("name", ACTIVATIONS)


@pytest.mark.parametrize(
    ("name", "z", "a"),
    [
        ("linear", [-1.5, 0, 2], [-1.5, 0, 2]),
        ("relu", [-1.5, 0, 2], [0, 0, 2]),
        ("sigmoid", [0, np.log(3), -np.log(3)], [0.5, 0.75, 0.25]),
        ("tanh", [0, np.log(2), -np.log(2)], [0, 0.6, -0.6]),
        ("softmax", [0, np.log(2), np.log(5)], [1 / 8, 2 / 8, 5 / 8]),
        ("log_softmax", [0, np.log(2), np.log(5)], np.log([1 / 8, 2 / 8, 5 / 8])),
    ],
)
def test_values_by_hand(name, z, a):
    np.testing.assert_allclose(ACTIVATIONS[name].value(np.array([z], float)), [a], rtol=1e-14)


@every_activation
def test_the_derivative_is_that_of_the_value(name):
    rng = np.random.default_rng(3)
    z, weight = rng.standard_normal((2, 4, 3))
    value, backward = ACTIVATIONS[name]
    expected = np.empty_like(z)
    for at in np.ndindex(z.shape):
        step = np.zeros_like(z)
        step[at] = H
        expected[at] = (weight * (value(z + step) - value(z - step))).sum() / (2 * H)
    np.testing.assert_allclose(backward(value(z), weight), expected, atol=1e-9)


@every_activation
def test_huge_inputs_do_not_overflow(name):
    z = np.array([[-1e4, 0, 1e4], [1e4, 1e4, -1e4]], np.float32)
    value, backward = ACTIVATIONS[name]
    assert np.isfinite(value(z)).all()
    assert np.isfinite(backward(value(z), np.ones_like(z))).all()


@every_activation
def test_float32_stays_float32(name):
    z = np.ones((2, 3), np.float32)
    value, backward = ACTIVATIONS[name]
    assert value(z).dtype == backward(value(z), z).dtype == np.float32


def test_the_derivative_of_relu_at_its_kink_is_0():
    value, backward = ACTIVATIONS["relu"]
    np.testing.assert_array_equal(backward(value(np.zeros(1)), np.ones(1)), [0])


def test_softmax_is_a_distribution_that_no_shift_changes():
    z = np.random.default_rng(0).standard_normal((5, 4))
    np.testing.assert_allclose(softmax(z).sum(axis=-1), 1, rtol=1e-14)
    np.testing.assert_allclose(softmax(z + 1000), softmax(z), rtol=1e-12)
    np.testing.assert_allclose(np.exp(log_softmax(z)), softmax(z), rtol=1e-13)


def test_softmax_of_one_unit_is_the_constant_1_with_derivative_0():
    a = softmax(np.array([[-3.0], [0.0], [7.0]]))
    np.testing.assert_array_equal(a, 1)
    np.testing.assert_array_equal(ACTIVATIONS["softmax"].backward(a, np.ones_like(a)), 0)


def test_sigmoid_is_softmax_over_two_units():
    z = np.linspace(-5, 5, 11)
    np.testing.assert_allclose(sigmoid(z), softmax(np.stack([z, 0 * z], axis=-1))[:, 0])
