"""Layers of sequences: values by hand, and every gradient by differences, in float64."""

from math import exp, tanh

import numpy as np
import pytest

from dlbench.records.layers import Dense, Dropout, Flatten, LayerNorm
from dlbench.records.sequences import GRU, LSTM, Embedding, SimpleRNN
from dlbench.reference.draws import initial_weights
from dlbench.reference.kinks import kink_slack, magnitudes
from dlbench.reference.ops import OPS
from fakes.networks import UNITS, differences, mlp, network, problem

STEPS, VALUES = 4, 3
OUT = Dense(UNITS)


def sigmoid(z):
    return 1 / (1 + exp(-z))


def op(layer, **weights):
    arrays = {name: np.asarray(weight, float) for name, weight in weights.items()}
    return OPS[type(layer)](layer, arrays, np.random.default_rng(0))


# --- values by hand -----------------------------------------------------------------------------


def test_two_steps_of_an_lstm_by_hand():
    """Gates in the order input, forget, cell, output."""
    kernel, recurrent, bias = [0.1, 0.2, 0.3, 0.4], [0.5, 0.6, 0.7, 0.8], [0.0, 1.0, 0.1, 0.2]
    h = c = 0.0
    expected = []
    for x in (1.0, -2.0):
        i, f, g, o = (x * w + h * r + b for w, r, b in zip(kernel, recurrent, bias, strict=True))
        c = sigmoid(f) * c + sigmoid(i) * tanh(g)
        h = sigmoid(o) * tanh(c)
        expected.append(h)
    weights = {"kernel": [kernel], "recurrent_kernel": [recurrent], "bias": bias}
    every = op(LSTM(1, return_sequences=True), **weights)
    last = op(LSTM(1), **weights)
    x = np.array([[[1.0], [-2.0]]])
    np.testing.assert_allclose(every.forward(x, training=True)[0, :, 0], expected, rtol=1e-12)
    np.testing.assert_allclose(last.forward(x, training=True)[0], expected[-1:], rtol=1e-12)


def test_two_steps_of_a_simple_rnn_by_hand():
    first = tanh(0.1 * 1.0 + 0.3)
    second = tanh(0.1 * -2.0 + 0.5 * first + 0.3)
    layer = op(
        SimpleRNN(1, return_sequences=True), kernel=[[0.1]], recurrent_kernel=[[0.5]], bias=[0.3]
    )
    outputs = layer.forward(np.array([[[1.0], [-2.0]]]), training=True)
    np.testing.assert_allclose(outputs[0, :, 0], [first, second], rtol=1e-12)


def test_two_steps_of_a_gru_by_hand():
    """Gates in the order update, reset, candidate; the bias of the state is inside the reset."""
    kernel, recurrent = [0.1, 0.2, 0.3], [0.5, 0.6, 0.7]
    bias, inner = [0.0, 1.0, 0.1], [0.3, -0.2, 0.4]
    h = 0.0
    expected = []
    for x in (1.0, -2.0):
        given = [x * w + b for w, b in zip(kernel, bias, strict=True)]
        state = [h * w + b for w, b in zip(recurrent, inner, strict=True)]
        z, r = (sigmoid(a + b) for a, b in zip(given[:2], state[:2], strict=True))
        h = z * h + (1 - z) * tanh(given[2] + r * state[2])
        expected.append(h)
    weights = {"kernel": [kernel], "recurrent_kernel": [recurrent], "bias": [bias, inner]}
    outputs = op(GRU(1, return_sequences=True), **weights).forward(
        np.array([[[1.0], [-2.0]]]), training=True
    )
    np.testing.assert_allclose(outputs[0, :, 0], expected, rtol=1e-12)


def test_an_lstm_starts_with_an_orthonormal_recurrent_kernel_and_open_forget_gates():
    weights = initial_weights(network(LSTM(3), OUT, inputs=(STEPS, VALUES)), seed=0)
    recurrent = weights["layer0.recurrent_kernel"]
    np.testing.assert_allclose(recurrent @ recurrent.T, np.eye(3), atol=1e-12)
    np.testing.assert_array_equal(weights["layer0.bias"], [0] * 3 + [1] * 3 + [0] * 6)


# --- gradients ----------------------------------------------------------------------------------

NETWORKS = {
    "lstm": (LSTM(4), OUT),
    "lstm of all steps": (LSTM(4, return_sequences=True), Flatten(), OUT),
    "lstm on lstm": (LSTM(4, return_sequences=True), LSTM(2), OUT),
    "lstm below relu": (LSTM(4), Dense(5, "relu"), OUT),
    "simple rnn": (SimpleRNN(4), OUT),
    "simple rnn of all steps": (SimpleRNN(4, return_sequences=True), Flatten(), OUT),
    "layer norm": (LayerNorm(), LSTM(4), LayerNorm(0.1), Dense(5, "tanh"), OUT),
    "layer norm of all steps": (
        SimpleRNN(4, return_sequences=True),
        LayerNorm(),
        Flatten(),
        LayerNorm(),
        OUT,
    ),
    "gru": (GRU(4), OUT),
    "gru of all steps": (GRU(4, return_sequences=True), GRU(3), Dense(5, "tanh"), OUT),
    "dropout between": (LSTM(4, return_sequences=True), Dropout(0.4), LSTM(3), OUT),
}
TOKENS = (Embedding(7, 3), GRU(4), OUT)
every_network = pytest.mark.parametrize("layers", NETWORKS.values(), ids=NETWORKS)


def given_for(layers):
    return problem(network(*layers, inputs=(STEPS, VALUES)))


@every_network
def test_gradients_are_differences(layers):
    given = given_for(layers)
    _, gradients = mlp(given).backward(given.x, given.y)
    expected = differences(given)
    assert gradients.keys() == expected.keys()
    for name, gradient in gradients.items():
        np.testing.assert_allclose(gradient, expected[name], atol=2e-8, err_msg=name)


def test_the_gradient_of_an_embedding_adds_up_over_all_places_of_a_token():
    given = problem(network(*TOKENS, inputs=(STEPS,)))
    assert set(np.unique(given.x)) <= set(range(7))
    _, gradients = mlp(given).backward(given.x, given.y)
    for name, expected in differences(given).items():
        np.testing.assert_allclose(gradients[name], expected, atol=2e-8, err_msg=name)


@every_network
def test_float32_stays_float32(layers):
    given = problem(network(*layers, inputs=(STEPS, VALUES)), "float32")
    loss, gradients = mlp(given).backward(given.x, given.y)
    assert {array.dtype for array in (loss, *gradients.values())} == {np.dtype(np.float32)}


# --- kinks and cancellation -----------------------------------------------------------------------


@every_network
def test_without_a_kink_there_is_no_slack(layers):
    given = given_for(layers)
    for name, allowed in kink_slack(mlp(given), given.x, given.y, 1e-9).items():
        np.testing.assert_array_equal(allowed, 0, err_msg=name)


def test_the_slack_covers_the_jump_across_a_relu_above():
    def at(side):
        given = given_for(
            (
                LSTM(4, return_sequences=True),
                GRU(4, return_sequences=True),
                SimpleRNN(3),
                Dense(5, "relu"),
                OUT,
            )
        )
        probe = mlp(given)
        probe.logits(given.x, training=True)
        given.weights["layer3.bias"][2] += side * 1e-12 - probe.ops[3].z[1, 2]
        return given

    left, right = at(-1), at(1)
    before, after = (mlp(one).backward(one.x, one.y)[1] for one in (left, right))
    assert np.abs(after["layer0.kernel"] - before["layer0.kernel"]).max() > 1e-6
    for one in (left, right):
        allowed = kink_slack(mlp(one), one.x, one.y, 1e-7)
        for name, most in allowed.items():
            jump = np.abs(after[name] - before[name])
            assert (jump <= most * (1 + 1e-6) + 1e-9).all(), name


@every_network
def test_magnitudes_are_at_least_the_gradients(layers):
    given = given_for(layers)
    worked = mlp(given)
    _, found = worked.backward(given.x, given.y)
    allowed = magnitudes(worked)
    assert allowed.keys() == found.keys()
    for name, gradient in found.items():
        assert (allowed[name] >= np.abs(gradient) * (1 - 1e-12)).all(), name
