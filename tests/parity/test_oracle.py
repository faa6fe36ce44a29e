"""Parity: what holds, what does not, and what cannot be compared."""

from math import inf, nan, sqrt

import msgspec
import numpy as np
import pytest

from dlbench.parity.oracle import (
    LARGEST_TOLERANCE,
    ROUNDINGS_OF_A_NETWORK,
    ROUNDINGS_OF_A_PRODUCT,
    C,
    Expected,
    Oracle,
    check,
    relative_tolerance,
)
from dlbench.records.base import DTYPES
from dlbench.records.layers import Adam, Dense
from dlbench.records.measurement import ParityCheck
from dlbench.reference.arrays import cast, upcast
from dlbench.reference.mlp import MLP
from fakes.networks import UNITS, network, problem

# Powers of two, so that every figure here is exact.
TOLERANCE = 2.0**-10
WANT = np.array([[1.0, -8.0], [0.5, 2.0]])
LARGEST = 8.0


def one(want, got, slack=0.0, tolerance=TOLERANCE):
    found = check({"q": Expected(np.asarray(want), slack)}, {"q": np.asarray(got)}, tolerance)
    assert [part.quantity for part in found] == ["q"]
    return found[0]


def off_by(difference, at=(0, 0)):
    got = WANT.copy()
    got[at] += difference
    return got


# --- the tolerance ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dtype", "eps"), [("float32", 2.0**-23), ("float64", 2.0**-52), ("tf32", 2.0**-10)]
)
def test_the_tolerance_grows_with_the_root_of_the_longest_sum(dtype, eps):
    assert DTYPES[dtype].eps == eps
    assert relative_tolerance(dtype, 1) == min(C * eps, LARGEST_TOLERANCE)
    assert relative_tolerance(dtype, 784) == min(C * eps * 28, LARGEST_TOLERANCE)
    assert relative_tolerance(dtype, 2) == min(C * eps * sqrt(2), LARGEST_TOLERANCE)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [64, 1024, 4096])
def test_in_every_dtype_a_product_that_is_wrong_as_a_whole_fails(dtype, size):
    product = np.random.default_rng(0).standard_normal((8, 8)) * sqrt(size)
    for wrong in (product * 0, product * 2, product / 2, product * 1.02):
        (found,) = check(
            {"product": Expected(product)}, {"product": wrong}, relative_tolerance(dtype, size)
        )
        assert not found.passed


SIXTEEN_BITS = [("bfloat16", 2.0**-8), ("float16", 2.0**-11), ("autocast-bfloat16", 2.0**-8)]


@pytest.mark.parametrize(("dtype", "rounding"), SIXTEEN_BITS)
def test_where_sums_are_exact_the_tolerance_is_of_roundings(dtype, rounding):
    """Of few in a product and of more in a network, however long the sums: these are float32's."""
    of_sum = relative_tolerance("float32", 4096)
    for roundings in (ROUNDINGS_OF_A_PRODUCT, ROUNDINGS_OF_A_NETWORK):
        found = relative_tolerance(dtype, 4096, roundings)
        assert found == min(
            roundings * rounding + of_sum, max(LARGEST_TOLERANCE, roundings * rounding)
        )
    assert relative_tolerance(dtype, 1) - relative_tolerance(dtype, 4096) < of_sum


@pytest.mark.parametrize(("dtype", "_"), SIXTEEN_BITS)
def test_what_is_rounded_as_it_must_be_passes_and_a_step_not_taken_does_not(dtype, _):
    given = problem(network(Dense(8, "relu"), Dense(UNITS), optimizer=Adam(0.01)), dtype)
    oracle = Oracle(given.network, given, dtype)
    mlp = exact(given)
    loss = mlp.train_step(upcast(given.x), upcast(given.y))
    right = {"loss": np.array(loss), **{f"weight/{n}": w for n, w in mlp.weights.items()}}
    stored = {name: cast(value, DTYPES[dtype].storage) for name, value in right.items()}
    assert all(check.passed for check in oracle.compare("train_step", stored))
    idle = {**stored, **{f"weight/{name}": weight for name, weight in given.weights.items()}}
    assert any(not check.passed for check in oracle.compare("train_step", idle))


@pytest.mark.parametrize(("dtype", "_"), SIXTEEN_BITS)
@pytest.mark.parametrize("wrong", [0.0, -1.0, 0.5, 2.0])
def test_a_gradient_that_is_wrong_as_a_whole_fails(dtype, wrong, _):
    given = problem(network(Dense(8, "tanh"), Dense(UNITS)), dtype)
    loss, gradients = exact(given).backward(upcast(given.x), upcast(given.y))
    got = {"loss": loss, **{f"gradient/{name}": wrong * g for name, g in gradients.items()}}
    checks = Oracle(given.network, given, dtype).compare("backward", got)
    assert [check.quantity for check in checks if check.passed] == ["loss"]


def exact(given):
    return MLP(
        given.network, {name: upcast(weight).copy() for name, weight in given.weights.items()}
    )


def test_the_tolerances_of_all_types_leave_room_for_a_verdict():
    """At the longest sums of the lecture and of the suites, all are well below one."""
    assert relative_tolerance("float32", 4096) < 2e-4
    assert relative_tolerance("float64", 4096) < 1e-12


# --- the verdict --------------------------------------------------------------------------------


def test_equal_arrays_agree():
    assert one(WANT, WANT) == ParityCheck("q", 0.0, TOLERANCE)


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("at", [(0, 0), (0, 1), (1, 1)])
def test_a_difference_is_told_by_the_largest_magnitude_of_the_quantity(at, sign):
    assert one(WANT, off_by(sign * 4.0, at)).error == 4.0 / LARGEST


def test_a_difference_at_the_tolerance_holds_and_the_next_number_does_not():
    limit = TOLERANCE * LARGEST
    assert one(WANT, off_by(limit)).passed
    assert not one(WANT, off_by(np.nextafter(limit, 1) * (1 + 1e-9))).passed


def test_the_worst_element_is_told():
    got = WANT + np.diag([2.0, -4.0])
    assert one(WANT, got).error == 4.0 / LARGEST


def test_the_largest_magnitude_is_that_of_what_is_expected():
    got = off_by(1000 * LARGEST)
    assert one(WANT, got).error == 1000.0


@pytest.mark.parametrize("shape", [(), (1,), (3, 2)])
def test_a_quantity_that_is_0_everywhere_is_compared_absolutely(shape):
    zeros = np.zeros(shape)
    assert one(zeros, zeros) == ParityCheck("q", 0.0, TOLERANCE)
    assert one(zeros, zeros + TOLERANCE).passed
    assert one(zeros, zeros - 0.25) == ParityCheck("q", 0.25, TOLERANCE)


def test_the_result_is_compared_in_float64():
    want = np.array([1 + 2.0**-40])
    assert one(want, want.astype(np.float32)).error == pytest.approx(2.0**-40)


# --- slack --------------------------------------------------------------------------------------


def test_slack_is_absolute_and_added_to_the_tolerance():
    limit = TOLERANCE * LARGEST + 0.5
    within, beyond = (one(WANT, off_by(d), slack=0.5) for d in (limit, 1.01 * limit))
    assert within == ParityCheck("q", limit / LARGEST, limit / LARGEST)
    assert not beyond.passed


def test_slack_holds_for_its_own_element_and_no_other():
    slack = np.array([[0.5, 0], [0, 0]])
    assert one(WANT, off_by(0.5, (0, 0)), slack).passed
    assert not one(WANT, off_by(0.5, (1, 1)), slack).passed


def test_the_worst_element_is_the_worst_by_its_own_allowance():
    slack = np.array([[8.0, 0], [0, 0]])
    got = WANT + np.diag([4.0, 2 * TOLERANCE * LARGEST])
    assert one(WANT, got, slack) == ParityCheck("q", 2 * TOLERANCE, TOLERANCE)


# --- what is not a number -------------------------------------------------------------------------


@pytest.mark.parametrize("value", [nan, inf, -inf])
def test_a_result_that_is_not_finite_has_no_error_and_does_not_hold(value):
    got = WANT.copy()
    got[1, 0] = value
    assert one(WANT, got) == ParityCheck("q", None, TOLERANCE)
    assert not one(WANT, got).passed


def test_no_slack_forgives_what_is_not_finite():
    assert not one(WANT, np.full_like(WANT, nan), slack=1e9).passed
    assert not one(WANT, np.full_like(WANT, inf), slack=1e9).passed


def test_a_check_without_error_can_be_written_and_read():
    written = msgspec.json.encode(one(WANT, np.full_like(WANT, nan)))
    assert msgspec.json.decode(written, type=ParityCheck).passed is False


# --- what cannot be compared ----------------------------------------------------------------------


@pytest.mark.parametrize("got", [WANT[0], WANT[:1], WANT.ravel(), WANT[..., None], WANT[0, 0]])
def test_another_shape_is_an_error_even_where_it_would_broadcast(got):
    with pytest.raises(ValueError, match="q has shape"):
        one(WANT, got)


@pytest.mark.parametrize("names", [{"loss"}, {"loss", "outputs", "more"}, {"other"}, set()])
def test_other_quantities_are_an_error_that_names_them(names):
    expected = {name: Expected(np.ones(1)) for name in ("loss", "outputs")}
    odd = sorted(names ^ expected.keys())
    with pytest.raises(ValueError, match="different quantities: " + ", ".join(odd)):
        check(expected, {name: np.ones(1) for name in names}, TOLERANCE)


def test_every_quantity_has_a_check_in_the_order_of_the_oracle():
    expected = {name: Expected(np.ones(2)) for name in ("outputs", "loss", "gradient/a")}
    got = {"gradient/a": np.ones(2), "loss": np.zeros(2), "outputs": np.ones(2)}
    found = check(expected, got, TOLERANCE)
    assert [(part.quantity, part.passed) for part in found] == [
        ("outputs", True),
        ("loss", False),
        ("gradient/a", True),
    ]
