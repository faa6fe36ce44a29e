"""Only one process at a time writes to a folder of results."""

import subprocess
import sys

import pytest

from dlbench import files
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
def folder(tmp_path):
    return tmp_path


@pytest.fixture
def other(folder):
    """Another process, which holds the lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout.readline() == b"held\n"
    yield process
    process.communicate()


def test_what_another_process_writes_is_refused(folder, other):
    told = "still being measured, by another dlbench"
    with pytest.raises(UsageError, match=told), lock.held(folder):
        pytest.fail("it is held")


def test_a_lock_ends_with_the_process_that_holds_it(folder, other):
    other.kill()
    other.wait()
    with lock.held(folder):
        pass


def test_a_lock_ends_with_its_block(folder):
    for _ in range(2):
        with lock.held(folder):
            pass


def test_a_file_that_is_replaced_keeps_the_lock(folder, other):
    files.replace(folder / "run.json", b"{}")
    with pytest.raises(UsageError), lock.held(folder):
        pytest.fail("it is held")
