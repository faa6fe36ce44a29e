"""Settings that differ from a framework's defaults: both values are what the framework says.

A process without dlbench holds the defaults, one with it what dlbench sets. Which backends are
started is as in test_every_backend.py.
"""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

import dlbench
from dlbench.backends.base import TrainingJob
from dlbench.records.layers import Adagrad, Adam, AdamW, BatchNorm, Dense, LayerNorm, RMSprop
from dlbench.records.sequences import LSTM
from dlbench.records.settings import in_words
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

PACKAGE = Path(dlbench.__file__).parent
# Only there so that a process that hangs ends the test.
PATIENCE_S = 300

# Prints what the settings are in this process, and the defaults of arguments.
READ = """
import json, runpy
read = runpy.run_path({file!r})
values = [{{name: ask() for name, ask in read[part].items()}} for part in ("STATE", "ARGUMENTS")]
print(json.dumps([*values, sorted(m for m in __import__("sys").modules if m[:7] == "dlbench")]))
"""
START = """
from dlbench.harness.worker.setup import start_here
from dlbench.records.case import Target
backend = start_here(Target({name!r}, "cpu", {mode!r}, "float32", {threads}), {scratch!r})
backend.compiler and backend.compiler.keep({scratch!r})
"""

every_declared = pytest.mark.parametrize("name", DECLARED)
every_backend = pytest.mark.parametrize("name", SELECTED)


def said(script, environment):
    """The last line that a fresh process prints, as data."""
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_S,
        env=environment,
    )
    return json.loads(done.stdout.splitlines()[-1])


def file_of(name):
    return str(PACKAGE / "backends" / name / "settings.py")


@cache
def without_dlbench(name):
    """STATE, ARGUMENTS and the modules of dlbench in a process that has none of its variables."""
    ours = {variable for declared in DECLARED.values() for variable in declared.environment}
    plain = {key: value for key, value in os.environ.items() if key not in {*ours, "PYTHONPATH"}}
    return said(READ.format(file=file_of(name)), plain)


def departures(name):
    return {one.name: one for one in DECLARED[name].departures}


# --- what is declared -----------------------------------------------------------------------------


@every_declared
def test_every_variable_that_is_set_is_listed(name):
    assert DECLARED[name].environment.keys() <= departures(name).keys()


@every_declared
def test_a_departure_has_a_reason_and_another_value_than_the_default(name):
    declared = DECLARED[name]
    assert len(departures(name)) == len(declared.settings)
    for one in declared.departures:
        assert one.why
        assert not one.why.endswith(".")
        assert one.ours != one.default
        assert set(one.devices) <= declared.devices.keys()
        for value in (one.default, one.ours):
            assert "{" not in in_words(value), value


@every_declared
def test_what_measures_with_the_default_is_there(name):
    declared = DECLARED[name]
    for one in declared.departures:
        allowed = {"mode": set(declared.modes), "dtype": {"tf32"}}
        assert all(value in allowed[axis] for axis, value in one.measured_by.items())


@every_declared
def test_a_difference_is_in_a_quantity_and_by_optimizers_that_there_are(name):
    for one in DECLARED[name].differences:
        assert one.quantity == "weight/"
        assert set(one.optimizers) <= {"sgd", "adagrad", "rmsprop", "adam", "adamw"}
        assert not one.note.endswith(".")


# --- the defaults, without dlbench ----------------------------------------------------------------


@every_backend
def test_a_setting_is_a_variable_or_can_be_read(name):
    state, arguments, imported = without_dlbench(name)
    assert imported == []
    assert departures(name).keys() == {*DECLARED[name].environment, *state, *arguments}


@every_backend
def test_the_framework_has_the_default_that_is_claimed(name):
    state, arguments, _ = without_dlbench(name)
    cores = {psutil.cpu_count(logical=False), psutil.cpu_count(), len(os.sched_getaffinity(0))}
    for setting, value in {**state, **arguments}.items():
        default = departures(name)[setting].default
        if default == "{cores}":
            assert value in cores, setting
        else:
            assert (value, type(value)) == (default, type(default)), setting


# --- what dlbench sets ----------------------------------------------------------------------------


@every_backend
def test_dlbench_sets_what_it_says(name, tmp_path):
    declared, scratch = DECLARED[name], str(tmp_path)
    start = START.format(name=name, mode=declared.default, threads=THREADS, scratch=scratch)
    state, _, imported = said(start + READ.format(file=file_of(name)), dict(os.environ))
    assert imported
    filled = {"{threads}": THREADS, "{scratch}": scratch, "{device}": "cpu"}
    wanted = {setting: departures(name)[setting].ours for setting in state}
    assert state == {setting: filled.get(value, value) for setting, value in wanted.items()}


@pytest.mark.skipif("jax" not in SELECTED, reason="JAX alone has such a mode")
@pytest.mark.parametrize(("mode", "is_on"), [("eager", False), ("jit", False), ("jit-async", True)])
def test_a_mode_measures_with_the_default_dispatch(mode, is_on, tmp_path):
    start = START.format(name="jax", mode=mode, threads=THREADS, scratch=str(tmp_path))
    state, _, _ = said(start + READ.format(file=file_of("jax")), dict(os.environ))
    assert state["jax_cpu_enable_async_dispatch"] is is_on


OPTIMIZERS = {
    "adagrad": Adagrad(epsilon=3e-4),
    "rmsprop": RMSprop(rho=0.7, epsilon=3e-4),
    "adam": Adam(epsilon=3e-4),
    "adamw": AdamW(epsilon=3e-4, weight_decay=0.3),
}


def made_by_torch():
    import torch

    from dlbench.backends.torch import natives

    weights = [torch.nn.Parameter(torch.zeros(2))]
    made = {
        name: natives.OPTIMIZERS[type(one)](one, weights).defaults
        for name, one in OPTIMIZERS.items()
    }
    norm = natives.LAYERS[BatchNorm](BatchNorm(momentum=0.7, epsilon=3e-4), (2,))
    layer_norm = natives.LAYERS[LayerNorm](LayerNorm(epsilon=3e-4), (2,))
    lstm = natives.LAYERS[LSTM](LSTM(2), (3, 4))
    return {
        "torch.optim.Adagrad(eps)": (made["adagrad"]["eps"], 3e-4),
        "torch.optim.RMSprop(alpha)": (made["rmsprop"]["alpha"], 0.7),
        "torch.optim.RMSprop(eps)": (made["rmsprop"]["eps"], 3e-4),
        "torch.optim.Adam(eps)": (made["adam"]["eps"], 3e-4),
        "torch.optim.AdamW(eps)": (made["adamw"]["eps"], 3e-4),
        "torch.optim.AdamW(weight_decay)": (made["adamw"]["weight_decay"], 0.3),
        "torch.nn.BatchNorm1d(eps)": (norm.eps, 3e-4),
        "torch.nn.BatchNorm1d(momentum)": (norm.momentum, pytest.approx(0.3)),
        "torch.nn.LayerNorm(eps)": (layer_norm.eps, 3e-4),
        "torch.nn.LSTM.bias_hh_l0.requires_grad": (lstm.bias_hh_l0.requires_grad, False),
        **dynamic_of_retrace(torch),
        "torch._dynamo.config.allow_rnn": (torch._dynamo.config.allow_rnn, True),
        **pinned_by_dataloader(torch),
    }


def dynamic_of_retrace(torch):
    asked = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch, "compile", lambda f, dynamic, mode: asked.append(dynamic) or f)
        with started("torch", "compile") as backend:
            given = problem(network(Dense(UNITS)), "float32")
            for dynamic in (False, True):
                backend.train_steps(given, [2], dynamic_shapes=dynamic)
            retraced = set(asked)
            asked.clear()
            backend.network(given)
    assert set(asked) == {None}
    return {"torch.compile(dynamic)": (retraced, {False, True})}


def pinned_by_dataloader(torch):
    """On a CPU there is nothing to pin for: the option follows the device."""
    from dlbench.backends.torch.trainer import Trainer

    x = SimpleNamespace(device=SimpleNamespace(type="cuda"), cpu=lambda: torch.zeros(4, 2))
    job = SimpleNamespace(network=SimpleNamespace(batch=2), shuffle=False)
    loader = Trainer._loader(SimpleNamespace(x=x, y=x, job=job, order=None))
    return {"DataLoader(pin_memory)": (loader.pin_memory, True)}


def made_by_tensorflow():
    import keras

    from dlbench.backends import _keras

    asked = {}

    def noted(name, result=None):
        return lambda self, *args, **named: asked.setdefault(name, []).append(named) or result

    history = SimpleNamespace(history={"loss": [0.0]})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keras.Sequential, "compile", noted("compile"))
        patch.setattr(keras.Sequential, "fit", noted("fit", history))
        patch.setattr(keras.Sequential, "predict", noted("predict"))
        given = problem(network(Dense(UNITS)), "float32")
        for mode in ("eager", "function", "xla"):
            with started("tensorflow", mode) as backend:
                backend.call(given, "predict", "predict").run()
                backend.trainer(TrainingJob(**vars(given), loop="fit")).epoch()
    with started("tensorflow") as backend:
        dataset = backend.trainer(TrainingJob(**vars(given), loop="dataset")).batches
        made = {name: _keras.OPTIMIZERS[type(one)](one) for name, one in OPTIMIZERS.items()}
    jitted = [named["jit_compile"] for named in asked["compile"]]
    return {
        "keras.Model.compile(jit_compile)": (jitted, [False] * 4 + [True] * 2),
        "keras.Model.fit(verbose)": ({n["verbose"] for n in asked["fit"]}, {0}),
        "keras.Model.predict(verbose)": ({n["verbose"] for n in asked["predict"]}, {0}),
        "tf.data.Options().threading.private_threadpool_size": (
            dataset.options().threading.private_threadpool_size,
            THREADS,
        ),
        "keras.optimizers.Adagrad(initial_accumulator_value)": (
            made["adagrad"].initial_accumulator_value,
            0.0,
        ),
        "keras.optimizers.Adagrad(epsilon)": (made["adagrad"].epsilon, pytest.approx(9e-8)),
        "keras.optimizers.RMSprop(epsilon)": (made["rmsprop"].epsilon, pytest.approx(9e-8)),
        "keras.optimizers.AdamW(weight_decay)": (made["adamw"].weight_decay, 0.3),
    }


def made_by_jax():
    import optax

    from dlbench.backends.jax import natives

    asked = {}
    with pytest.MonkeyPatch.context() as patch:
        for name, one in OPTIMIZERS.items():
            patch.setattr(optax, name, lambda *_, n=name, **named: asked.update({n: named}))
            natives.OPTIMIZERS[type(one)](one)
    return {
        "optax.adagrad(initial_accumulator_value)": (
            asked["adagrad"]["initial_accumulator_value"],
            0.0,
        ),
        "optax.adagrad(eps)": (asked["adagrad"]["eps"], pytest.approx(9e-8)),
        "optax.rmsprop(eps_in_sqrt)": (asked["rmsprop"]["eps_in_sqrt"], False),
        "optax.rmsprop(eps)": (asked["rmsprop"]["eps"], 3e-4),
        "optax.adam(eps)": (asked["adam"]["eps"], 3e-4),
        "optax.adamw(eps)": (asked["adamw"]["eps"], 3e-4),
        "optax.adamw(weight_decay)": (asked["adamw"]["weight_decay"], 0.3),
    }


MADE = {
    "numpy": dict,
    "torch": made_by_torch,
    "tensorflow": made_by_tensorflow,
    "jax": made_by_jax,
}


@pytest.mark.skipif(DEVICE != "cpu", reason="arguments are the same on every device")
@every_backend
def test_arguments_are_what_dlbench_says(name):
    made = MADE[name]()
    assert made.keys() == without_dlbench(name)[1].keys()
    for setting, (value, wanted) in made.items():
        assert value == wanted, setting
