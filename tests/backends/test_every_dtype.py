"""Every backend in the number types of 16 bits that it declares: parity, places, calls and loops.

DLBENCH_TEST_BACKEND and DLBENCH_TEST_DEVICE are as in test_every_backend.py.
"""

from functools import cache

import numpy as np
import pytest
from msgspec.structs import replace

from dlbench.backends.base import TrainingJob
from dlbench.harness.worker.setup import assert_placed
from dlbench.networks.base import every
from dlbench.parity import epoch
from dlbench.parity.oracle import Oracle
from dlbench.plan.fitting import precision
from dlbench.records.base import DTYPES
from dlbench.records.case import Target, Work, Workload
from dlbench.records.layers import SGD, Adam, Dense
from dlbench.records.network import without_dropout
from dlbench.workloads.base import kind_named, problem_of
from fakes.backends import (
    DECLARED,
    DEVICE,
    SELECTED,
    THREADS,
    WARNINGS,
    declared_environment,  # noqa: F401 - a fixture
    started,
)
from fakes.networks import UNITS, network, problem

pytestmark = WARNINGS

# What has the layers of all: images with dropout, and L2 with dropout and batch norm.
FEW = ("mnist-128", "abalone")
KINDS = ("predict", "forward", "backward", "train_step")

SIXTEEN = [
    (name, dtype)
    for name in SELECTED
    for dtype in DECLARED[name].devices[DEVICE]
    if DTYPES[dtype].rounding
]
every_dtype = pytest.mark.parametrize(("name", "dtype"), SIXTEEN)
CASES = [
    (name, dtype, mode, of)
    for name, dtype in SIXTEEN
    for mode in dict.fromkeys(("eager", DECLARED[name].default))
    for of in (every() if mode == "eager" else FEW)
]


def target(name, dtype, mode="eager", **fields):
    return Target(name, DEVICE, mode, dtype, THREADS, **fields)


def workload(kind, net):
    return Workload(kind, {"network": net.name, "batch": net.batch}, Work(0, 0), synthetic=True)


@cache
def trainable(name, dtype):
    """A network of the lecture without dropout, with an optimizer that the dtype can hold."""
    net = without_dropout(every()[name])
    known = {net.name: net}
    unfit = precision.reason_to_skip(workload("train_step", net), target("any", dtype), known)
    return replace(net, optimizer=SGD(0.01)) if unfit else net


def stands_still(name, dtype, optimizer, loop=""):
    """Whether the framework's own step moves no weight; the check is there to show it.

    Keras raises betas to a power in the type of the weights: in 8 bits, 0.999 is 1, and Adam's
    corrected learning rate 0. PyTorch 2.13's fused SGD leaves weights of 16 bits on a CPU as they
    are, from 16 of them on.
    """
    if name == "tensorflow":
        return dtype == "bfloat16" and isinstance(optimizer, Adam)
    return loop == "fused" and DEVICE == "cpu" and DTYPES[dtype].bytes == 2


def wrong(checks):
    return [check.fault for check in checks if not check.passed]


@pytest.mark.thorough
@pytest.mark.parametrize(("name", "dtype", "mode", "of"), CASES)
def test_every_network_of_the_lecture_agrees_with_the_oracle(name, dtype, mode, of):
    net = trainable(of, dtype)
    given = problem_of(workload("train_step", net), {net.name: net}, dtype, seed=0)
    with started(name, mode, dtype) as backend:
        steps = backend.network(given)
        oracle = Oracle(net, given, dtype)
        found = {kind: wrong(oracle.check(kind, steps[kind], backend)) for kind in KINDS}
    still = stands_still(name, dtype, net.optimizer)
    assert bool(found.pop("train_step")) is still
    assert found == {kind: [] for kind in KINDS[:-1]}


@every_dtype
@pytest.mark.parametrize("size", [64, 512])
def test_a_product_agrees_with_the_oracle_and_is_in_its_place(name, dtype, size):
    asked = Workload("matmul", dict.fromkeys("mnk", size), Work(0, 0))
    with started(name, "eager", dtype) as backend:
        bound = kind_named("matmul").bind(backend, target(name, dtype), asked, {}, seed=0)
        assert_placed(backend, target(name, dtype), bound.step.inputs)
        assert_placed(backend, target(name, dtype), bound.step.tensors(bound.step.run()))
        assert wrong(bound.check()) == []


@every_dtype
def test_results_are_rounded_to_the_dtype_and_no_more_exact(name, dtype):
    """Else a product would be timed in another type."""
    asked = Workload("matmul", dict.fromkeys("mnk", 64), Work(0, 0))
    with started(name, "eager", dtype) as backend:
        bound = kind_named("matmul").bind(backend, target(name, dtype), asked, {}, seed=0)
        (check,) = bound.check()
    assert check.error > DTYPES[dtype].eps / 16


CALLS = [
    (name, dtype, kind, call)
    for name, dtype in SIXTEEN
    for kind, calls in DECLARED[name].calls.items()
    for call in calls
]


@pytest.mark.thorough
@pytest.mark.parametrize(("name", "dtype", "kind", "call"), CALLS)
def test_every_call_agrees_with_the_oracle_and_is_in_its_place(name, dtype, kind, call):
    net = trainable("mnist-128", dtype)
    asked = target(name, dtype, call=call)
    with started(name, "eager", dtype) as backend:
        bound = kind_named(kind).bind(backend, asked, workload(kind, net), {net.name: net}, seed=0)
        assert_placed(backend, asked, bound.step.inputs)
        assert_placed(backend, asked, bound.step.tensors(bound.step.run()))
        still = kind == "train_step" and stands_still(name, dtype, net.optimizer)
        assert bool(wrong(bound.check())) is still


LOOPS = [(name, dtype, loop) for name, dtype in SIXTEEN for loop in DECLARED[name].loops]


@pytest.mark.thorough
@pytest.mark.parametrize(("name", "dtype", "loop"), LOOPS)
def test_every_loop_agrees_with_the_oracle(name, dtype, loop):
    net = network(Dense(8, "tanh"), Dense(UNITS), optimizer=SGD(0.1))
    given = problem(net, dtype, rows=4 * net.batch)
    with started(name, "eager", dtype) as backend:
        job = TrainingJob(**vars(given), loop=loop)
        found = wrong(epoch.check(backend, dtype, job))
    assert bool(found) is stands_still(name, dtype, net.optimizer, loop), found


@pytest.mark.thorough
@every_dtype
def test_the_loss_of_a_long_epoch_is_added_up_in_a_type_that_can(name, dtype):
    """In 8 bits, a sum of losses stands still from the 256th on."""
    net = network(Dense(UNITS), optimizer=SGD(1e-30))
    given = problem(net, dtype, rows=320 * net.batch)
    with started(name, "eager", dtype) as backend:
        trainer = backend.trainer(TrainingJob(**vars(given), loop="tensors", shuffle=False))
        loss = trainer.epoch()
        step = backend.network(given)["forward"]
        whole = float(backend.device.array(step.tensors(step.run())["loss"]))
    np.testing.assert_allclose(loss, whole, rtol=0.02)
