"""Real backends for tests: those that DLBENCH_TEST_BACKEND names, each started in this process.

Frameworks do not share a process well, so PyTorch and TensorFlow have a pytest run each.
DLBENCH_TEST_DEVICE is where they compute: the CPU, or cuda on a machine that has a GPU.
"""

import os
from contextlib import contextmanager
from importlib.util import find_spec

import pytest

from dlbench import registry
from dlbench.backends.base import Setting
from dlbench.records.case import Declaration

DECLARED = {
    name: registry.declaration("backends", name, Declaration) for name in registry.names("backends")
}
DEVICE = os.environ.get("DLBENCH_TEST_DEVICE", "cpu")
# As tensors tell it.
PLACE = {"cuda": "cuda:0"}.get(DEVICE, DEVICE)
SELECTED = [
    registry.check("backends", name)
    for name in os.environ.get("DLBENCH_TEST_BACKEND", "numpy").split(",")
    if find_spec(DECLARED[name].package) and DEVICE in DECLARED[name].devices
]
if not any(DEVICE in declared.devices for declared in DECLARED.values()):
    raise ValueError(f"no backend computes on DLBENCH_TEST_DEVICE={DEVICE}")
THREADS = 1

WARNINGS = [
    # Keras on the lecture's fruit networks, which are kept as given: one unit of softmax.
    pytest.mark.filterwarnings("ignore:You are using a softmax over axis:UserWarning"),
    # Keras, when it writes weights.
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning"),
    # PyTorch's compiler imports its own deprecated parts.
    pytest.mark.filterwarnings("ignore:`torch.jit.script_method` is deprecated:DeprecationWarning"),
]


@pytest.fixture(scope="module", autouse=True)
def declared_environment(tmp_path_factory):
    """The variables that a worker would have been started with, before anything is imported."""
    scratch = tmp_path_factory.mktemp("scratch")
    with pytest.MonkeyPatch.context() as patch:
        for name in SELECTED:
            for variable, value in DECLARED[name].environment.items():
                patch.setenv(variable, value.format(threads=THREADS, scratch=scratch))
        yield


@contextmanager
def started(name, mode="eager", dtype="float32", device=DEVICE):
    """A backend, for as long as a test needs it."""
    setting = Setting(device, mode, dtype, THREADS, "")
    backend = registry.load("backends", name).start(setting)
    try:
        yield backend
    finally:
        backend.release()
