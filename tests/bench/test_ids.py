"""Runs of pytest-benchmark can be told apart: the id of every test has its target."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("options", "target"),
    [
        (("--backend", "numpy", "--threads", "1"), "numpy/cpu/eager/float32/t1"),
        (
            ("--backend", "tensorflow", "--mode", "function", "--threads", "2"),
            "tensorflow/cpu/function/float32/t2",
        ),
    ],
)
def test_the_id_has_workload_and_target(options: tuple[str, ...], target: str) -> None:
    """Nothing is measured, and no framework is imported, to collect the tests."""
    words = ("-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "-W", "default")
    # Nor is it a part of the run of tests that this is.
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    collected = subprocess.run(
        [sys.executable, *words, "bench/test_matmul.py", *options],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    ids = [line for line in collected.splitlines() if "::" in line]
    assert f"bench/test_matmul.py::test_matmul[matmul/64x64x64, {target}]" in ids
    assert all(f", {target}]" in one for one in ids)
