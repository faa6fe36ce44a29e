"""Locks end with the process that holds them, and bind whoever asks for them."""

import errno
import os
import subprocess
import sys

import pytest

from dlbench import locks

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no such locks")

HOLD = """
import os, sys
from dlbench import locks
print(locks.take(os.open(sys.argv[1], os.O_RDWR)), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def opened(tmp_path):
    """Open the same file anew, every time."""
    path, descriptors = tmp_path / "lock", []
    path.touch()

    def again():
        descriptors.append(os.open(path, os.O_RDWR))
        return descriptors[-1]

    again.path = path
    yield again
    for descriptor in descriptors:
        os.close(descriptor)


def test_one_holds_it_alone(opened):
    assert locks.take(opened()) is True
    assert locks.take(opened()) is False
    assert locks.take(opened(), shared=True) is False


def test_several_share_it(opened):
    assert [locks.take(opened(), shared=True) for _ in range(3)] == [True] * 3
    assert locks.take(opened()) is False


def test_who_holds_it_alone_may_go_on_to_share_it(opened):
    mine = opened()
    assert locks.take(mine) is True
    assert locks.take(mine, shared=True, wait=True) is True
    assert locks.take(opened(), shared=True) is True


def test_none_is_left_by_a_process_that_is_killed(opened):
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, opened.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert other.stdout.readline() == b"True\n"
    assert locks.take(opened()) is False
    other.kill()
    other.communicate()
    assert locks.take(opened()) is True


def test_a_file_system_without_locks_is_told_apart(opened, monkeypatch):
    import fcntl

    def refuse(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    assert locks.take(opened()) is None
