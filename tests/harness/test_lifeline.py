"""A worker ends with its supervisor, from its first moment on."""

import os
import subprocess
import sys

import psutil
import pytest

from dlbench.harness import lifeline
from dlbench.harness.supervisor.process import COMMAND

LONG_S = 30.0

pytestmark = pytest.mark.skipif(os.name != "posix", reason="there is no parent to be told")


def test_a_mark_is_new_and_says_whose_it_is():
    marks = {lifeline.new_mark() for _ in range(3)}
    assert len(marks) == 3
    assert {lifeline.owner_of(mark) for mark in marks} == {os.getpid()}


@pytest.mark.parametrize(("beside", "code"), [(0, 0), (1, 1)])
def test_a_worker_whose_supervisor_has_died_before_ends_at_once(beside, code):
    environment = {**os.environ, lifeline.MARK: f"{os.getpid() + beside}-a"}
    program = (sys.executable, "-c", "from dlbench.harness import lifeline; lifeline.hold()")
    done = subprocess.run(program, env=environment, check=False, timeout=LONG_S)
    assert done.returncode == code


def test_a_worker_looks_before_it_imports_anything_else():
    environment = {**os.environ, lifeline.MARK: "1-a", "PYTHONVERBOSE": "1"}
    done = subprocess.run(
        COMMAND, env=environment, capture_output=True, text=True, check=False, timeout=LONG_S
    )
    assert done.returncode == 1
    assert "import 'dlbench.harness.lifeline'" in done.stderr
    for module in ("numpy", "msgspec", "psutil", "dlbench.harness.wire"):
        assert f"import '{module}'" not in done.stderr


ADOPT = """
import os, sys
from dlbench.harness import lifeline
lifeline.hold()
if os.fork() == 0:
    if os.fork() == 0:
        os.setsid()
        print(os.getpid(), flush=True)
        sys.stdin.read()
    os._exit(0)
os.wait()
print("the parent has ended", flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="a process adopts orphans on Linux alone")
def test_what_a_worker_starts_remains_its_descendant():
    process = subprocess.Popen(
        [sys.executable, "-c", ADOPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    said = {process.stdout.readline().strip() for _ in range(2)}
    (orphan,) = said - {"the parent has ended"}
    assert psutil.Process(int(orphan)).ppid() == process.pid
    process.communicate("")
