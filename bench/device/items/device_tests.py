"""The tests of every backend, on the card."""

import os
import re
import subprocess
import sys

from card import ROOT, Card
from verdict import Facts, Verdict, of

NUMBER, SECONDS = 10, 60
CHECKS = "tests on the card"

BACKENDS = ("torch", "jax")
FILE = "tests/backends/test_every_backend.py"


def look(card: Card) -> Facts:  # noqa: ARG001 - a process of its own looks at it
    """Run the tests that start a framework."""
    return {name: _tested(name) for name in BACKENDS}


def _tested(backend: str) -> Facts:
    env = {**os.environ, "DLBENCH_TEST_DEVICE": "cuda", "DLBENCH_TEST_BACKEND": backend}
    command = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", FILE)
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, cwd=ROOT, env=env, timeout=SECONDS
    )
    lines = done.stdout.strip().splitlines() or [done.stderr[-200:]]
    failed = [line for line in lines if line.startswith(("FAILED", "ERROR"))]
    return {"code": done.returncode, "last": lines[-1], "failed": failed}


def judge(facts: Facts) -> Verdict:
    """All must pass, and there must be some."""
    faults = [
        f"{name}: {one['last']}"
        for name, one in facts.items()
        if one["code"] or not re.search(r"\b[1-9]\d* passed", one["last"])
    ]
    return of(faults, "; ".join(f"{name}: {one['last']}" for name, one in facts.items()))
