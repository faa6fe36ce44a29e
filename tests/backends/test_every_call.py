"""Every call that a backend declares beside the bare one: it is right, and compiled once.

Which backends are started, and where, is as in test_every_backend.py.
"""

import numpy as np
import pytest

from dlbench import registry
from dlbench.harness.worker.setup import assert_placed
from dlbench.networks.base import every
from dlbench.parity.oracle import Oracle
from dlbench.records.case import ALL_CALLS, BARE, Target, Work, Workload
from dlbench.records.layers import Adam, BatchNorm, Dense, Dropout, Flatten
from dlbench.workloads.base import kind_named
from fakes.backends import (
    DECLARED,
    DEVICE,
    SELECTED,
    THREADS,
    WARNINGS,
    declared_environment,  # noqa: F401 - a fixture
    started,
)
from fakes.networks import ENDS, UNITS, ending, network, problem

pytestmark = WARNINGS

# Modes that take seconds to compile a network.
SLOW_MODES = ("compile", "compile-max-autotune", "cudagraph", "xla")

# Without the mode that runs the code of `jit` under another setting.
CALLS = [
    (name, mode, kind, call)
    for name in SELECTED
    for mode in DECLARED[name].modes
    if DEVICE in DECLARED[name].only_on.get(mode, (DEVICE,)) and mode != "jit-async"
    for kind, calls in DECLARED[name].calls.items()
    for call in calls
]
QUICK = [case for case in CALLS if case[1] not in SLOW_MODES]
# Steps in all calls, in the mode in which most users make them.
STEPS = [(name, call) for name in SELECTED for call in DECLARED[name].calls["train_step"]]

every_call = pytest.mark.parametrize(("name", "mode", "kind", "call"), CALLS)
every_quick_call = pytest.mark.parametrize(("name", "mode", "kind", "call"), QUICK)

LAYERS = (Flatten(), Dense(5, "relu", l2=0.1), BatchNorm(), Dense(UNITS))


def wrong(backend, given, kind, call, dtype="float32"):
    step = backend.call(given, kind, call)
    checks = Oracle(given.network, given, dtype).check(kind, step, backend)
    assert checks
    return [check for check in checks if not check.passed]


@pytest.mark.parametrize("name", DECLARED)
def test_a_backend_declares_calls_of_workloads_that_take_them(name):
    declared = DECLARED[name]
    assert "array" in declared.calls["predict"]
    for kind, calls in declared.calls.items():
        assert "call" in kind_named(kind).axes
        assert not {ALL_CALLS, BARE} & calls.keys()
        assert all(calls.values())


@pytest.mark.parametrize("name", SELECTED)
def test_every_call_that_is_declared_is_there_and_no_other(name):
    made = registry.load("backends", name).CALLS
    declared = DECLARED[name].calls
    assert set(made) == {(kind, call) for kind, calls in declared.items() for call in calls}


@every_call
def test_a_call_agrees_with_the_oracle(name, mode, kind, call):
    given = problem(network(*LAYERS, optimizer=Adam(0.02), inputs=(2, 3)), "float32")
    with started(name, mode) as backend:
        assert wrong(backend, given, kind, call) == []


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize(("name", "call"), STEPS)
def test_every_loss_agrees_with_the_oracle(name, call, end):
    with started(name, DECLARED[name].default, "float64") as backend:
        assert wrong(backend, problem(ending(*end)), "train_step", call, "float64") == []


@every_call
def test_a_call_is_compiled_once_and_not_again(name, mode, kind, call, tmp_path):
    given = problem(network(Dense(5, "relu"), Dropout(0.5), Dense(UNITS)), "float32", rows=70)
    with started(name, mode) as backend:
        if backend.compiler is None:
            pytest.skip("nothing is compiled")
        backend.compiler.keep(str(tmp_path))
        step = backend.call(given, kind, call)
        step.run()
        first = backend.compiler.graphs()
        assert first >= 1
        for _ in range(3):
            step.run()
        assert backend.compiler.graphs() == first


@every_quick_call
def test_what_a_call_reads_and_returns_is_in_its_place(name, mode, kind, call):
    given = problem(network(Dense(5, "relu"), Dense(UNITS)), "float32")
    chosen = Target(name, DEVICE, mode, "float32", THREADS)
    with started(name, mode) as backend:
        step = backend.call(given, kind, call)
        assert given.weights.keys() <= step.inputs.keys()
        assert_placed(backend, chosen, step.inputs)
        assert_placed(backend, chosen, step.tensors(step.run()))


@every_quick_call
def test_a_call_with_arrays_returns_one_or_a_number(name, mode, kind, call):
    if call in {"no-grad", "with-grad"}:
        pytest.skip("takes a tensor")
    given = problem(network(Dense(UNITS)), "float32")
    with started(name, mode) as backend:
        result = backend.call(given, kind, call).run()
    assert isinstance(result, np.ndarray if kind == "predict" else (float, np.floating))


@every_quick_call
def test_reset_restores_the_start_exactly(name, mode, kind, call):
    if kind == "predict":
        pytest.skip("changes nothing")
    given = problem(network(Dense(5), BatchNorm(), Dense(UNITS), optimizer=Adam()), "float32")
    with started(name, mode) as backend:
        step = backend.call(given, kind, call)
        first = [float(step.run()) for _ in range(3)]
        step.reset()
        assert [float(step.run()) for _ in range(3)] == first
    assert len(set(first)) == 3


@every_quick_call
def test_a_network_with_dropout_is_bound_and_checked_beside_its_twin(name, mode, kind, call):
    params = {"network": "mnist-128", "batch": 32}
    workload = Workload(kind, params, Work(0, 0), synthetic=True)
    chosen = Target(name, DEVICE, mode, "float32", THREADS, call=call)
    with started(name, mode) as backend:
        bound = kind_named(kind).bind(backend, chosen, workload, every(), seed=0)
        bound.step.run()
        assert [check for check in bound.check() if not check.passed] == []


@pytest.mark.skipif("torch" not in SELECTED, reason="PyTorch alone records as it computes")
@pytest.mark.parametrize(("call", "records"), [("no-grad", False), ("with-grad", True)])
def test_pytorch_records_for_gradients_without_a_context_alone(call, records):
    given = problem(network(Dense(UNITS)), "float32")
    with started("torch") as backend:
        outputs = backend.call(given, "predict", call).run()
    assert (outputs.requires_grad, outputs.is_inference()) == (records, False)


@pytest.mark.skipif("jax" not in SELECTED, reason="JAX alone returns before it is done")
def test_with_asynchronous_dispatch_every_result_is_waited_for(monkeypatch):
    import jax

    waited = []
    given = problem(network(Dense(UNITS)), "float32")
    for mode, count in (("jit-async", 3), ("jit", 0)):
        with started("jax", mode) as backend:
            step = backend.network(given)["predict"]
            step.run()
            waited.clear()
            with monkeypatch.context() as patch:
                patch.setattr(jax, "block_until_ready", waited.append)
                results = [step.run() for _ in range(3)]
        assert len(waited) == count
        assert all(one is result for one, result in zip(waited, results, strict=False))
