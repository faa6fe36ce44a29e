"""Passes through networks: the same problem for every backend, and a wrong backend is caught."""

from dataclasses import replace as changed
from math import sqrt

import numpy as np
import pytest
from msgspec.structs import replace

from dlbench.backends.base import Problem, Setting, Step
from dlbench.backends.numpy.backend import NumpyBackend
from dlbench.errors import UsageError
from dlbench.networks.base import every
from dlbench.parity.oracle import Oracle, relative_tolerance
from dlbench.records.case import Work, Workload
from dlbench.records.layers import (
    SGD,
    Adagrad,
    Adam,
    BatchNorm,
    Dense,
    DropConnect,
    Dropout,
    RMSprop,
)
from dlbench.records.network import without_dropout
from dlbench.workloads.base import kind_named, problem_of
from fakes.networks import UNITS, network, problem, target

NETWORKS = every()
KINDS = ("predict", "forward", "backward", "train_step")
LEARNING = ("abalone", "ionosphere", "iris", "mnist-128")
DTYPE = "float32"

every_kind = pytest.mark.parametrize("kind", KINDS)
every_learning = pytest.mark.parametrize("name", LEARNING)


def workload(kind, name, batch=32, **settings):
    return Workload(kind, {"network": name, "batch": batch}, Work(0, 0), synthetic=True, **settings)


def started(backend=NumpyBackend, dtype=DTYPE, **faults):
    return backend(Setting("cpu", "eager", dtype, 1, ""), **faults)


def bind(kind, name, backend=None, dtype=DTYPE, networks=NETWORKS):
    backend = backend or started(dtype=dtype)
    return kind_named(kind).bind(backend, target(dtype), workload(kind, name), networks, seed=0)


def oracles(given, kind, backend):
    """The oracle's checks of one step of a problem."""
    step = backend.network(given)[kind]
    return Oracle(given.network, given, DTYPE).check(kind, step, backend)


def failures(bound):
    """The quantities that are off."""
    return {check.quantity for check in bound.check() if not check.passed}


# --- what is to be measured ---------------------------------------------------------------------


@every_kind
def test_without_axes_every_network_comes_at_the_batch_size_of_its_schedule(kind):
    found = list(kind_named(kind).expand({}, every()))
    assert found == [{"network": n.name, "batch": n.batch} for n in every().values()]


@every_kind
def test_every_network_comes_at_every_batch_size(kind):
    axes = {"network": ["iris", "abalone"], "batch": [1, 64]}
    assert list(kind_named(kind).expand(axes, every())) == [
        {"network": "iris", "batch": 1},
        {"network": "iris", "batch": 64},
        {"network": "abalone", "batch": 1},
        {"network": "abalone", "batch": 64},
    ]


# --- the problem --------------------------------------------------------------------------------


def of(name, dtype=DTYPE, seed=0, batch=8, networks=NETWORKS):
    return problem_of(workload("predict", name, batch), networks, dtype, seed)


@pytest.mark.parametrize("name", every())
def test_a_problem_is_the_same_for_everyone_who_asks(name):
    first, again = of(name), of(name)
    np.testing.assert_equal(first.weights, again.weights)
    np.testing.assert_array_equal(first.x, again.x)
    np.testing.assert_array_equal(first.y, again.y)


@pytest.mark.parametrize("name", LEARNING)
def test_another_seed_is_another_problem(name):
    first, other = of(name, seed=0), of(name, seed=1)
    assert not np.array_equal(first.x, other.x)
    kernels = [n for n in first.weights if n.endswith("kernel")]
    assert not any(np.array_equal(first.weights[k], other.weights[k]) for k in kernels)


@pytest.mark.parametrize(
    ("dtype", "storage"), [("float32", "f4"), ("tf32", "f4"), ("float64", "f8")]
)
def test_a_problem_is_stored_in_its_type_and_labels_stay_integers(dtype, storage):
    given = of("iris", dtype)
    assert {a.dtype.str[1:] for a in (given.x, *given.weights.values())} == {storage}
    assert given.y.dtype == np.int64


def test_both_types_start_from_the_same_weights():
    single, double = of("mnist-128", "float32").weights, of("mnist-128", "float64").weights
    for name, weight in double.items():
        np.testing.assert_array_equal(single[name], weight.astype(np.float32))


@pytest.mark.parametrize("name", ["fruit-2-1", "abalone", "ionosphere", "iris"])
def test_real_data_is_taken_where_it_is_at_hand(name):
    net = every()[name]
    given = problem_of(replace(workload("predict", name, 9), synthetic=False), every(), DTYPE, 0)
    assert given.x.shape == (9, *net.inputs)
    assert len(given.y) == 9
    assert not np.array_equal(given.x, of(name, batch=9).x)


def test_an_unknown_kind_is_refused():
    with pytest.raises(UsageError, match=r"unknown workload: 'fit'.*backward.*train_step"):
        kind_named("fit")


# --- a right backend ------------------------------------------------------------------------------

QUANTITIES = {
    "predict": {"outputs"},
    "forward": {"outputs", "loss"},
    "backward": {"loss", "gradient"},
    "train_step": {"loss", "gradient", "weight"},
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@every_kind
@pytest.mark.parametrize("name", every())
def test_the_reference_agrees_with_itself_in_float64(kind, name, dtype):
    bound = bind(kind, name, dtype=dtype)
    bound.step.run()
    checks = bound.check()
    assert [check for check in checks if not check.passed] == []
    assert {check.quantity.partition("/")[0] for check in checks} == QUANTITIES[kind]


@every_kind
def test_every_weight_is_checked(kind):
    quantities = [check.quantity for check in bind(kind, "abalone").check()]
    for prefix in QUANTITIES[kind] & {"gradient", "weight"}:
        found = {q.partition("/")[2] for q in quantities if q.startswith(f"{prefix}/")}
        assert found == of("abalone").weights.keys()


def test_what_is_timed_drops_and_what_is_checked_does_not():
    net = network(Dense(8), Dropout(0.5), DropConnect(1, 0.5))
    asked = []

    class Asked(NumpyBackend):
        def network(self, problem):
            asked.append(problem.network)
            return super().network(problem)

    bound = bind("forward", net.name, started(Asked), networks={net.name: net})
    assert asked == [net]
    assert bound.step.run()[1] != bound.step.run()[1]
    assert failures(bound) == set()
    assert asked == [net, without_dropout(net)]


def test_without_dropout_what_is_timed_is_what_is_checked():
    ran = []

    class Counted(NumpyBackend):
        def network(self, problem):
            steps = super().network(problem)
            run = steps["predict"].run
            return {"predict": Step(lambda: ran.append(1) or run(), steps["predict"].tensors)}

    bound = bind("predict", "iris", started(Counted))
    bound.step.run()
    bound.check()
    assert len(ran) == 2


def test_the_check_starts_from_the_start_and_leaves_it_behind():
    bound = bind("train_step", "iris")
    losses = [bound.step.run() for _ in range(3)]
    assert len(set(losses)) == 3
    assert failures(bound) == set()
    assert bound.step.run() == losses[0]


def test_a_loss_that_nearly_cancels_may_round_by_what_it_is_made_of():
    """With this seed the prediction of the only sample is nearly right before any training."""
    real = replace(workload("forward", "fruit-linear", 1), synthetic=False)
    given = problem_of(real, every(), DTYPE, seed=96)
    checks = {check.quantity: check for check in oracles(given, "forward", started())}
    assert checks["loss"].error > relative_tolerance(DTYPE, 2)
    assert checks["loss"].passed


# --- a wrong backend ------------------------------------------------------------------------------


KERNEL = "weight/layer0.kernel"


class Wrong(NumpyBackend):
    """NumPy with one fault: a quantity that is changed on its way out, or another optimizer."""

    def __init__(self, setting, quantity="", spoil=None, optimizer=None):
        super().__init__(setting)
        self.quantity, self.spoil, self.optimizer = quantity, spoil, optimizer

    def network(self, problem):
        if self.optimizer:
            net = problem.network
            wrong = replace(net, optimizer=self.optimizer(net.optimizer))
            problem = changed(problem, network=wrong)
        steps = super().network(problem)
        return {name: self._spoilt(step) for name, step in steps.items()}

    def _spoilt(self, step):
        def tensors(result):
            found = dict(step.tensors(result))
            if self.quantity in found:
                found[self.quantity] = self.spoil(np.array(found[self.quantity]))
            return found

        return Step(step.run, tensors, step.inputs, step.reset)


def shifted(share):
    """The element of the largest magnitude off by a share of it."""

    def spoil(array):
        at = np.unravel_index(np.abs(array).argmax(), array.shape)
        array[at] *= 1 + share
        return array

    return spoil


def shifted_smallest(share):
    """The element of the smallest magnitude off by a share of the largest."""

    def spoil(array):
        at = np.unravel_index(np.abs(array).argmin(), array.shape)
        array[at] += share * np.abs(array).max()
        return array

    return spoil


def wrong(kind, name, quantity, spoil):
    return failures(bind(kind, name, started(Wrong, quantity=quantity, spoil=spoil)))


@pytest.mark.parametrize("spoil", [shifted(1e-3), shifted_smallest(1e-3)], ids=["large", "small"])
@pytest.mark.parametrize(
    ("kind", "quantity"),
    [
        ("predict", "outputs"),
        ("forward", "outputs"),
        ("forward", "loss"),
        ("backward", "loss"),
        ("train_step", "loss"),
    ],
)
@every_learning
def test_a_result_that_is_off_by_a_thousandth_in_one_element_is_caught(kind, quantity, name, spoil):
    assert wrong(kind, name, quantity, spoil) == {quantity}


def changeable(name):
    """All gradients but that of a bias before batch norm, which is 0."""
    return [n for n in of(name).weights if (name, n) != ("abalone", "layer0.bias")]


@pytest.mark.parametrize("spoil", [shifted(3e-3), shifted_smallest(3e-3)], ids=["large", "small"])
@pytest.mark.parametrize("kind", ["backward", "train_step"])
@pytest.mark.parametrize(
    ("name", "weight"), [(name, weight) for name in LEARNING for weight in changeable(name)]
)
def test_one_element_of_one_gradient_is_caught(kind, name, weight, spoil):
    quantity = f"gradient/{weight}"
    assert wrong(kind, name, quantity, spoil) == {quantity}


@every_learning
def test_one_element_of_one_weight_after_the_step_is_caught(name):
    quantity = f"weight/layer{2 if name in ('iris', 'ionosphere') else 3}.kernel"
    assert wrong("train_step", name, quantity, shifted(0.01)) == {quantity}


def test_a_weight_that_moves_without_a_gradient_is_caught():
    """The pixel is 0 in every row; were its gradient unsure, Adam's step could go either way."""
    given = problem(network(Dense(UNITS), optimizer=Adam()), DTYPE)
    given.x[:, 0] = 0

    def spoil(kernel):
        kernel[0, 0] += 0.001
        return kernel

    checks = oracles(given, "train_step", started(Wrong, quantity=KERNEL, spoil=spoil))
    assert {check.quantity for check in checks if not check.passed} == {KERNEL}


@pytest.mark.parametrize("kind", ["backward", "train_step"])
def test_transposed_layers_are_caught(kind):
    """A square kernel can be handed over the wrong way round without another shape."""
    net = network(Dense(4, "tanh"), Dense(4))
    quantity = "gradient/layer1.kernel"
    backend = started(Wrong, quantity=quantity, spoil=np.transpose)
    assert failures(bind(kind, net.name, backend, networks={net.name: net})) == {quantity}


@every_kind
def test_a_result_that_is_not_a_number_is_caught(kind):
    quantity = "outputs" if kind in ("predict", "forward") else "loss"
    found = wrong(kind, "iris", quantity, lambda array: array * np.nan)
    assert found == {quantity}


def test_a_missing_quantity_is_an_error():
    class Silent(NumpyBackend):
        def network(self, problem):
            step = super().network(problem)["forward"]
            return {"forward": Step(step.run, lambda r: {"outputs": r[0]})}

    with pytest.raises(ValueError, match="different quantities: loss"):
        bind("forward", "iris", started(Silent)).check()


def stepped(net, optimizer):
    """What is off in a training step with another optimizer."""
    backend = started(Wrong, optimizer=optimizer)
    return failures(bind("train_step", net.name, backend, networks={net.name: net}))


@pytest.mark.parametrize("share", [0.5, 0.9, 1.1, 2])
@every_learning
def test_another_learning_rate_is_caught(name, share):
    off = stepped(every()[name], lambda o: replace(o, lr=share * o.lr))
    assert off
    assert all(quantity.startswith("weight/") for quantity in off)


def test_a_learning_rate_that_is_lost_in_rounding_is_caught_when_it_is_doubled():
    assert stepped(every()["fruit-linear"], lambda o: replace(o, lr=2 * o.lr))


SMALL = network(Dense(5, "tanh"), Dense(3))


@pytest.mark.parametrize(
    ("right", "other"),
    [
        (SGD(), Adam()),
        (Adam(), SGD()),
        (Adam(), RMSprop()),
        (Adam(), replace(Adam(), epsilon=1e-2)),
        (Adagrad(), replace(Adagrad(), epsilon=1e-2)),
        (RMSprop(), replace(RMSprop(), epsilon=1e-2)),
        (RMSprop(), replace(RMSprop(), rho=0.99)),
    ],
    ids=str,
)
def test_another_optimizer_is_caught(right, other):
    assert stepped(replace(SMALL, optimizer=right), lambda _: other)


@pytest.mark.parametrize(
    ("right", "lawful"),
    [
        # Kingma and Ba, section 2: epsilon hat, before the bias correction
        (Adam(), replace(Adam(), epsilon=1e-7 / sqrt(1 - 0.999))),
        (Adam(), replace(Adam(), epsilon=1e-12)),
        (Adagrad(), replace(Adagrad(), epsilon=1e-12)),
        (RMSprop(), replace(RMSprop(), epsilon=1e-12)),
    ],
    ids=str,
)
@pytest.mark.parametrize("name", ["small", *LEARNING])
def test_epsilon_on_the_other_side_is_allowed(name, right, lawful):
    net = {**every(), "small": SMALL}[name]
    assert stepped(replace(net, optimizer=right), lambda _: lawful) == set()


def test_batch_norm_that_divides_by_one_less_is_caught():
    """The unbiased variance, as if epsilon were larger."""

    class Unbiased(NumpyBackend):
        def network(self, problem):
            net = problem.network
            layers = (
                BatchNorm(epsilon=0.05) if isinstance(n, BatchNorm) else n for n in net.layers
            )
            wrong = replace(net, layers=tuple(layers))
            return super().network(changed(problem, network=wrong))

    assert failures(bind("forward", "abalone", started(Unbiased))) >= {"outputs"}


# --- kinks --------------------------------------------------------------------------------------


def test_a_relu_that_falls_on_the_other_side_of_its_kink_is_forgiven():
    """The backend gets the bias that moves one pre-activation across 0; the oracle does not."""
    net = network(Dense(5, "relu"), Dense(3))
    given = problem(net, DTYPE)
    backend = started()

    def at(value):
        weights = {name: weight.copy() for name, weight in given.weights.items()}
        z = given.x[1] @ weights["layer0.kernel"][:, 2]
        weights["layer0.bias"][2] = value - z
        return Problem(net, weights, given.x, given.y)

    left, right = at(-1e-7), at(1e-7)
    steps = backend.network(right)
    checks = Oracle(net, left, DTYPE).check("backward", steps["backward"], backend)
    assert [check for check in checks if not check.passed] == []
    error = {check.quantity: check.error for check in checks}["gradient/layer0.bias"]
    assert error > 1e-3
