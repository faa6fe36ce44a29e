"""Adding a backend is adding one folder and editing no list: an invented library does it."""

import pytest

from fakes.package import PackageCopy

NAME = "abacus"  # in the place of any array library

LIBRARY = '''
"""An array library that borrows all of its arithmetic."""
from numpy import *
'''

DECLARATION = f'''
"""{NAME.capitalize()}: an array library that nobody has heard of."""

DECLARATION = {{
    "package": "{NAME}",
    "distributions": ["{NAME}"],
    "install": "pip install {NAME}",
    "modes": {{"eager": "dynamic"}},
    "loops": [],
    "callbacks": [],
    "devices": {{"cpu": ["float32", "float64"]}},
    "environment": {{}},
}}
'''

BACKEND = f'''
"""Its products, and nothing else."""

import {NAME} as xp

from dlbench.backends.base import Step
from dlbench.errors import Unavailable


def start(setting):
    """The only verb that it has."""
    return Backend()


class Device:
    """The CPU."""

    def wait(self): pass

    def queue(self): pass

    def place(self, tensor): return "cpu", str(tensor.dtype)

    def array(self, tensor): return tensor.copy()

    def threads(self): pass

    def facts(self): return {{"{NAME}": "0.1"}}

    def is_out_of_memory(self, error): return False


class Backend:
    """Products on the CPU."""

    compiler, device = None, Device()

    def matmul(self, a, b):
        return Step(lambda: xp.matmul(a, b), lambda c: {{"product": c}}, {{"a": a, "b": b}})

    def network(self, problem, optimizers=None):
        raise Unavailable("{NAME} multiplies and does nothing else")

    def release(self): pass
'''


@pytest.fixture
def package(tmp_path):
    """A copy of the package with one more folder, and the library beside it."""
    copy = PackageCopy(tmp_path)
    copy.add(f"dlbench/backends/{NAME}/__init__.py", DECLARATION)
    copy.add(f"dlbench/backends/{NAME}/backend.py", BACKEND)
    copy.add(f"{NAME}.py", LIBRARY)
    return copy


def test_it_is_listed(package):
    assert NAME in package.run("list", "backends")


def test_it_is_planned(package):
    planned = package.run("run", "quick", "--backend", NAME, "--dry-run")
    assert "matmul" in planned
    assert NAME in planned


def test_it_is_measured_and_checked(package):
    [measured] = package.measure("matmul", "--backend", NAME, "--size", 8)
    assert (measured["status"], NAME in measured["case"]) == ("ok", True)
    assert measured["samples"]
    assert all(check["error"] <= check["tolerance"] for check in measured["parity"])
