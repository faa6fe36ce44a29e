"""Every kind of workload: it says what it takes, counts its work, binds, runs and is checked."""

from dataclasses import replace as changed

import numpy as np
import pytest
from msgspec.structs import replace

from dlbench import registry
from dlbench.backends.base import Setting, Step
from dlbench.backends.numpy.backend import NumpyBackend
from dlbench.errors import UsageError
from dlbench.networks.base import every
from dlbench.records.case import Declaration, Work, Workload
from dlbench.records.layers import Dense, Dropout
from dlbench.workloads.base import Bound, kind_named
from dlbench.workloads.matmul import CHECKED_ROWS
from dlbench.workloads.retrace import FULL_CALLS, last_batch
from fakes.networks import network, target

KINDS = registry.names("workloads")
NETWORKS = {
    "small": network(Dense(5, "relu"), Dropout(0.5), Dense(3)),
    "fruit-2-1": every()["fruit-2-1"],
}
# The smallest entry of a suite for kinds that have no default.
AXES = {"matmul": {"size": [8], "m": [2, 3], "n": [4], "k": [5]}}

every_kind = pytest.mark.parametrize("name", KINDS)


def workloads(name):
    kind = kind_named(name)
    for params in kind.expand(AXES.get(name, {}), NETWORKS):
        yield Workload(name, params, kind.work(params, NETWORKS), synthetic=True)


def backend(dtype="float32"):
    return NumpyBackend(Setting("cpu", "eager", dtype, 1, ""))


def bind(workload, dtype="float32", on=None):
    return kind_named(workload.kind).bind(
        on or backend(dtype), target(dtype), workload, NETWORKS, seed=0
    )


# --- the family ---------------------------------------------------------------------------------


def test_the_kinds_of_the_lecture_are_there():
    assert {"matmul", "predict", "forward", "backward", "train_step"} <= set(KINDS)


@every_kind
def test_a_kind_describes_itself_in_a_line(name):
    about = registry.about("workloads", name)
    assert about.endswith(".")
    assert len(about) < 100


@every_kind
def test_a_kind_names_its_axes(name):
    axes = kind_named(name).axes
    assert axes
    assert all(axis.isidentifier() for axis in axes)


@every_kind
def test_workloads_of_a_kind_have_work_and_an_id_of_their_own(name):
    found = list(workloads(name))
    assert len({workload.id for workload in found}) == len(found) > 0
    for workload in found:
        assert workload.id.startswith(f"{name}/")
        assert workload.work.flops > 0
        assert workload.work.elements > 0


@every_kind
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_workload_runs_and_agrees_with_the_oracle(name, dtype):
    for workload in workloads(name):
        bound = bind(workload, dtype)
        assert isinstance(bound, Bound)
        tensors = bound.step.tensors(bound.step.run())
        assert tensors
        assert bound.step.inputs
        checks = bound.check()
        assert checks
        assert [check for check in checks if not check.passed] == []


@every_kind
def test_a_workload_has_the_same_inputs_for_everyone_who_asks(name):
    for workload in workloads(name):
        first, again = (bind(workload).step.inputs for _ in range(2))
        np.testing.assert_equal(dict(first), dict(again))


# --- floor and retrace --------------------------------------------------------------------------


def test_the_floor_is_one_weight_on_one_row():
    [forward] = [one for one in workloads("floor") if one.params["pass"] == "forward"]
    assert forward.id == "floor/forward"
    assert forward.work.flops == 2
    inputs = bind(forward).step.inputs
    assert {name: array.shape for name, array in inputs.items()} == {
        "x": (1, 1),
        "y": (1, 1),
        "layer0.kernel": (1, 1),
        "layer0.bias": (1,),
    }


def test_a_pass_that_there_is_not_is_refused():
    with pytest.raises(UsageError, match="unknown pass: 'sideways'"):
        list(kind_named("floor").expand({"pass": ["sideways"]}, {}))


@pytest.mark.parametrize(
    ("name", "batch", "rows"),
    [
        ("fruit-2-1", 4, 3),
        ("fruit-2-1", 3, 1),
        ("iris", 32, 4),
        ("mnist-512", 32, 16),
        ("mnist-512", 512, 96),
    ],
)
def test_the_last_batch_is_what_the_data_leaves_or_a_half(name, batch, rows):
    assert last_batch(every()[name], batch) == rows


def test_a_batch_of_one_has_no_smaller_one():
    """It is left out by default, and skipped with the reason where it is asked for."""
    retrace = kind_named("retrace")
    batches = [
        (params["batch"], retrace.reason_to_skip(params, every()))
        for params in retrace.expand({"network": ["iris"], "batch": [1, 2]}, every())
    ]
    assert batches == [(1, "no batch is smaller than one row")] * 2 + [(2, None)] * 2
    usual = [params["batch"] for params in retrace.expand({}, every())]
    assert min(usual) > 1


@pytest.mark.parametrize("kind", ["epoch", "retrace"])
def test_a_batch_larger_than_the_data_is_skipped_with_the_rows(kind):
    skip = kind_named(kind).reason_to_skip
    assert skip({"network": "iris", "batch": 100}, every()) is None
    why = "iris has 100 training rows, fewer than a batch of 101"
    assert skip({"network": "iris", "batch": 101}, every()) == why


def test_only_static_modes_retrace():
    declared = registry.declaration("backends", "torch", Declaration)
    retrace = kind_named("retrace")
    eager, compiled = (replace(target(), backend="torch", mode=m) for m in ("eager", "compile"))
    assert list(retrace.variants(eager, declared, {})) == []
    assert list(retrace.variants(compiled, declared, {})) == [compiled]


def test_whole_batches_come_before_the_smaller_one():
    rows = []

    class Watching(NumpyBackend):
        def train_steps(self, problem, sizes, *, dynamic_shapes):
            steps = super().train_steps(problem, sizes, dynamic_shapes=dynamic_shapes)
            return [
                changed(step, run=lambda s=step, n=size: (rows.append(n), s.run())[1])
                for step, size in zip(steps, sizes, strict=True)
            ]

    on = Watching(Setting("cpu", "eager", "float32", 1, ""))
    params = {"network": "small", "batch": 6, "shapes": "fixed"}
    workload = Workload("retrace", params, Work(1, 1), synthetic=True)
    bound = bind(workload, on=on)
    assert (rows, bound.facts) == ([6] * FULL_CALLS, {"rows": 3})
    bound.step.run()
    assert rows == [6] * FULL_CALLS + [3]


# --- matmul -------------------------------------------------------------------------------------

MATMUL = kind_named("matmul")


def product(m, n, k):
    params = {"m": m, "n": n, "k": k}
    return Workload("matmul", params, MATMUL.work(params, {}))


def test_a_size_is_a_square_product():
    assert list(MATMUL.expand({"size": [2, 64]}, {})) == [
        {"m": 2, "n": 2, "k": 2},
        {"m": 64, "n": 64, "k": 64},
    ]


def test_m_n_and_k_come_in_every_combination():
    found = list(MATMUL.expand({"m": [1, 2], "n": [3], "k": [4, 5]}, {}))
    assert [tuple(params.values()) for params in found] == [
        (1, 3, 4),
        (1, 3, 5),
        (2, 3, 4),
        (2, 3, 5),
    ]


@pytest.mark.parametrize("axes", [{}, {"m": [1]}, {"n": [1]}, {"m": [1], "k": [2]}])
def test_sizes_that_are_incomplete_are_refused(axes):
    with pytest.raises(UsageError, match="m, n and k together, or size"):
        list(MATMUL.expand(axes, {}))


def test_a_product_is_named_by_m_n_and_k_and_has_their_work():
    workload = product(3, 4, 5)
    assert workload.id == "matmul/3x4x5"
    assert workload.work == Work(flops=120, elements=15 + 20 + 12)


def test_the_matrices_are_standard_normal_and_shaped_m_k_and_k_n():
    inputs = bind(product(200, 300, 400)).step.inputs
    assert (inputs["a"].shape, inputs["b"].shape) == ((200, 400), (400, 300))
    for matrix in inputs.values():
        assert abs(matrix.mean()) < 5 / matrix.size**0.5
        assert matrix.std() == pytest.approx(1, rel=0.02)


def test_other_sizes_and_seeds_have_other_matrices():
    a = bind(product(4, 4, 4)).step.inputs["a"]
    other_size = bind(product(4, 5, 4)).step.inputs["a"]
    other_seed = MATMUL.bind(backend(), target(), product(4, 4, 4), {}, 1).step.inputs["a"]
    assert not np.array_equal(a, other_size)
    assert not np.array_equal(a, other_seed)


class Spoilt(NumpyBackend):
    """Products with one wrong element, in a given row."""

    def __init__(self, row):
        super().__init__(Setting("cpu", "eager", "float32", 1, ""))
        self.row = row

    def matmul(self, a, b):
        def run():
            wrong = a @ b
            wrong[self.row, 1] += 0.1
            return {"product": wrong}

        return Step(run, lambda result: result)


@pytest.mark.parametrize("row", [0, 7, -1])
def test_a_single_wrong_element_is_caught(row):
    (check,) = bind(product(16, 8, 8), on=Spoilt(row)).check()
    assert not check.passed


@pytest.mark.parametrize("row", [0, -1])
def test_the_first_and_the_last_row_of_a_large_product_are_looked_at(row):
    (check,) = bind(product(3 * CHECKED_ROWS, 8, 8), on=Spoilt(row)).check()
    assert not check.passed
