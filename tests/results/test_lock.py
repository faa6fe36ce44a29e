"""Only one process at a time writes to a folder of results."""

import subprocess
import sys

import pytest

from dlbench.errors import UsageError
from dlbench.results import lock

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no such locks")

HOLD = """
import sys
from pathlib import Path
from dlbench.results import lock
with lock.held(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "run.json"
    path.touch()
    return path


@pytest.fixture
def other(file):
    """Another process, which holds the lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, file], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout.readline() == b"held\n"
    yield process
    process.communicate()


def test_what_another_process_writes_is_refused(file, other):
    told = "still being measured, by another dlbench"
    with pytest.raises(UsageError, match=told), lock.held(file):
        pytest.fail("it is held")


def test_a_lock_ends_with_the_process_that_holds_it(file, other):
    other.kill()
    other.wait()
    with lock.held(file):
        pass


def test_a_lock_ends_with_its_block(file):
    for _ in range(2):
        with lock.held(file):
            pass
