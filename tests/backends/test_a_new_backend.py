"""Adding a backend is adding one folder and editing no list: an invented library does it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import dlbench

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

    def clock(self): pass

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
def command(tmp_path):
    """The command line of a copy of the package that has one more folder."""
    place = tmp_path / "place"
    away = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(dlbench.__file__).parent, place / "dlbench", ignore=away)
    added = place / "dlbench" / "backends" / NAME
    added.mkdir()
    (added / "__init__.py").write_text(DECLARATION.lstrip(), encoding="utf-8")
    (added / "backend.py").write_text(BACKEND.lstrip(), encoding="utf-8")
    (place / f"{NAME}.py").write_text(LIBRARY.lstrip(), encoding="utf-8")

    def run(*arguments):
        done = subprocess.run(
            [sys.executable, "-m", "dlbench", *arguments],
            check=False,
            capture_output=True,
            text=True,
            cwd=tmp_path,
            timeout=120,
            env={**os.environ, "PYTHONPATH": str(place), "COLUMNS": "200"},
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def test_it_is_listed(command):
    assert NAME in command("list", "backends")


def test_it_is_planned(command):
    planned = command("run", "quick", "--backend", NAME, "--dry-run")
    assert "matmul" in planned
    assert NAME in planned


def test_it_is_measured_and_checked(command, tmp_path):
    results = tmp_path / "results"
    command(
        *("run", "matmul", "--backend", NAME, "--size", "8", "--dtype", "float32"),
        *("--threads", "1", "--rigor", "quick", "--generations", "1", "--budget", "20"),
        *("--results", str(results)),
    )
    [lines] = results.rglob("measurements.jsonl")
    [measured] = [
        line
        for line in map(json.loads, lines.read_text(encoding="utf-8").splitlines())
        if "null" not in line["case"]
    ]
    assert (measured["status"], NAME in measured["case"]) == ("ok", True)
    assert measured["samples"]
    assert all(check["error"] <= check["tolerance"] for check in measured["parity"])
