"""Optimizers: the lecture's worked step, two steps by hand, and what frameworks may reach."""

from math import sqrt

import numpy as np
import pytest

from dlbench.records.layers import SGD, Adagrad, Adam, AdamW, RMSprop
from dlbench.reference.optimizers import bounds, update

# The lecture's worked example, section 4 of shared/lecture.md: lambda = 0.1, no state before it.
W = np.array([[1.0, -1], [1, 2]])
GRADIENT = np.array([[-2.0, -4], [-2, 2]])
DELTA = 5e-5


def after(optimizer, gradients, weight=W):
    """The weight after one step for each gradient."""
    weight, state = weight.copy(), {}
    for gradient in gradients:
        update(optimizer, state, weight, gradient)
    return weight


@pytest.mark.parametrize(
    ("optimizer", "expected", "digits"),
    [
        (SGD(0.1), [[1.2, -0.6], [1.2, 1.8]], 15),
        (SGD(0.1, 0.9), [[1.2, -0.6], [1.2, 1.8]], 15),
        (Adagrad(0.1, DELTA), [[1.1, -0.9], [1.1, 1.9]], 4),
        (RMSprop(0.1, 0.99, DELTA), [[2, 0], [2, 1]], 3),
        (Adam(0.1, 0.9, 0.999, DELTA), [[1.1, -0.9], [1.1, 1.9]], 4),
    ],
)
def test_the_lectures_worked_step(optimizer, expected, digits):
    np.testing.assert_allclose(after(optimizer, [GRADIENT]), expected, atol=10.0**-digits)


# --- two steps by hand, gradients 3 and then -4 ---------------------------------------------------

G, NEXT, LR, EPS = 3.0, -4.0, 0.1, 0.01


@pytest.mark.parametrize(
    ("optimizer", "first", "second"),
    [
        (SGD(LR), G, NEXT),
        (SGD(LR, 0.9), G, 0.9 * G + NEXT),
        (Adagrad(LR, EPS), G / (3 + EPS), NEXT / (5 + EPS)),
        (
            RMSprop(LR, 0.9, EPS),
            G / (sqrt(0.1 * 9) + EPS),
            NEXT / (sqrt(0.09 * 9 + 0.1 * 16) + EPS),
        ),
        (
            Adam(LR, 0.9, 0.99, EPS),
            G / (3 + EPS),
            (0.09 * G + 0.1 * NEXT)
            / (1 - 0.9**2)
            / (sqrt((0.0099 * 9 + 0.01 * 16) / (1 - 0.99**2)) + EPS),
        ),
    ],
)
def test_two_steps_by_hand(optimizer, first, second):
    gradients = [np.array([G]), np.array([NEXT])]
    weight = np.array([7.0])
    np.testing.assert_allclose(after(optimizer, gradients[:1], weight), 7 - LR * first)
    np.testing.assert_allclose(after(optimizer, gradients, weight), 7 - LR * (first + second))


OPTIMIZERS = [
    SGD(0.1),
    SGD(0.1, 0.9),
    Adagrad(0.1, 1e-3),
    RMSprop(0.1, 0.9, 1e-3),
    Adam(0.1, 0.9, 0.999, 1e-3),
]
every_optimizer = pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)


@every_optimizer
def test_the_weight_is_updated_in_place_and_the_gradient_left_alone(optimizer):
    weight, gradient = W.copy(), GRADIENT.copy()
    update(optimizer, {}, weight, gradient)
    assert not np.array_equal(weight, W)
    np.testing.assert_array_equal(gradient, GRADIENT)


@every_optimizer
def test_every_array_has_a_state_of_its_own(optimizer):
    together = after(optimizer, [GRADIENT, -GRADIENT])
    alone = [after(optimizer, [g, -g], w) for w, g in zip(W, GRADIENT, strict=True)]
    np.testing.assert_array_equal(together, alone)


@every_optimizer
def test_float32_stays_float32(optimizer):
    state, weight = {}, W.astype(np.float32)
    update(optimizer, state, weight, GRADIENT.astype(np.float32))
    arrays = [value for value in state.values() if isinstance(value, np.ndarray)]
    assert {array.dtype for array in [weight, *arrays]} == {np.dtype(np.float32)}


@every_optimizer
def test_without_a_gradient_nothing_moves(optimizer):
    np.testing.assert_array_equal(after(optimizer, [0 * W]), W)


# --- what a correct framework may reach -----------------------------------------------------------

# Gradients of every size, both signs and none.
SIZES = np.concatenate([[0.0], np.logspace(-12, 3, 61)])
GRADIENTS = np.concatenate([-SIZES, SIZES])


def hyper(beta):
    """A hyper-parameter as Keras keeps it, rounded to float32."""
    return float(np.float32(beta))


# The first step with gradient g, epsilon placed in every way that a framework has been seen to.
FORMS = {
    "sgd": (SGD(0.1), lambda o, g: o.lr * g),
    "momentum": (SGD(0.1, 0.9), lambda o, g: o.lr * g),
    "adagrad, beside the root": (
        Adagrad(0.1, 1e-5),
        lambda o, g: o.lr * g / (abs(g) + o.epsilon),
    ),
    "adagrad, squared inside the root": (
        Adagrad(0.1, 1e-5),
        lambda o, g: o.lr * g / np.sqrt(g * g + o.epsilon**2),
    ),
    "rmsprop, beside the root": (
        RMSprop(0.1, 0.9, 1e-5),
        lambda o, g: o.lr * g / (np.sqrt((1 - o.rho) * g * g) + o.epsilon),
    ),
    "rmsprop, squared inside the root": (
        RMSprop(0.1, 0.9, 1e-5),
        lambda o, g: o.lr * g / np.sqrt((1 - o.rho) * g * g + o.epsilon**2),
    ),
    "adam, algorithm 1": (Adam(0.1, epsilon=1e-5), lambda o, g: o.lr * g / (abs(g) + o.epsilon)),
    "adam, epsilon hat": (
        Adam(0.1, epsilon=1e-5),
        lambda o, g: o.lr * g / (abs(g) + o.epsilon / sqrt(1 - o.beta2)),
    ),
    "adam, epsilon hat and float32 betas": (
        Adam(0.1, epsilon=1e-5),
        lambda o, g: (
            o.lr
            * (sqrt(1 - hyper(o.beta2)) / (1 - hyper(o.beta1)))
            * ((1 - o.beta1) * g)
            / (np.sqrt((1 - o.beta2) * g * g) + o.epsilon)
        ),
    ),
}


@pytest.mark.parametrize("slack", [0.0, 1e-9, 1e-3, 10.0])
@pytest.mark.parametrize("form", FORMS)
def test_bounds_hold_every_form_and_every_gradient_within_the_slack(form, slack):
    optimizer, step = FORMS[form]
    weight = np.linspace(-1, 1, len(GRADIENTS))
    low, high = bounds(optimizer, weight, GRADIENTS, np.full_like(weight, slack))
    rounding = 1e-15 * np.abs(weight).max() + 1e-15 * optimizer.lr * (GRADIENTS.max() + slack)
    for share in (-1, -0.3, 0, 0.7, 1):
        reached = weight - step(optimizer, GRADIENTS + share * slack)
        assert (low - rounding <= reached).all()
        assert (reached <= high + rounding).all()


@every_optimizer
def test_bounds_hold_the_reference_itself(optimizer):
    low, high = bounds(optimizer, W, GRADIENT, np.zeros_like(W))
    reached = after(optimizer, [GRADIENT])
    assert (low <= reached).all()
    assert (reached <= high).all()


@pytest.mark.parametrize("optimizer", OPTIMIZERS[:2], ids=repr)
def test_bounds_of_sgd_are_as_wide_as_the_slack(optimizer):
    low, high = bounds(optimizer, W, GRADIENT, np.full_like(W, 0.5))
    np.testing.assert_allclose(high - low, 2 * optimizer.lr * 0.5)


@pytest.mark.parametrize("optimizer", [Adagrad(), RMSprop(), Adam()], ids=repr)
def test_bounds_are_narrow_where_the_gradient_is_sure(optimizer):
    low, high = bounds(optimizer, W, GRADIENT, np.zeros_like(W))
    assert (high - low < 1e-4 * optimizer.lr).all()
    assert (high > low).all()


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)
def test_bounds_do_not_hold_another_learning_rate(optimizer):
    other = type(optimizer)(lr=1.01 * optimizer.lr)
    low, high = bounds(other, W, GRADIENT, np.zeros_like(W))
    reached = after(type(optimizer)(lr=optimizer.lr), [GRADIENT])
    assert ((reached < low) | (reached > high)).all()


@pytest.mark.parametrize("optimizer", [Adagrad(), RMSprop(), Adam()], ids=repr)
def test_a_gradient_of_unsure_sign_may_move_either_way(optimizer):
    low, high = bounds(optimizer, np.zeros(1), np.zeros(1), np.full(1, 1e-3))
    assert low < -0.9 * optimizer.lr
    assert high > 0.9 * optimizer.lr


@every_optimizer
def test_a_gradient_that_is_surely_0_moves_nothing(optimizer):
    low, high = bounds(optimizer, W, 0 * W, 0 * W)
    np.testing.assert_array_equal(low, W)
    np.testing.assert_array_equal(high, W)


# --- decoupled weight decay -----------------------------------------------------------------------

DECAY = AdamW(0.1, 0.9, 0.99, EPS, weight_decay=0.5)
PLAIN = Adam(0.1, 0.9, 0.99, EPS)


def test_adamw_takes_its_decay_off_the_weight_and_then_steps_as_adam_does():
    """Loshchilov and Hutter (2019), Algorithm 2: the decay is in no moment."""
    kept = 1 - DECAY.lr * DECAY.weight_decay
    once = kept * W - (W - after(PLAIN, [GRADIENT]))
    np.testing.assert_allclose(after(DECAY, [GRADIENT]), once)
    second = after(PLAIN, [GRADIENT]) - after(PLAIN, [GRADIENT, -GRADIENT])
    np.testing.assert_allclose(after(DECAY, [GRADIENT, -GRADIENT]), kept * once - second)


def test_without_a_gradient_a_weight_decays():
    np.testing.assert_allclose(after(DECAY, [0 * W]), 0.95 * W)


def test_a_framework_may_reach_adams_range_below_the_decayed_weight():
    slack = 0.1 * np.abs(GRADIENT)
    found = bounds(DECAY, W, GRADIENT, slack)
    for mine, plain in zip(found, bounds(PLAIN, W, GRADIENT, slack), strict=True):
        np.testing.assert_allclose(mine, plain - 0.05 * W)


def test_a_step_without_its_decay_is_out_of_range():
    low, high = bounds(DECAY, W, GRADIENT, 0 * W)
    undecayed = after(PLAIN, [GRADIENT])
    assert not ((low <= undecayed) & (undecayed <= high)).any()
