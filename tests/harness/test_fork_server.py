"""Real forks: a parent that only waits, and copies of it that say what they are."""

import signal
import subprocess
import sys

import psutil
import pytest

from dlbench.harness import fork_server

pytestmark = pytest.mark.skipif(not fork_server.available(), reason="Linux alone makes copies")

# Every copy says who it is, and does what the next word asks for.
PROGRAM = """
import os, sys
from dlbench.harness import fork_server
start = os.getpid()
computed = []
fork_server.serve()
said = os.getpid(), os.getppid() == start, os.getpgrp() == os.getpid(), computed
os.write(1, " ".join(map(str, said)).encode() + b"\\n")
computed.append("something")
word = os.read(0, 100).decode()
if word == "next":
    fork_server.give_way()
what, number = word.split()
sys.exit(int(number)) if what == "exit" else os.kill(os.getpid(), int(number))
"""


class ForkServer:
    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
        )

    def hear(self):
        return self.process.stdout.readline().decode().split(maxsplit=3)

    def tell(self, word):
        self.process.stdin.write(word.encode())


@pytest.fixture
def forked():
    forked = ForkServer()
    yield forked
    forked.process.kill()
    forked.process.communicate()


def test_every_copy_is_a_new_process_that_has_computed_nothing(forked):
    copies = []
    for _ in range(3):
        pid, is_child, leads, computed = forked.hear()
        assert (is_child, leads, computed) == ("True", "True", "[]\n")
        copies.append(int(pid))
        forked.tell("next")
    assert len({*copies, forked.process.pid}) == 4


def test_a_copy_that_made_way_is_gone(forked):
    first = int(forked.hear()[0])
    forked.tell("next")
    forked.hear()
    assert not psutil.pid_exists(first)


@pytest.mark.parametrize(
    ("word", "code"),
    [("exit 0", 0), ("exit 7", 7), ("kill 9", -signal.SIGKILL), ("kill 11", -signal.SIGSEGV)],
)
def test_the_whole_ends_as_its_copy_did(forked, word, code):
    forked.hear()
    forked.tell(word)
    assert forked.process.wait(30) == code


def test_a_copy_ends_with_the_process_that_it_is_of(forked):
    copy = psutil.Process(int(forked.hear()[0]))
    forked.process.kill()
    forked.process.wait(30)
    gone, alive = psutil.wait_procs([copy], timeout=30)
    assert not alive, "it would be stopped for ever"
    assert gone == [copy]


def test_elsewhere_no_copies_are_made(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not fork_server.available()
