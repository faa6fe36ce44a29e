"""Networks of a user's own file in every backend: those of the documentation, and wrong ones.

Which backends are started, and where, is as in test_every_backend.py.
"""

import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from msgspec.structs import replace

from dlbench.errors import DlbenchError
from dlbench.harness.worker.setup import assert_placed
from dlbench.own import proof, repro
from dlbench.records.case import Case, Target, Work, Workload
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
from fakes.own import file_of

pytestmark = WARNINGS

PAGE = Path(__file__).parents[2] / "docs" / "own-networks.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)

# Modes that take long to compile, and the one that runs the code of another.
LEFT_OUT = ("compile-max-autotune", "cudagraph", "jit-async", "xla")


class Way(NamedTuple):
    """A function of the file on a backend in a mode, with the call of its target."""

    name: str
    mode: str
    function: str
    call: str


WAYS = [
    Way(name, mode, function, way.call)
    for name in SELECTED
    for function, way in DECLARED[name].own.items()
    for mode in way.modes or DECLARED[name].modes
    if mode not in LEFT_OUT
]
EAGER = [way for way in WAYS if way.mode == "eager"]
# Each example is trained; of each function, one predicts.
STEPS = [*(("train_step", n) for n in range(5)), *(("predict", n) for n in (0, 2, 4))]

every_way = pytest.mark.parametrize("way", WAYS, ids="-".join)
every_keras = pytest.mark.parametrize(
    "way", [way for way in WAYS if way.function == "keras_model"], ids="-".join
)
every_function = pytest.mark.parametrize("way", EAGER, ids="-".join)
MODULE = Way("torch", "eager", "torch_model", "module")
KERAS = Way("torch", "eager", "keras_model", "keras")


def bound(backend, way, network, kind="train_step"):
    target = Target(way.name, DEVICE, way.mode, backend.setting.dtype, THREADS, call=way.call)
    params = {"network": network.name, "batch": network.batch}
    workload = Workload(kind, params, Work(0, 0, network.batch), own=network)
    return kind_named(kind).bind(backend, target, workload, {}, 0), target


def test_the_page_has_five_examples():
    assert len(EXAMPLES) == 5


@pytest.mark.parametrize(("kind", "number"), STEPS)
@every_way
def test_an_example_of_the_page_runs_as_it_should(tmp_path, way, kind, number):
    with file_of(tmp_path, EXAMPLES[number]) as networks:
        for network in networks.values():
            if way.function not in network.functions:
                continue
            with started(way.name, way.mode) as backend:
                found, target = bound(backend, way, network, kind)
                assert_placed(backend, target, found.step.inputs)
                assert_placed(backend, target, found.step.tensors(found.step.run()))
                checks = found.check()
                assert [check for check in checks if not check.passed] == []
                twin = found.twin()
                assert twin.parameters > 0
                if kind == "train_step":
                    first, last = twin.trained
                    assert last < first


def twin_of(backend, way, folder, text, kind="predict"):
    with file_of(folder, text) as networks:
        [network] = networks.values()
        found, _ = bound(backend, way, network, kind)
        found.check()
        return found.twin()


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.skipif("torch" not in SELECTED, reason="two implementations in one framework")
def test_two_implementations_of_a_network_are_proven_equal(tmp_path, number):
    with started("torch") as backend:
        twins = [twin_of(backend, way, tmp_path, EXAMPLES[number]) for way in (MODULE, KERAS)]
    assert proof.difference(*twins) is None


SAME = """
loss = "sparse_categorical_crossentropy"
inputs = (6,)

def torch_model():
    from torch import nn
    return nn.Sequential(
        nn.Linear(6, 6), nn.ReLU(), nn.BatchNorm1d(6, eps=1e-3), nn.Linear(6, 6), nn.Tanh(),
        nn.Linear(6, 3),
    )

def keras_model():
    import keras
    layers = keras.layers
    return keras.Sequential([
        keras.Input((6,)), layers.Dense(6, activation="relu"), layers.BatchNormalization(),
        layers.Dense(6, activation="tanh"), layers.Dense(3, activation="softmax"),
    ])
"""
# What is changed in the Keras model, and the layer that the difference must name.
FAULTS = [
    ('"relu"', '"tanh"', "outputs of layer 1"),
    ('6, activation="tanh"', '6, activation="tanh", use_bias=False', "layer 3 "),
    ("BatchNormalization()", "BatchNormalization(epsilon=1e-5)", "outputs of layer 2"),
    (
        'layers.Dense(3, activation="softmax"),',
        'layers.Dense(3, activation="softmax"), layers.Softmax(),',
        "layer 4",
    ),
]


@pytest.mark.parametrize(("right", "wrong", "words"), FAULTS)
@pytest.mark.skipif("torch" not in SELECTED, reason="two implementations in one framework")
def test_a_fault_is_found_and_its_layer_named(tmp_path, right, wrong, words):
    with started("torch") as backend:
        twins = [
            twin_of(backend, way, tmp_path, text)
            for way, text in (
                (MODULE, SAME),
                (KERAS, SAME),
                (KERAS, SAME.replace(right, wrong)),
            )
        ]
    assert right in SAME
    assert proof.difference(*twins[:2]) is None
    assert words in str(proof.difference(twins[0], twins[2]))


@pytest.mark.skipif("torch" not in SELECTED, reason="two implementations in one framework")
def test_a_transposed_kernel_is_found_and_its_layer_named(tmp_path):
    transposed = SAME.replace(
        "    return nn.Sequential(",
        "    class Turned(nn.Linear):\n"
        "        def forward(self, x):\n"
        "            return x @ self.weight + self.bias\n"
        "    return nn.Sequential(",
    ).replace("nn.Linear(6, 6), nn.Tanh()", "Turned(6, 6), nn.Tanh()")
    with started("torch") as backend:
        twins = [twin_of(backend, MODULE, tmp_path, text) for text in (SAME, transposed)]
    assert "outputs of layer 3" in str(proof.difference(*twins))


@every_function
def test_what_is_no_model_is_told_with_its_line(tmp_path, way):
    text = f'loss = "mse"\ninputs = (3,)\ndef {way.function}():\n    return 3\n'
    with (
        file_of(tmp_path, text) as networks,
        started(way.name) as backend,
        pytest.raises(DlbenchError, match=r"net\.py, line 3: .* returns no"),
    ):
        bound(backend, way, networks["net"])


@every_function
def test_a_network_without_batch_and_shape_is_told(tmp_path, way):
    example = next(text for text in EXAMPLES if f"def {way.function}" in text)
    text = re.sub(r"(?m)^inputs = .*$|^def batch(.|\n)*\Z", "", example)
    text = text.replace("keras.Input((20,)),", "")
    with (
        file_of(tmp_path, text) as networks,
        started(way.name) as backend,
        pytest.raises(DlbenchError, match=r"no batch\(n\)"),
    ):
        bound(backend, way, networks["net"])


@every_function
def test_a_loss_that_does_not_fit_is_told(tmp_path, way):
    example = next(text for text in EXAMPLES if f"def {way.function}" in text)
    text = re.sub(r"(?m)^def batch(.|\n)*\Z", "", example)
    text = re.sub(r'(?m)^loss = ".*"$', 'loss = "categorical_crossentropy"', text)
    shape = re.search(r"(?:Linear|Input)\(\(?(\d+)", text)
    width = int(shape.group(1)) if shape else 20
    text += f"\ndef batch(n):\n    import numpy\n    return numpy.ones((n, {width})), [0] * n\n"
    if way.function == "torch_model":
        text = text.replace("nn.Linear(12, 1)", "nn.Linear(12, 2)")
    if way.function == "keras_model":
        text = text.replace("keras.layers.Dense(1)", "keras.layers.Dense(2)")
    with (
        file_of(tmp_path, text) as networks,
        started(way.name) as backend,
        pytest.raises(DlbenchError, match="categorical_crossentropy does not fit"),
    ):
        bound(backend, way, networks["net"])


WORDS = """
import numpy as np

loss = "categorical_crossentropy"

def torch_model():
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.words = nn.Embedding(9, 4)
            self.norm = nn.LayerNorm(4, eps=1e-3)
            self.head = nn.Linear(4, 3)

        def forward(self, x):
            return self.head(self.norm(self.words(x).mean(1)))

    return Net()

def keras_model():
    import keras
    layers = keras.layers
    return keras.Sequential([
        keras.Input((5,), dtype="int64"), layers.Embedding(9, 4),
        layers.GlobalAveragePooling1D(), layers.LayerNormalization(), layers.Dense(3),
    ])

def batch(n):
    draws = np.random.default_rng(3)
    return draws.integers(0, 9, (n, 5)), np.eye(3)[draws.integers(0, 3, n)]
"""


@pytest.mark.skipif("torch" not in SELECTED, reason="two implementations in one framework")
def test_inputs_may_be_whole_numbers(tmp_path):
    with started("torch") as backend:
        twins = [
            twin_of(backend, way, tmp_path, WORDS, kind)
            for way, kind in ((MODULE, "train_step"), (KERAS, "predict"))
        ]
    assert proof.difference(*twins) is None


@pytest.mark.parametrize("kind", ["train_step", "predict"])
@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
@every_function
def test_16_bits_are_right(tmp_path, way, dtype, kind):
    """By SGD: Adam of Keras rounds its beta_2 to 1 in bfloat16, and changes no weight."""
    if dtype not in DECLARED[way.name].devices[DEVICE.partition(":")[0]]:
        pytest.skip("the backend has no such type here")
    text = next(text for text in EXAMPLES if f"def {way.function}" in text)
    text = re.sub(r"(?m)^optimizer = .*$", "", text) + 'optimizer = {"type": "sgd", "lr": 0.1}\n'
    with file_of(tmp_path, text) as networks, started(way.name, dtype=dtype) as backend:
        found, _ = bound(backend, way, networks["net"], kind)
        checks = found.check()
        assert checks
        assert [check for check in checks if not check.passed] == []


PENALTIES = """
loss = "mse"
inputs = (4,)

def keras_model():
    import keras

    class Adds(keras.layers.Layer):
        def call(self, x):
            self.add_loss(0.3 * keras.ops.mean(x * x))
            return x

    return keras.Sequential([
        keras.Input((4,)), Adds(),
        keras.layers.Dense(3, kernel_regularizer=keras.regularizers.L2(0.5)),
    ])
"""


@every_keras
def test_the_loss_of_a_keras_model_has_its_penalties(tmp_path, way):
    with started(way.name, way.mode) as backend, file_of(tmp_path, PENALTIES) as networks:
        found, _ = bound(backend, way, networks["net"])
        checks = found.check()
        assert [check.quantity for check in checks] == ["loss"]
        assert [check for check in checks if not check.passed] == []


FROZEN_PARTS = """
loss = "mse"
inputs = (4,)

def torch_model():
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("turned", torch.randn(4, 4))
            self.frozen = nn.Linear(4, 4).requires_grad_(False)
            self.head = nn.Linear(4, 3)

        def forward(self, x):
            return self.head(self.frozen(x @ self.turned))

    return Net()

def keras_model():
    import keras

    class Turned(keras.layers.Layer):
        def build(self, shape):
            self.turned = self.add_weight(shape=(4, 4), initializer="normal", trainable=False)

        def call(self, x):
            return x @ self.turned

    return keras.Sequential([
        keras.Input((4,)), Turned(), keras.layers.Dense(4, trainable=False), keras.layers.Dense(3),
    ])

def jax_model():
    import jax.numpy as jnp
    import numpy as np

    turned = jnp.asarray(np.random.randn(4, 3))
    return lambda key: {"b": jnp.zeros(3)}, lambda weights, x: x @ turned + weights["b"]
"""


@pytest.mark.parametrize("kind", ["train_step", "predict"])
@every_function
def test_what_is_random_and_not_learnt_is_the_same_in_the_twin(tmp_path, way, kind):
    with started(way.name) as backend, file_of(tmp_path, FROZEN_PARTS) as networks:
        found, _ = bound(backend, way, networks["net"], kind)
        checks = found.check()
        assert checks
        assert [check for check in checks if not check.passed] == []


# By function, what is random in training.
CHANCES = {
    "torch_model": {
        "F.dropout(x, 0.5, self.training)": True,
        "x + 0.3 * torch.randn_like(x) * self.training": True,
        "nn.functional.relu(x)": False,
        "self.lstm(x[:, None])[0][:, 0]": True,
    },
    "keras_model": {
        "layers.GaussianNoise(0.5)": True,
        "layers.LSTM(4, dropout=0.4)": True,
        "layers.GRU(4, recurrent_dropout=0.4)": True,
        "layers.RandomFlip(seed=1)": True,
        "Noise()": True,
        "layers.LSTM(4)": False,
    },
}
RANDOM = """
loss = "mse"
inputs = (6,)

def torch_model():
    import torch
    from torch import nn
    F = nn.functional

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm = nn.LSTM(6, 6, 2, batch_first=True, dropout=0.4)
            self.head = nn.Linear(6, 3)
            if not {LSTM}:
                del self.lstm

        def forward(self, x):
            return self.head({LAYER})

    return Net()

def keras_model():
    import keras
    layers = keras.layers

    class Noise(layers.Layer):
        def __init__(self):
            super().__init__()
            self.seeds = keras.random.SeedGenerator()

        def call(self, x, training=False):
            shape = keras.ops.shape(x)
            return x + 0.3 * keras.random.normal(shape, seed=self.seeds) if training else x

    return keras.Sequential([
        keras.Input((6,)), layers.Reshape((2, 3, 1) if "Flip" in {NAME} else (2, 3)), {LAYER},
        layers.Flatten(), layers.Dense(3),
    ])
"""


@pytest.mark.parametrize(
    ("way", "layer", "is_random"),
    [(way, *one) for way in EAGER for one in CHANCES.get(way.function, {}).items()],
)
def test_chance_is_found_whatever_its_name(tmp_path, way, layer, is_random):
    text = RANDOM.replace("{LAYER}", layer).replace("{NAME}", repr(layer))
    text = text.replace("{LSTM}", str("lstm" in layer))
    with started(way.name) as backend, file_of(tmp_path, text) as networks:
        found, _ = bound(backend, way, networks["net"])
        checks = found.check()
        assert [check for check in checks if not check.passed] == []
        assert (checks == ()) is is_random


CACHES = """
loss = "mse"
inputs = (3,)

def torch_model():
    from torch import nn
    class Keeps(nn.Linear):
        kept = None
        def forward(self, x):
            if self.kept is None or self.training:
                self.kept = super().forward(x)
            return self.kept
    return Keeps(3, 1)
"""
LAZY = """
loss = "mse"
inputs = (3,)

def torch_model():
    from torch import nn
    class Lazy(nn.Linear):
        calls = 0
        def forward(self, x):
            self.calls += 1
            found = super().forward(x)
            return found if self.calls == 1 else 0 * found
    return Lazy(3, 1)
"""
FROZEN = """
loss = "mse"
inputs = (3,)

def torch_model():
    from torch import nn
    class Frozen(nn.Linear):
        def forward(self, x):
            return super().forward(x).detach() + 0 * self.bias
    return Frozen(3, 1)
"""


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        (CACHES, "predict", "do not change with the inputs"),
        (LAZY, "predict", "change from call to call"),
        (FROZEN, "train_step", "changes no weight"),
    ],
)
@pytest.mark.skipif("torch" not in SELECTED, reason="modules of one framework")
def test_a_network_that_does_not_compute_is_refused(tmp_path, text, kind, words):
    with started("torch") as backend, pytest.raises(DlbenchError, match=words):
        twin_of(backend, MODULE, tmp_path, text, kind)


@pytest.mark.thorough
@every_way
def test_the_script_without_dlbench_runs(tmp_path, way):
    text = next(text for text in EXAMPLES if f"def {way.function}" in text)
    with file_of(tmp_path, text) as networks:
        network = networks["net"]
        with started(way.name) as backend:
            found, target = bound(backend, way, network)
            found.check()
        workload = Workload(
            "train_step", {"network": "net", "batch": network.batch}, Work(0, 0, 4), own=network
        )
        case = Case(workload, replace(target, mode=way.mode), "dynamic")
        written = repro.script([case], found.twin(), DECLARED, lambda device: {})
    script = tmp_path / "repro.py"
    script.write_text(written.replace("3, 2.0\n", "1, 0.01\n"), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(rf"{re.escape(case.target.id)}: \d\S* ms\n", done.stdout)
