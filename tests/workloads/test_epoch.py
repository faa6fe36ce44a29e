"""Workload `epoch`: its work, the ways to make it, its data, and what is recorded of it."""

import tempfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from msgspec.structs import replace

from dlbench import registry
from dlbench.analysis.run import rows_of as rows_read
from dlbench.errors import UsageError
from dlbench.networks.base import every
from dlbench.plan import build
from dlbench.plan.request import Request
from dlbench.plan.suite import Entry, Suite
from dlbench.plan.targets import read_declarations
from dlbench.records.case import Work, Workload
from dlbench.records.layers import Dense
from dlbench.records.network import steps_in
from dlbench.records.plan import Sampling
from dlbench.workloads import _work
from dlbench.workloads.base import job_of, kind_named
from dlbench.workloads.epoch import Epoch
from fakes.backends import (
    DECLARED,
    DEVICE,
    SELECTED,
    WARNINGS,
    declared_environment,  # noqa: F401 - a fixture
    started,
)
from fakes.machine import machine
from fakes.networks import network, target
from fakes.runs import case, measured, results_of

pytestmark = WARNINGS

IRIS = every()["iris"]  # 4-10-8-3, 100 rows for training
IN_ORDER = ("draw an order", "put rows into batches", "training steps", "fetch the mean loss")

# --- work ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "batch", "steps"), [(100, 32, 4), (96, 32, 3), (97, 32, 4), (3, 32, 1), (5, 1, 5)]
)
def test_a_smaller_last_batch_is_a_step_too(rows, batch, steps):
    assert steps_in(rows, batch) == steps


def test_five_rows_of_two_inputs_in_batches_of_two():
    """A step on b rows: outputs (b, 2) @ (2, 1), kernel (2, b) @ (b, 1), 4b FLOPs and 3b + 2 each.

    Elements: 2b + 2 + b, and 2b + b + 2; the gradient of the inputs is not needed. The kernel is
    read in each of three steps, on 2, 2 and 1 rows.
    """
    assert _work.epoch(every()["fruit-linear"], 5, 2) == Work(
        flops=5 * 8, elements=2 * (3 * 5 + 3 * 2), samples=5
    )


def test_an_epoch_of_iris_by_hand():
    """Three batches of 32 and one of 4; a row is multiplied with every kernel there and back."""
    kernels, inner = 4 * 10 + 10 * 8 + 8 * 3, 10 * 8 + 8 * 3
    of_row = 2 * ((4 + 10) + (10 + 8) + (8 + 3)) + (8 + 10) + (3 + 8)
    expected = Work(
        flops=100 * 2 * (2 * kernels + inner),
        elements=100 * of_row + 4 * (2 * kernels + inner),
        samples=100,
    )
    assert _work.epoch(IRIS, 100, 32) == expected
    assert Epoch().work({"network": "iris", "batch": 32}, {"iris": IRIS}) == expected


def test_batches_that_come_out_even_have_no_rest():
    step = _work.backward(IRIS, 32)
    assert _work.epoch(IRIS, 64, 32) == Work(2 * step.flops, 2 * step.elements, 64)
    assert _work.epoch(IRIS, 32, 32) == step


def test_networks_without_data_are_left_out_unless_they_are_named():
    known = {"small": network(Dense(3)), "iris": IRIS}
    assert list(Epoch().expand({}, known)) == [{"network": "iris", "batch": IRIS.batch}]
    asked = {"network": ["small", "iris"], "batch": [8, 16]}
    assert [tuple(params.values()) for params in Epoch().expand(asked, known)] == [
        ("small", 8),
        ("small", 16),
        ("iris", 8),
        ("iris", 16),
    ]


def test_the_data_and_a_copy_in_another_order_are_in_memory():
    assert (
        Epoch().elements_in_memory({"network": "iris", "batch": 32}, {"iris": IRIS}) == 2 * 100 * 4
    )


# --- loops and callbacks ------------------------------------------------------------------------

LOOPS = {
    "numpy": ["tensors"],
    "torch": ["tensors", "dataloader", "fused"],
    "tensorflow": ["fit", "dataset", "tensors"],
    "jax": ["tensors"],
}


def variants(backend, **axes):
    """The ways of a backend, without what they have in common."""
    of = target(backend=backend)
    found = list(Epoch().variants(of, DECLARED[backend], axes))
    assert [replace(one, loop="", callbacks="") for one in found] == [of] * len(found)
    return [(one.loop, one.callbacks) for one in found]


@pytest.mark.parametrize("backend", LOOPS)
def test_every_loop_of_a_backend_is_a_way_without_callbacks(backend):
    assert variants(backend) == [(loop, "") for loop in LOOPS[backend]]


def test_loops_that_are_asked_for_are_those_that_the_backend_has():
    assert variants("torch", loop=["fit", "fused", "tensors"]) == [("tensors", ""), ("fused", "")]
    assert variants("tensorflow", loop=["fit", "fused"]) == [("fit", "")]
    assert variants("numpy", loop=["fit", "fused"]) == []


def test_every_loop_is_gone_through_with_every_kind_of_callbacks():
    assert variants("tensorflow", loop=["fit", "dataset"], callbacks=["none", "both"]) == [
        ("fit", ""),
        ("fit", "tensorboard+checkpoint"),
        ("dataset", ""),
        ("dataset", "tensorboard+checkpoint"),
    ]
    assert variants("torch", loop=["fused"], callbacks=["checkpoint", "tensorboard"]) == [
        ("fused", "checkpoint"),
        ("fused", "tensorboard"),
    ]


def test_unknown_callbacks_are_refused_with_those_that_there_are():
    with pytest.raises(UsageError, match=r"callbacks: 'profiler'.*none, tensorboard, checkpoint"):
        variants("torch", callbacks=["profiler"])


def planned(axes, **targets):
    """A plan of an epoch of iris on the backends that there are, all of them installed."""
    suite = Suite("told", "", {}, Sampling(), (Entry(("epoch",), {"network": ["iris"]}),))
    declarations = read_declarations()
    has_all = machine(declarations=declarations, installed=frozenset(declarations))
    words = {axis: (text,) for axis, text in {"mode": "dynamic", **axes, **targets}.items()}
    return build.make(suite, Request(**words), has_all)


def reasons(axes, **targets):
    found = planned(axes, **targets).cases
    return {f"{one.target.backend} {one.target.loop}": one.skip for one in found}


def test_a_plan_has_all_loops_of_all_backends():
    expected = {f"{name} {loop}": None for name, loops in LOOPS.items() for loop in loops}
    assert reasons({}) == expected


def test_an_unknown_loop_is_refused_with_those_that_there_are():
    with pytest.raises(UsageError, match="loop: 'dataloder'") as refused:
        planned({"loop": "tensors,dataloder"})
    known = {loop for loops in LOOPS.values() for loop in loops}
    assert [loop for loop in known if loop not in str(refused.value)] == []


def test_a_loop_that_no_chosen_backend_has_leaves_nothing():
    with pytest.raises(UsageError, match="nothing is left to measure"):
        planned({"loop": "fit"}, backend="numpy,torch")


@pytest.mark.parametrize(
    ("asked", "lacking"),
    [
        ("tensorboard", "tensorboard"),
        ("checkpoint", "checkpoint"),
        ("both", "checkpoint and no tensorboard"),
    ],
)
def test_backends_without_callbacks_are_skipped_with_the_reason(asked, lacking):
    found = reasons({"loop": "tensors", "callbacks": asked})
    assert found == {
        "numpy tensors": f"numpy has no {lacking} of its own",
        "torch tensors": None,
        "tensorflow tensors": None,
        "jax tensors": f"jax has no {lacking} of its own",
    }


def test_callbacks_of_a_backend_without_alone_are_refused():
    with pytest.raises(UsageError, match="nothing can be measured: numpy has no tensorboard"):
        planned({"callbacks": "tensorboard"}, backend="numpy")


# --- data ---------------------------------------------------------------------------------------


def job(seed=0, *, synthetic=False, **fields):
    told = target(**{"loop": "tensors", **fields})
    return job_of(IRIS, told, seed, synthetic=synthetic)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_job_is_on_all_training_rows_in_the_order_of_the_split(dtype):
    given = job(seed=3, dtype=dtype, loop="fused")
    split = registry.load("datasets", "iris").load(3)
    np.testing.assert_array_equal(given.x, split.x_train.astype(dtype))
    np.testing.assert_array_equal(given.y, split.y_train)
    dtypes = {str(array.dtype) for array in (given.x, *given.weights.values())}
    assert dtypes == {dtype}
    assert (given.network, given.loop, given.seed, given.shuffle) == (IRIS, "fused", 3, True)
    assert (given.tensorboard, given.checkpoint) == (None, None)


@pytest.mark.parametrize("synthetic", [False, True])
def test_a_seed_settles_the_job_and_another_is_another(synthetic):
    one, same, other = (job(seed, synthetic=synthetic) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.x, same.x)
    np.testing.assert_array_equal(one.weights["layer0.kernel"], same.weights["layer0.kernel"])
    assert not np.array_equal(one.x, other.x)
    assert not np.array_equal(one.weights["layer0.kernel"], other.weights["layer0.kernel"])


def test_synthetic_has_as_many_rows_as_the_real():
    given = job(synthetic=True)
    assert (given.x.shape, given.y.shape) == ((100, 4), (100,))
    assert not np.array_equal(given.x, job().x)


# --- what is recorded ---------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def own_folder(monkeypatch, tmp_path):
    """Folders of callbacks go where the test's own files are."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def workload(batch=32):
    params = {"network": "iris", "batch": batch}
    return Workload("epoch", params, Epoch().work(params, {"iris": IRIS}))


def bind(backend, batch=32, **fields):
    told = target(**{"loop": "tensors", **fields})
    return kind_named("epoch").bind(backend, told, workload(batch), {"iris": IRIS}, seed=0)


class Taught:
    """A backend that keeps the jobs it was given, and whose loop has something of its own."""

    def __init__(self, *set_up):
        self.set_up, self.jobs = set_up, []

    def trainer(self, given):
        self.jobs.append(given)
        return SimpleNamespace(
            set_up=self.set_up, epoch=None, weights=None, inputs=dict, reset=None, lead_in=None
        )


def test_the_facts_of_an_epoch_on_numpy():
    with started("numpy") as backend:
        facts = bind(backend).facts
    assert facts == {"rows": 100, "steps": 4, "timed": ", ".join(IN_ORDER)}


@pytest.mark.parametrize(("batch", "steps"), [(1, 100), (32, 4), (50, 2), (100, 1), (128, 1)])
def test_the_steps_in_the_facts_those_taken_and_those_of_a_row_are_the_same(batch, steps):
    taken = []
    with started("numpy") as backend:
        ask = backend.trainer

        def watched(given):
            trainer = ask(given)
            learn = trainer.mlp.train_step
            trainer.mlp.train_step = lambda x, y: (taken.append(len(x)), learn(x, y))[1]
            return trainer

        backend.trainer = watched
        bound = bind(backend, batch)
        bound.step.run()
    of = case(workload(batch), target(loop="tensors"))
    [row] = rows_read(results_of([of], [measured(of, 1e-3)]))
    assert bound.facts["steps"] == len(taken) == row.steps == steps
    assert sum(taken) == 100


def test_what_a_loop_does_besides_and_callbacks_are_told_too():
    facts = bind(Taught("make a pipeline"), callbacks="tensorboard+checkpoint").facts
    told = ("make a pipeline", *IN_ORDER, "tensorboard", "checkpoint")
    assert facts["timed"] == ", ".join(told)


@pytest.mark.parametrize("callbacks", ["", "tensorboard", "checkpoint", "tensorboard+checkpoint"])
def test_only_the_callbacks_of_the_target_have_a_folder(callbacks, tmp_path):
    backend = Taught()
    bind(backend, callbacks=callbacks)
    [given] = backend.jobs
    folders = {"tensorboard": given.tensorboard, "checkpoint": given.checkpoint}
    assert "+".join(name for name, folder in folders.items() if folder) == callbacks
    made = {Path(folder) for folder in folders.values() if folder}
    assert made == set(tmp_path.iterdir())


# What the loops say that do something besides.
TO_A_GPU = ", pin batches and copy them to the device" if DEVICE == "cuda" else ""
BESIDES = {
    ("torch", "dataloader"): f"collect rows one by one{TO_A_GPU}",
    ("tensorflow", "dataset"): "start a pipeline that prefetches in the background",
    ("tensorflow", "fit"): "make fit's pipeline and callbacks",
}


@pytest.mark.parametrize(
    ("name", "loop"), [(name, loop) for name in SELECTED for loop in DECLARED[name].loops]
)
def test_every_loop_says_what_it_does_besides(name, loop):
    """As in tests/backends/test_every_backend.py, DLBENCH_TEST_BACKEND names the backends."""
    with started(name) as backend:
        timed = bind(backend, loop=loop).facts["timed"]
    assert timed == ", ".join(filter(None, (BESIDES.get((name, loop)), *IN_ORDER)))
