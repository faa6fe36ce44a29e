"""The programs of this machine, of which this one is always there."""

import os
import sys
from types import SimpleNamespace

import psutil

from dlbench.machine import programs


def test_this_program_is_among_them():
    [own] = [one for one in programs.running() if one.pid == os.getpid()]
    assert own.name
    assert own.cpu_s > 0
    assert any(word in {"-m", sys.argv[0]} or "python" in word for word in own.words)


def test_a_program_that_may_not_be_read_is_left_out(monkeypatch):
    hidden = SimpleNamespace(info={"pid": 1, "name": None, "cmdline": None, "cpu_times": None})
    times = SimpleNamespace(user=1.0, system=0.5)
    shy = SimpleNamespace(info={"pid": 2, "name": None, "cmdline": None, "cpu_times": times})
    monkeypatch.setattr(psutil, "process_iter", lambda fields: [hidden, shy])
    assert list(programs.running()) == [programs.Program(2, "", (), 1.5)]


def test_a_person_with_two_terminals_is_one(monkeypatch):
    logins = [SimpleNamespace(name=name) for name in ("ada", "ada", "bo")]
    monkeypatch.setattr(psutil, "users", lambda: logins)
    assert programs.people() == 2
