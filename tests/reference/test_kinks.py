"""Kinks and cancellation: what is allowed for is at least what happens, and mostly nothing."""

import numpy as np
import pytest

from dlbench.records.layers import BatchNorm, Dense, DropConnect, Flatten
from dlbench.reference.kinks import kink_slack, magnitudes
from dlbench.reference.ops import DenseOp
from fakes.networks import UNITS, mlp, network, problem

RELATIVE = 1e-7
TINY = 1e-12
OUT = Dense(UNITS)
RELU = Dense(5, "relu")

# A network, and the layers in which a pre-activation is put next to its kink.
KINKS = {
    "the only hidden layer": ([RELU, OUT], [0]),
    "the upper of two": ([RELU, Dense(4, "relu"), OUT], [1]),
    "the lower of two": ([RELU, Dense(4, "relu"), OUT], [0]),
    "both of two": ([RELU, Dense(4, "relu"), OUT], [0, 1]),
    "above tanh": ([Dense(5, "tanh"), RELU, OUT], [1]),
    "above softmax": ([Dense(5, "softmax"), RELU, OUT], [1]),
    "above log-softmax": ([Dense(5, "log_softmax"), RELU, OUT], [1]),
    "below sigmoid": ([RELU, Dense(5, "sigmoid"), OUT], [0]),
    "below batch norm": ([RELU, BatchNorm(), OUT], [0]),
    "above batch norm": ([Dense(5), BatchNorm(), RELU, OUT], [2]),
    "above batch norm at the bottom": ([BatchNorm(), RELU, OUT], [1]),
    "above dropconnect": ([DropConnect(5, 0.0, "tanh"), RELU, OUT], [1]),
    "after flatten": ([Flatten(), RELU, OUT], [1]),
}
every_kink = pytest.mark.parametrize(("layers", "where"), KINKS.values(), ids=KINKS)


def put_at(given, layer, value, row=1, unit=2):
    """Move a bias so that one pre-activation of the layer has this value."""
    probe = mlp(given)
    probe.logits(given.x, training=True)
    given.weights[f"layer{layer}.bias"][unit] += value - probe.ops[layer].z[row, unit]


def at_kinks(layers, where, seed, side):
    """A problem with a pre-activation on one side of the kink in each of these layers."""
    given = problem(network(*layers), seed=seed)
    for layer in where:
        put_at(given, layer, side * TINY)
    return given


def gradients(given):
    return mlp(given).backward(given.x, given.y)[1]


def slack(given):
    return kink_slack(mlp(given), given.x, given.y, RELATIVE)


def pre_activations(given):
    probe = mlp(given)
    probe.logits(given.x, training=True)
    return [op.z for op in probe.ops if isinstance(op, DenseOp)]


# --- kinks --------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
@every_kink
def test_the_slack_covers_the_jump_across_the_kink(layers, where, seed):
    left, right = (at_kinks(layers, where, seed, side) for side in (-1, 1))
    before, after = gradients(left), gradients(right)
    for allowed in (slack(left), slack(right)):
        assert allowed.keys() == before.keys()
        for name, most in allowed.items():
            jump = np.abs(after[name] - before[name])
            assert (jump <= most * (1 + 1e-6) + 1e-9).all(), name


@pytest.mark.parametrize("seed", range(5))
def test_kinks_of_two_units_in_one_row_do_not_make_up_for_each_other(seed):
    def on(sides):
        given = problem(network(Dense(5), RELU, OUT), seed=seed)
        for unit, side in zip((2, 3), sides, strict=True):
            put_at(given, 1, side * TINY, unit=unit)
        return given

    start = on((-1, -1))
    before, allowed = gradients(start), slack(start)
    for sides in ((-1, 1), (1, -1), (1, 1)):
        for name, gradient in gradients(on(sides)).items():
            assert (np.abs(gradient - before[name]) <= allowed[name] * (1 + 1e-6) + 1e-9).all()


@every_kink
def test_the_jump_is_really_there(layers, where):
    left, right = (at_kinks(layers, where, 0, side) for side in (-1, 1))
    before, after = gradients(left), gradients(right)
    assert max(np.abs(after[name] - before[name]).max() for name in before) > 1e-3


def test_the_slack_of_a_single_kink_is_the_jump():
    left, right = (at_kinks([RELU, OUT], [0], 0, side) for side in (-1, 1))
    jump = np.abs(gradients(right)["layer0.kernel"] - gradients(left)["layer0.kernel"])
    np.testing.assert_allclose(slack(left)["layer0.kernel"], jump, rtol=1e-6, atol=1e-9)


def test_a_kink_is_felt_in_its_unit_and_no_other():
    allowed = slack(at_kinks([RELU, OUT], [0], 0, 1))
    assert (np.flatnonzero(allowed["layer0.bias"]) == [2]).all()
    assert (np.flatnonzero(allowed["layer0.kernel"].any(axis=0)) == [2]).all()
    assert not allowed["layer1.kernel"].any()
    assert not allowed["layer1.bias"].any()


@pytest.mark.parametrize("layers", [layers for layers, _ in KINKS.values()], ids=KINKS)
def test_without_a_pre_activation_near_0_there_is_no_slack(layers):
    given = problem(network(*layers))
    assert min(np.abs(z).min() for z in pre_activations(given)) > 1e-5
    for name, allowed in slack(given).items():
        np.testing.assert_array_equal(allowed, 0, err_msg=name)


@pytest.mark.parametrize("activation", ["linear", "tanh", "sigmoid", "softmax"])
def test_an_activation_without_a_kink_has_no_slack(activation):
    given = at_kinks([Dense(5, activation), OUT], [0], 0, 1)
    assert not any(allowed.any() for allowed in slack(given).values())


def test_near_is_relative_to_the_largest_pre_activation():
    given = problem(network(RELU, OUT))
    largest = np.abs(pre_activations(given)[0]).max()
    for share, near in [(0.9, True), (1.2, False)]:
        put_at(given, 0, share * RELATIVE * largest)
        assert slack(given)["layer0.bias"].any() == near


# --- cancellation -------------------------------------------------------------------------------


def terms(given):
    worked = mlp(given)
    worked.backward(given.x, given.y)
    return magnitudes(worked)


def test_magnitudes_are_at_least_the_gradients():
    given = problem(network(RELU, BatchNorm(), DropConnect(4, 0.0, "tanh"), OUT))
    allowed = terms(given)
    for name, gradient in gradients(given).items():
        assert (allowed[name] >= np.abs(gradient) * (1 - 1e-12)).all()


def test_where_nothing_cancels_magnitudes_are_the_gradients():
    given = problem(network(OUT), rows=1)
    for name, gradient in gradients(given).items():
        np.testing.assert_array_equal(terms(given)[name], np.abs(gradient))


def test_a_bias_before_batch_norm_has_a_gradient_of_0_and_terms_that_are_not():
    given = problem(network(Dense(5), BatchNorm(), OUT))
    assert np.abs(gradients(given)["layer0.bias"]).max() < 1e-15
    assert terms(given)["layer0.bias"].min() > 1e-3
