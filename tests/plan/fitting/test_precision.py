"""What float16 cannot hold is skipped before it divides by zero."""

import pytest

from dlbench.plan import build
from dlbench.plan.fitting.precision import LEAST_FLOAT16, reason_to_skip
from dlbench.plan.request import Request
from dlbench.plan.suite import Entry, Suite
from dlbench.plan.targets import read_declarations
from dlbench.records.base import DTYPES
from dlbench.records.case import Target, Work, Workload
from dlbench.records.layers import SGD, Adagrad, Adam, Dense, RMSprop
from dlbench.records.network import Network
from dlbench.records.plan import Sampling
from fakes.machine import machine


def told(kind, optimizer, dtype="float16"):
    net = Network("own", (4,), (Dense(3),), "mse", optimizer)
    asked = Workload(kind, {"network": "own", "batch": 8}, Work(0, 0))
    return reason_to_skip(asked, Target("any", "cpu", "eager", dtype, 1), {"own": net})


@pytest.mark.parametrize("kind", ["train_step", "epoch", "retrace"])
@pytest.mark.parametrize("optimizer", [Adam(), Adagrad(), RMSprop()])
def test_an_epsilon_below_the_range_of_float16_is_told_with_what_to_choose(kind, optimizer) -> None:
    reason = told(kind, optimizer)
    name = type(optimizer).__name__.lower()
    assert reason.startswith(f"{name}'s epsilon of 1e-07 is too small for float16")
    assert "bfloat16, autocast-bfloat16 or a larger epsilon" in reason


@pytest.mark.parametrize("dtype", [dtype for dtype in DTYPES if dtype != "float16"])
def test_other_dtypes_have_the_range(dtype) -> None:
    assert told("train_step", Adam(), dtype) is None


@pytest.mark.parametrize("optimizer", [SGD(), Adam(epsilon=LEAST_FLOAT16)])
def test_an_optimizer_that_divides_by_enough_is_fine(optimizer) -> None:
    assert told("train_step", optimizer) is None


@pytest.mark.parametrize("kind", ["predict", "forward", "backward"])
def test_passes_without_an_optimizer_are_fine(kind) -> None:
    assert told(kind, Adam()) is None


def test_a_product_has_no_optimizer() -> None:
    product = Workload("matmul", {"m": 8, "n": 8, "k": 8}, Work(0, 0))
    assert reason_to_skip(product, Target("any", "cpu", "eager", "float16", 1), {}) is None


def test_the_plan_skips_the_step_and_measures_the_pass() -> None:
    known = read_declarations()
    entry = Entry(("forward", "train_step"), {"network": ["mnist-512"]})
    own = Suite("own", "", {"backend": ["torch"], "mode": ["eager"]}, Sampling(), (entry,))
    here = machine(declarations=known, installed=frozenset(known))
    made = build.make(own, Request(dtype=("float16",)), here)
    skips = {case.workload.kind: case.skip for case in made.cases}
    assert skips["forward"] is None
    assert "too small for float16" in skips["train_step"]
