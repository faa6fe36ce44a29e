"""Every backend: its declaration, its side of the contract, and parity with the float64 oracle.

DLBENCH_TEST_BACKEND names the backends to start, comma-separated; NumPy where it is not set.
Frameworks do not share a process well, so PyTorch and TensorFlow have a pytest run each.
DLBENCH_TEST_DEVICE=cuda runs them on a GPU.
"""

import json
import subprocess
import sys
from contextlib import closing
from functools import cache, partial
from types import SimpleNamespace

import numpy as np
import psutil
import pytest

from dlbench.backends.base import Problem
from dlbench.errors import DlbenchError, Unavailable
from dlbench.harness import fork_server, wire
from dlbench.harness.supervisor.launcher import Launcher
from dlbench.machine import environment
from dlbench.networks.base import every
from dlbench.parity.oracle import Oracle
from dlbench.records.base import DTYPES
from dlbench.records.case import Target, Work, Workload
from dlbench.records.images import Conv2D, GlobalAvgPool2D, MaxPool2D
from dlbench.records.layers import (
    SGD,
    Adagrad,
    Adam,
    AdamW,
    BatchNorm,
    Dense,
    DropConnect,
    Dropout,
    Flatten,
    LayerNorm,
    RMSprop,
)
from dlbench.records.network import without_dropout
from dlbench.records.plan import Sampling
from dlbench.records.sequences import GRU, LSTM, Embedding, SimpleRNN
from dlbench.workloads import _work
from dlbench.workloads.base import kind_named, problem_of
from fakes.backends import (
    DECLARED,
    DEVICE,
    PLACE,
    SELECTED,
    THREADS,
    WARNINGS,
    declared_environment,  # noqa: F401 - a fixture
    started,
)
from fakes.networks import ENDS, UNITS, ending, mlp, network, problem, target

pytestmark = WARNINGS

# Only there so that a copy that hangs ends the test.
PATIENCE_S = 60.0

KINDS = ("predict", "forward", "backward", "train_step")
CHECKED_DTYPES = ("float32", "float64")

# Modes that take seconds to compile a network get two of the lecture's that have all its layers:
# images with dropout, and L2 with dropout and batch norm. So does whatever is traced, in float64.
SLOW_MODES = ("compile", "compile-max-autotune", "cudagraph", "xla")
FEW = ("mnist-128", "abalone")

# Modes that run the code of another one, under a setting that test_settings.py looks at.
SAME_CODE = {("jax", "jit-async")}
MODES = [
    (name, mode, kind)
    for name in SELECTED
    for mode, kind in DECLARED[name].modes.items()
    if DEVICE in DECLARED[name].only_on.get(mode, (DEVICE,)) and (name, mode) not in SAME_CODE
]
TARGETS = [(name, mode, dtype) for name, mode, _ in MODES for dtype in CHECKED_DTYPES]
QUICK = [target for target in TARGETS if target[1] not in SLOW_MODES]
# Networks whose steps take long to prepare: in float64 they are for `nox -s thorough`, as is what
# takes long to compile.
LARGE = ("mnist-cnn", "mnist-lstm", "marker-gru")


def case_of(name, mode, dtype, network):
    is_long = dtype == "float64" and (mode in SLOW_MODES or network in LARGE)
    marks = pytest.mark.thorough if is_long else ()
    return pytest.param(name, mode, dtype, network, marks=marks)


CASES = [
    case_of(name, mode, dtype, network)
    for name, mode, dtype in TARGETS
    for network in (
        FEW if mode in SLOW_MODES or (mode, dtype) == ("function", "float64") else every()
    )
]

every_declared = pytest.mark.parametrize("declared", DECLARED.values(), ids=DECLARED)
every_backend = pytest.mark.parametrize("name", SELECTED)
every_target = pytest.mark.parametrize(("name", "mode", "dtype"), TARGETS)
every_quick_target = pytest.mark.parametrize(("name", "mode", "dtype"), QUICK)
every_case = pytest.mark.parametrize(("name", "mode", "dtype", "network_name"), CASES)


@cache
def lecture(name, dtype):
    net = every()[name]
    params = {"network": name, "batch": min(net.batch, 32)}
    workload = Workload("train_step", params, Work(0, 0), synthetic=True)
    return problem_of(workload, every(), dtype, seed=0)


def steps_of(backend, given):
    return backend.network(given)


def arrays(backend, step, result):
    return {name: backend.device.array(tensor) for name, tensor in step.tensors(result).items()}


def run(backend, given, kind):
    step = steps_of(backend, given)[kind]
    return arrays(backend, step, step.run())


def assert_parity(backend, given, dtype):
    """All four steps against the oracle; random layers are off."""
    bare = without_dropout(given.network)
    steps = steps_of(backend, Problem(bare, given.weights, given.x, given.y))
    oracle = Oracle(bare, given, dtype)
    for kind in KINDS:
        checks = oracle.check(kind, steps[kind], backend)
        assert [check for check in checks if not check.passed] == [], kind


# --- declarations, of all backends ----------------------------------------------------------------


@every_declared
def test_a_declaration_says_what_there_is_to_choose(declared):
    assert declared.modes["eager"] == "dynamic"
    assert set(declared.modes.values()) <= {"dynamic", "static"}
    assert declared.devices["cpu"][0] == "float32"
    assert {d for dtypes in declared.devices.values() for d in dtypes} <= set(DTYPES)
    assert declared.install.startswith("pip install ")
    assert declared.distributions


@every_declared
def test_the_environment_of_a_backend_is_filled_from_threads_and_scratch(declared):
    filled = [v.format(threads=3, scratch="/there") for v in declared.environment.values()]
    assert not any("{" in value for value in filled)
    assert "3" in filled


@pytest.mark.parametrize("name", DECLARED)
def test_a_declaration_is_read_without_importing_the_package(name):
    script = f"""
import json, sys
from dlbench import registry
from dlbench.records.case import Declaration
declared = registry.declaration("backends", {name!r}, Declaration)
about = registry.about("backends", {name!r})
print(json.dumps([about, declared.package in sys.modules]))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    about, imported = json.loads(done.stdout)
    assert about.endswith(".")
    assert not imported


# --- the contract -------------------------------------------------------------------------------


@every_backend
def test_it_uses_the_threads_that_it_was_told(name):
    with started(name) as backend:
        assert backend.device.threads() in (THREADS, None)


@every_backend
def test_facts_are_plain_and_name_the_version(name):
    with started(name) as backend:
        facts = backend.device.facts()
    assert {type(value) for value in facts.values()} <= {str, int, type(None)}
    installed = environment.distribution_version(DECLARED[name].distributions)
    # A build for a GPU may say so behind the version, of itself alone.
    assert facts[name].partition("+")[0] == installed.partition("+")[0]


@every_backend
def test_memory_that_ran_out_is_told_from_other_errors(name):
    with started(name) as backend:
        assert backend.device.is_out_of_memory(MemoryError())
        assert not backend.device.is_out_of_memory(ValueError("shape"))
        assert not backend.device.is_out_of_memory(RuntimeError("shape"))


@every_backend
def test_memory_that_really_ran_out_is_seen(name):
    """4 PiB are more than an address can tell, however much memory is promised."""
    column = np.zeros((2**25, 1), np.float32)
    with started(name) as backend:
        step = backend.matmul(column, column.T)
        with pytest.raises(Exception) as caught:  # noqa: PT011, PT012 - each has its own
            step.run()
            backend.device.wait()  # JAX tells no earlier
        assert backend.device.is_out_of_memory(caught.value)


@pytest.mark.skipif("torch" not in SELECTED, reason="PyTorch alone needs a compiler")
def test_without_a_compiler_pytorchs_compiled_mode_is_unavailable(monkeypatch):
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Unavailable, match=r"C\+\+ compiler"), started("torch", "compile"):
        pass


@every_backend
def test_a_device_that_is_not_there_is_unavailable_and_the_next_step_is_named(name):
    if "cuda" not in DECLARED[name].devices:
        pytest.skip(f"{name} declares no cuda")
    absent = ["cuda:99"] if environment.gpus() else ["cuda:99", "cuda", "cuda:0"]
    for device in absent:
        message = f"{device}.*driver.*pip.*Or choose --device cpu"
        with pytest.raises(Unavailable, match=message), started(name, device=device):
            pass


@every_target
def test_a_product_is_right_and_in_its_place(name, mode, dtype):
    kind = kind_named("matmul")
    params = {"m": 5, "n": 7, "k": 3}
    with started(name, mode, dtype) as backend:
        bound = kind.bind(
            backend, target(dtype), Workload("matmul", params, Work(0, 0)), {}, seed=0
        )
        product = bound.step.tensors(bound.step.run())["product"]
        assert backend.device.wait() is None
        for tensor in (product, bound.step.inputs["a"], bound.step.inputs["b"]):
            assert backend.device.place(tensor) == (PLACE, dtype)
        assert backend.device.array(product).shape == (5, 7)
        (check,) = bound.check()
        assert check.passed


# --- compiling ----------------------------------------------------------------------------------

every_static_mode = pytest.mark.parametrize(
    ("name", "mode"), [(name, mode) for name, mode, kind in MODES if kind == "static"]
)
every_dynamic_mode = pytest.mark.parametrize(
    ("name", "mode"), [(name, mode) for name, mode, kind in MODES if kind == "dynamic"]
)


def few_and_fewer(*layers):
    """A problem, and the sizes of its batch and of a part of that."""
    given = problem(network(*(layers or (Dense(5, "relu"), Dense(UNITS)))), "float32")
    return given, (len(given.x), 2)


@every_static_mode
def test_a_step_is_compiled_once_and_not_again(name, mode, tmp_path):
    given, _ = few_and_fewer(Dense(5, "relu"), Dropout(0.5), BatchNorm(), Dense(UNITS))
    with started(name, mode) as backend:
        for kind in ("predict", "forward", "backward", "train_step"):
            backend.compiler.keep(str(tmp_path / kind))
            step = steps_of(backend, given)[kind]
            assert backend.compiler.graphs() == 0
            step.run()
            first = backend.compiler.graphs()
            assert first >= 1
            for _ in range(3):
                step.run()
            assert backend.compiler.graphs() == first


@pytest.mark.skipif("torch" not in SELECTED, reason="PyTorch alone would go on without a graph")
@pytest.mark.filterwarnings("ignore")  # of PyTorch, on its way around the break
@pytest.mark.parametrize("mode", [mode for _, mode, kind in MODES if kind == "static"])
def test_a_graph_break_is_an_error(mode, monkeypatch, tmp_path):
    import torch

    def broken(self, x):
        torch._dynamo.graph_break()
        return torch.nn.functional.linear(x, self.weight, self.bias)

    monkeypatch.setattr(torch.nn.Linear, "forward", broken)
    given, _ = few_and_fewer()
    with started("torch", mode) as backend:
        backend.compiler.keep(str(tmp_path))
        backend.compiler.start()  # as in a worker; unloaded, it fails to forget the broken graph
        assert backend.compiler.graphs() == 1
        for step in steps_of(backend, given).values():
            step.run()
            with pytest.raises(DlbenchError, match="graph break: "):
                backend.compiler.graphs()
            backend.compiler.forget()


@pytest.mark.skipif("torch" not in SELECTED, reason="PyTorch alone must be told")
@pytest.mark.parametrize(
    ("mode", "device", "is_told"),
    [
        ("cudagraph", "cuda:0", True),
        ("compile-max-autotune", "cuda:0", True),
        ("compile", "cuda:0", False),
        ("compile-max-autotune", "cpu", False),
    ],
)
def test_where_cuda_graphs_are_replayed_every_call_begins_an_iteration(
    mode, device, is_told, monkeypatch
):
    import torch

    from dlbench.backends.torch.compiler import TorchCompiler
    from dlbench.backends.torch.device import TorchDevice

    told = []
    monkeypatch.setattr(torch, "compile", lambda function, **how: function)
    monkeypatch.setattr(torch.compiler, "cudagraph_mark_step_begin", lambda: told.append("begin"))
    run = TorchCompiler(TorchDevice(device), mode).compiled(told.append)
    run("first")
    run("second")
    calls = [("begin", call) if is_told else (call,) for call in ("first", "second")]
    assert told == [word for call in calls for word in call]


@pytest.mark.skipif("torch" not in SELECTED, reason="PyTorch alone has such helpers")
def test_processes_that_compile_are_waited_for_where_there_are_any(monkeypatch):
    from torch._inductor.async_compile import AsyncCompile

    awaited = []
    helpers = SimpleNamespace(
        submit=lambda job: SimpleNamespace(result=lambda timeout_s: awaited.append(job()))
    )
    monkeypatch.setattr(AsyncCompile, "process_pool", cache(lambda: helpers))
    with started("torch", "compile") as backend:
        backend.compiler.wait_until_idle()
        assert not awaited  # none are started for that
        AsyncCompile.process_pool()
        backend.compiler.wait_until_idle()
    assert awaited


@pytest.mark.skipif("torch" not in SELECTED, reason="PyTorch alone has such helpers")
def test_helpers_that_do_not_answer_are_an_error_that_says_what_to_do(monkeypatch):
    from torch._inductor.async_compile import AsyncCompile

    def hang(timeout_s):
        raise TimeoutError

    helpers = SimpleNamespace(submit=lambda job: SimpleNamespace(result=hang))
    monkeypatch.setattr(AsyncCompile, "process_pool", cache(lambda: helpers))
    AsyncCompile.process_pool()
    with (
        started("torch", "compile") as backend,
        pytest.raises(DlbenchError, match=r"within 120 s.*COMPILE_THREADS=1"),
    ):
        backend.compiler.wait_until_idle()


@pytest.mark.skipif("torch" not in SELECTED, reason="PyTorch alone has such optimizers")
def test_every_optimizer_has_a_way_to_be_fused_on_every_kind_of_device():
    from dlbench.backends.torch.natives import OPTIMIZERS, fused_or_foreach

    names = {"rocm": "cuda"}  # PyTorch's own names
    devices = {names.get(device, device) for device in DECLARED["torch"].devices}
    asked = {
        (optimizer, device): fused_or_foreach(optimizer(), device)
        for optimizer in OPTIMIZERS
        for device in devices
    }
    foreach = {key for key, how in asked.items() if how == {"foreach": True}}
    never_run = {(one, device) for one in OPTIMIZERS for device in ("mps", "xpu")}
    assert foreach == {(Adagrad, "cuda"), (RMSprop, "cpu"), (RMSprop, "cuda"), *never_run}
    assert all(how == {"fused": True} for key, how in asked.items() if key not in foreach)


@every_dynamic_mode
def test_a_dynamic_mode_has_no_compiler(name, mode):
    with started(name, mode) as backend:
        assert backend.compiler is None


@every_static_mode
def test_a_smaller_batch_is_compiled_for_where_shapes_are_fixed(name, mode, tmp_path):
    given, sizes = few_and_fewer()
    with started(name, mode) as backend:
        backend.compiler.keep(str(tmp_path))
        whole, part = backend.train_steps(given, sizes, dynamic_shapes=False)
        whole.run()
        before = backend.compiler.graphs()
        whole.run()
        assert backend.compiler.graphs() == before
        part.run()
        assert backend.compiler.graphs() == before + 1


# XLA compiles for the shapes that it is given.
FIXED = {("tensorflow", "xla"), ("jax", "jit"), ("jax", "eager")}


@every_static_mode
def test_a_smaller_batch_costs_nothing_where_shapes_are_dynamic(name, mode, tmp_path):
    given, sizes = few_and_fewer()
    with started(name, mode) as backend:
        backend.compiler.keep(str(tmp_path))
        ask = partial(backend.train_steps, given, sizes, dynamic_shapes=True)
        if (name, mode) in FIXED:
            with pytest.raises(Unavailable, match="dynamic shapes are not possible"):
                ask()
            return
        whole, part = ask()
        whole.run()
        before = backend.compiler.graphs()
        part.run()
        assert backend.compiler.graphs() == before


@pytest.mark.parametrize("dynamic_shapes", [False, True])
@pytest.mark.parametrize(("name", "mode"), [(name, mode) for name, mode, _ in MODES])
def test_steps_on_other_sizes_are_right(name, mode, dynamic_shapes):
    if dynamic_shapes and (name, mode) in FIXED:
        pytest.skip("there are no dynamic shapes")
    given, sizes = few_and_fewer()
    with started(name, mode) as backend:
        steps = backend.train_steps(given, sizes, dynamic_shapes=dynamic_shapes)
        for step, rows in zip(steps, sizes, strict=True):
            oracle = Oracle(given.network, given.first(rows), "float32")
            checks = oracle.check("train_step", step, backend)
            assert [check for check in checks if not check.passed] == []


@every_static_mode
def test_what_was_kept_is_found_again(name, mode, tmp_path):
    """Files are left where it is said that they are."""
    given, _ = few_and_fewer()
    with started(name, mode) as backend:
        kept = backend.compiler.keep(str(tmp_path))
        steps_of(backend, given)["backward"].run()
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert bool(files) is kept


@every_static_mode
def test_the_compiler_starts(name, mode, tmp_path):
    with started(name, mode) as backend:
        backend.compiler.keep(str(tmp_path))
        backend.compiler.start()
        assert backend.compiler.graphs() == 1


WEIGHTS = ("layer0.kernel", "layer0.bias", "layer1.gamma", "layer1.beta")
RESULTS = {
    "predict": {"outputs"},
    "forward": {"outputs", "loss"},
    "backward": {"loss", *(f"gradient/{weight}" for weight in WEIGHTS)},
    "train_step": {"loss", *(f"weight/{weight}" for weight in WEIGHTS)},
}


@every_quick_target
def test_a_network_has_four_steps_with_named_results_in_their_place(name, mode, dtype):
    net = network(Dense(UNITS), BatchNorm(), Dense(UNITS))
    last = {"layer2.kernel", "layer2.bias"}
    given = problem(net, dtype)
    with started(name, mode, dtype) as backend:
        steps = steps_of(backend, given)
        assert tuple(steps) == KINDS
        for kind, step in steps.items():
            assert {"x", *given.weights} <= step.inputs.keys() <= {"x", "y", *given.weights}
            results = step.tensors(step.run())
            prefixes = {q.partition("/")[0] for q in RESULTS[kind] if "/" in q}
            more = {f"{prefix}/{weight}" for prefix in prefixes for weight in last}
            assert results.keys() == RESULTS[kind] | more
            for tensor in (*step.inputs.values(), *results.values()):
                assert backend.device.place(tensor) == (PLACE, dtype)
            for quantity, array in arrays(backend, step, step.run()).items():
                weight = given.weights.get(quantity.partition("/")[2])
                shape = {"outputs": (len(given.x), UNITS), "loss": ()}.get(quantity)
                assert array.dtype == DTYPES[dtype].storage
                assert array.shape == (shape if weight is None else weight.shape)


@every_backend
def test_labels_stay_integers(name):
    given = problem(ending("nll", "log_softmax"), "float32")
    with started(name) as backend:
        place, dtype = backend.device.place(steps_of(backend, given)["forward"].inputs["y"])
    assert place == PLACE
    assert dtype in {"int64", "int32"}  # JAX has 64 bits only where it is told to


@every_backend
def test_arrays_are_copies_that_later_steps_do_not_change(name):
    given = problem(ending("mse", "linear", optimizer=SGD(0.1)), "float32")
    with started(name) as backend:
        step = steps_of(backend, given)["train_step"]
        found = arrays(backend, step, step.run())
        before = {quantity: array.copy() for quantity, array in found.items()}
        step.run()
        np.testing.assert_equal(found, before)


@every_backend
def test_the_problem_that_it_was_given_is_left_as_it_was(name):
    given, same = (problem(ending("mse", "linear", optimizer=SGD(0.1))) for _ in range(2))
    with started(name, dtype="float64") as backend:
        steps_of(backend, given)["train_step"].run()
    np.testing.assert_equal(vars(given), vars(same))


@every_backend
def test_another_dtype_can_be_started_while_the_first_still_lives(name):
    net = ending("mse", "linear")
    with started(name, dtype="float32") as first:
        assert_parity(first, problem(net, "float32"), "float32")
        with started(name, dtype="float64") as second:
            assert_parity(second, problem(net), "float64")


@every_quick_target
def test_after_release_it_takes_the_next_network(name, mode, dtype):
    with started(name, mode, dtype) as backend:
        for loss in ("mse", "mae"):
            assert_parity(backend, problem(ending(loss, "linear"), dtype), dtype)
            assert backend.release() is None


# --- parity -------------------------------------------------------------------------------------


@every_case
def test_every_network_of_the_lecture_agrees_with_the_oracle(name, mode, dtype, network_name):
    with started(name, mode, dtype) as backend:
        assert_parity(backend, lecture(network_name, dtype), dtype)


@every_backend
@pytest.mark.parametrize("kind", KINDS)
def test_a_network_with_dropout_is_bound_and_checked_beside_its_twin(name, kind):
    params = {"network": "mnist-128", "batch": 32}
    workload = Workload(kind, params, Work(0, 0), synthetic=True)
    with started(name) as backend:
        bound = kind_named(kind).bind(backend, target(), workload, every(), seed=0)
        bound.step.run()
        assert [check for check in bound.check() if not check.passed] == []


@pytest.mark.parametrize(("loss", "activation"), ENDS)
@every_backend
def test_every_loss_agrees_with_the_oracle(name, loss, activation):
    """In float64, where a wrong formula cannot hide behind rounding."""
    with started(name, dtype="float64") as backend:
        assert_parity(backend, problem(ending(loss, activation)), "float64")


@pytest.mark.parametrize("activation", ["linear", "relu", "sigmoid", "tanh", "softmax"])
@every_backend
def test_every_hidden_activation_agrees_with_the_oracle(name, activation):
    net = network(Dense(5, activation), Dense(UNITS))
    with started(name, dtype="float64") as backend:
        assert_parity(backend, problem(net), "float64")


OUT = (Flatten(), Dense(UNITS))
IMAGES = {
    name: (layers, (7, 6, 2))
    for name, layers in {
        "conv": (Conv2D(3, 3, activation="relu"), *OUT),
        "conv without bias": (Conv2D(3, 3, activation="tanh", use_bias=False), *OUT),
        "conv with strides": (Conv2D(3, (3, 2), (2, 3), activation="sigmoid"), *OUT),
        "conv with padding": (Conv2D(3, 3, padding="same"), Conv2D(2, 3, 1, "same"), *OUT),
        "conv with uneven padding": (Conv2D(3, (2, 4), 2, "same"), *OUT),
        "max pool": (Conv2D(3, 2, activation="relu"), MaxPool2D(), Conv2D(2, 2), *OUT),
        "overlapping max pool": (Conv2D(3, 2), MaxPool2D(3, (1, 2)), *OUT),
        "padded max pool": (Conv2D(3, 2), MaxPool2D(2, 1, "same"), *OUT),
        "strided padded max pool": (Conv2D(3, 2), MaxPool2D(3, 2, "same"), *OUT),
        "global average": (Conv2D(3, 3), GlobalAvgPool2D(), Dense(UNITS)),
        "batch norm of images": (BatchNorm(), Conv2D(3, 2), BatchNorm(), *OUT),
        "flatten of images": OUT,
        "dropout of images": (Dropout(0.0), Conv2D(3, 2), Dropout(0.0), *OUT),
    }.items()
} | {
    "images without a channel": ((Conv2D(3, 3), MaxPool2D(), *OUT), (7, 6)),
    "pooled images without a channel": ((MaxPool2D(), Conv2D(3, 2, 2, "same"), *OUT), (7, 6)),
    "means of images without a channel": ((GlobalAvgPool2D(), Dense(UNITS)), (7, 6)),
}
SEQUENCES = {
    name: (layers, (5, 4))
    for name, layers in {
        "lstm": (LSTM(3), Dense(UNITS)),
        "lstm of all steps": (LSTM(3, return_sequences=True), *OUT),
        "lstm on lstm": (LSTM(3, return_sequences=True), LSTM(2), Dense(UNITS)),
        "simple rnn": (SimpleRNN(3), Dense(UNITS)),
        "simple rnn of all steps": (SimpleRNN(3, return_sequences=True), *OUT),
        "gru": (GRU(3), Dense(UNITS)),
        "gru of all steps": (GRU(3, return_sequences=True), GRU(2), Dense(UNITS)),
        "layer norm of sequences": (LayerNorm(), LSTM(3), LayerNorm(0.1), Dense(UNITS)),
    }.items()
} | {
    "tokens": ((Embedding(7, 3), GRU(4, return_sequences=True), *OUT), (5,)),
}


LAYERS = {
    "flatten and l2 twice": ((Flatten(), Dense(5, "relu", l2=0.1), Dense(UNITS, l2=0.2)), (2, 3)),
    "batch norm first": ((BatchNorm(), Dense(5, "tanh"), Dense(UNITS)), (4,)),
    "batch norm twice": ((Dense(5), BatchNorm(0.5, 0.1), Dense(4), BatchNorm(), Dense(3)), (4,)),
    "dropconnect at rate 0": ((DropConnect(5, 0.0, "relu"), DropConnect(UNITS, 0.0)), (4,)),
    "a single layer": ((Dense(UNITS),), (4,)),
    **IMAGES,
    **SEQUENCES,
}


@pytest.mark.parametrize(("layers", "inputs"), LAYERS.values(), ids=LAYERS)
@every_backend
def test_every_layer_agrees_with_the_oracle(name, layers, inputs):
    with started(name, dtype="float64") as backend:
        assert_parity(backend, problem(network(*layers, inputs=inputs)), "float64")


# No value but epsilon is the default of a framework.
OPTIMIZERS = [
    SGD(0.1),
    SGD(0.1, 0.8),
    Adagrad(0.1),
    RMSprop(0.02, 0.8),
    AdamW(0.02, 0.8, 0.99, weight_decay=0.3),
    Adam(0.02, 0.8, 0.99),
]
every_optimizer = pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)


def smooth(optimizer, dtype="float64"):
    return problem(network(Dense(5, "tanh"), Dense(UNITS), optimizer=optimizer), dtype)


@every_optimizer
@pytest.mark.parametrize("dtype", CHECKED_DTYPES)
@every_backend
def test_the_first_step_of_every_optimizer_agrees_with_the_oracle(name, dtype, optimizer):
    with started(name, dtype=dtype) as backend:
        assert_parity(backend, smooth(optimizer, dtype), dtype)


@every_optimizer
@every_backend
def test_every_optimizer_follows_the_reference_for_ten_steps(name, optimizer):
    """Momentum and the betas do not show in the first step."""
    given = smooth(optimizer)
    reference = mlp(given)
    with started(name, dtype="float64") as backend:
        step = steps_of(backend, given)["train_step"]
        for _ in range(10):
            expected, result = reference.train_step(given.x, given.y), step.run()
            found = arrays(backend, step, result)
            np.testing.assert_allclose(found["loss"], expected, rtol=1e-4)
    for weight, value in reference.weights.items():
        np.testing.assert_allclose(found[f"weight/{weight}"], value, rtol=1e-4, atol=1e-5)


# --- state --------------------------------------------------------------------------------------


def losses(backend, step, count=3):
    return [float(arrays(backend, step, step.run())["loss"]) for _ in range(count)]


RESETS = [
    (name, mode, optimizer)
    for name in SELECTED
    for mode in DECLARED[name].modes
    for optimizer in (OPTIMIZERS[-1:] if mode in SLOW_MODES else OPTIMIZERS)
]


@pytest.mark.parametrize(("name", "mode", "optimizer"), RESETS)
def test_reset_restores_the_start_exactly(name, mode, optimizer):
    with started(name, mode) as backend:
        step = steps_of(backend, smooth(optimizer, "float32"))["train_step"]
        first = losses(backend, step)
        assert len(set(first)) == 3
        step.reset()
        assert losses(backend, step) == first


@every_backend
def test_reset_restores_what_all_steps_of_a_network_start_from(name):
    """Weights, and the running statistics that prediction reads."""
    given = problem(network(Dense(5), BatchNorm(momentum=0.5), Dense(UNITS)), "float32")
    with started(name) as backend:
        steps = steps_of(backend, given)

        def outputs():
            return arrays(backend, steps["predict"], steps["predict"].run())["outputs"]

        start = outputs()
        losses(backend, steps["train_step"])
        steps["train_step"].reset()
        np.testing.assert_array_equal(outputs(), start)


@every_backend
@pytest.mark.parametrize("kind", ["predict", "forward", "backward"])
def test_passes_without_an_optimizer_change_no_weight(name, kind):
    given = problem(network(Dense(5), BatchNorm(), Dense(UNITS)), "float32")
    with started(name) as backend:
        steps = steps_of(backend, given)
        first, again = (arrays(backend, steps[kind], steps[kind].run()) for _ in range(2))
        np.testing.assert_equal(first, again)


# --- dropout ------------------------------------------------------------------------------------


def twice(backend, step):
    return [arrays(backend, step, step.run())["outputs"] for _ in range(2)]


def assert_drops_in_training_only(backend, given):
    steps = steps_of(backend, given)
    first, again = twice(backend, steps["forward"])
    assert not np.array_equal(first, again)
    predicted, same = twice(backend, steps["predict"])
    np.testing.assert_array_equal(predicted, same)
    expected = mlp(given).predict(given.x)
    np.testing.assert_allclose(predicted, expected, rtol=1e-4, atol=1e-4)


@every_target
def test_dropout_is_active_in_what_is_timed_and_not_in_prediction(name, mode, dtype):
    with started(name, mode, dtype) as backend:
        assert_drops_in_training_only(backend, lecture("mnist-128", dtype))


@every_quick_target
def test_dropconnect_is_active_in_what_is_timed_and_not_in_prediction(name, mode, dtype):
    with started(name, mode, dtype) as backend:
        assert_drops_in_training_only(backend, problem(network(DropConnect(UNITS, 0.5)), dtype))


@pytest.mark.parametrize("dropping", ["dropout", "dropconnect"])
@every_quick_target
def test_training_steps_drop_too(name, mode, dtype, dropping):
    layers = {"dropout": (Dropout(0.5), Dense(UNITS)), "dropconnect": (DropConnect(UNITS, 0.5),)}
    given = problem(network(*layers[dropping], optimizer=SGD(1e-30)), dtype)
    with started(name, mode, dtype) as backend:
        for kind in ("backward", "train_step"):
            assert len(set(losses(backend, steps_of(backend, given)[kind], 8))) > 1


DRAWS = 400


@pytest.mark.parametrize(
    "layers",
    [(Dropout(0.3), Dense(UNITS)), (DropConnect(UNITS, 0.3),)],
    ids=["dropout", "dropconnect"],
)
@every_backend
def test_what_is_dropped_is_made_up_for_on_average(name, layers):
    """Six standard errors of the mean: a right framework fails once in 10^7 runs."""
    given = problem(network(*layers), "float64")
    with started(name, dtype="float64") as backend:
        step = steps_of(backend, given)["forward"]
        drawn = np.array([arrays(backend, step, step.run())["outputs"] for _ in range(DRAWS)])
    error = drawn.std(axis=0) / DRAWS**0.5
    assert (np.abs(drawn.mean(axis=0) - mlp(given).predict(given.x)) < 6 * error).all()


@every_backend
def test_dropconnect_drops_the_same_weights_for_the_whole_batch(name):
    given = problem(network(DropConnect(UNITS, 0.5)), "float64")
    given.x[:] = given.x[0]
    with started(name, dtype="float64") as backend:
        for outputs in twice(backend, steps_of(backend, given)["forward"]):
            np.testing.assert_allclose(outputs, np.broadcast_to(outputs[0], outputs.shape))


@every_backend
def test_dropconnect_at_rate_0_is_dense(name):
    dense = problem(network(Dense(5, "relu"), Dense(UNITS)), "float64")
    same = network(DropConnect(5, 0.0, "relu"), DropConnect(UNITS, 0.0))
    with started(name, dtype="float64") as backend:
        for kind in KINDS:
            expected = run(backend, dense, kind)
            found = run(backend, Problem(same, dense.weights, dense.x, dense.y), kind)
            for quantity, array in expected.items():
                np.testing.assert_allclose(found[quantity], array, rtol=1e-12, atol=1e-14)


# --- work ---------------------------------------------------------------------------------------


@pytest.mark.skipif("torch" not in SELECTED, reason="PyTorch alone counts its own FLOPs")
@pytest.mark.parametrize("batch", [1, 32])
@pytest.mark.parametrize("name", every())
def test_pytorch_counts_the_flops_that_dlbench_counts(name, batch):
    from torch.utils.flop_counter import FlopCounterMode

    net = every()[name]
    if batch == 1 and any(isinstance(layer, BatchNorm) for layer in net.layers):
        pytest.skip("PyTorch refuses to take statistics of a batch of one")
    if any(isinstance(layer, LSTM) for layer in net.layers):
        pytest.skip("PyTorch does not count what oneDNN computes")
    given = problem(net, "float32", rows=batch)
    expected = {
        "predict": _work.forward(net, batch),
        "forward": _work.forward(net, batch),
        "backward": _work.backward(net, batch),
        "train_step": _work.backward(net, batch),
    }
    with started("torch") as backend:
        for kind, step in steps_of(backend, given).items():
            with FlopCounterMode(display=False) as counter:
                step.run()
            assert counter.get_total_flops() == expected[kind].flops, kind


@pytest.mark.skipif("torch" not in SELECTED, reason="PyTorch alone counts its own FLOPs")
def test_pytorch_counts_the_flops_of_a_product_that_dlbench_counts():
    from torch.utils.flop_counter import FlopCounterMode

    with started("torch") as backend, FlopCounterMode(display=False) as counter:
        backend.matmul(np.ones((3, 5)), np.ones((5, 7))).run()
    assert counter.get_total_flops() == _work.matmul(3, 7, 5).flops


@pytest.mark.skipif(not fork_server.available(), reason="copies are made on Linux alone")
@pytest.mark.parametrize("name", [name for name in SELECTED if DECLARED[name].fork_safe])
def test_a_copy_of_a_process_in_which_it_has_started_computes_what_it_should(name, tmp_path):
    """With several threads: a pool that was started before the copy is not in it."""
    chosen = Target(name, "cpu", DECLARED[name].default, "float32", threads=2)
    large = dict.fromkeys("mnk", 512)  # so that all threads have a part in it
    prepare = wire.Prepare("case", Workload("matmul", large, Work(0, 0)), {}, seed=0)
    warm_up = wire.WarmUp("case", Sampling(block_s=0.001, warmup_s=0.01))
    with Launcher(DECLARED, tmp_path, renews=True) as launch:
        worker, start = launch(chosen)
        assert start.renewable
        with closing(worker):
            for begin in (start, wire.Renew(), wire.Renew()):
                turn = wire.Turn("case", 0.0, 1)
                for order in (begin, prepare, wire.Check("case"), warm_up, turn):
                    worker.tell(order)
                    reply = worker.hear(PATIENCE_S)
                    assert not isinstance(reply, wire.Failed), reply
                    if isinstance(reply, wire.Ready):
                        copy = psutil.Process(reply.process)
                    if isinstance(reply, wire.Verified):
                        assert reply.parity
                        assert all(check.passed for check in reply.parity), reply.parity
                        assert copy.num_threads() >= chosen.threads
