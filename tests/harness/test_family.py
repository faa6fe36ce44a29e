"""Which processes belong to a worker, and how they end. Real processes that live for a test."""

import subprocess
import sys
from contextlib import contextmanager
from functools import partial

import psutil
import pytest

from dlbench.harness import family
from dlbench.harness.lifeline import MARK

LIVE = "print(flush=True); input()"
# Starts another process with another environment.
START = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {LIVE!r}], env={{}})"


@contextmanager
def living(script=LIVE, **environment):
    """A process that is there, and lives until it reads a line."""
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
    )
    try:
        process.stdout.readline()
        yield psutil.Process(process.pid)
    finally:
        process.kill()
        process.communicate()


def test_a_process_is_found_by_its_mark_or_the_beginning_of_it():
    with living(**{MARK: "1-a.7"}) as one, living(**{MARK: "1-ab"}), living(OTHER="1-a"):
        assert family.marked("1-a") == {one}
        assert family.marked("1-a.7") == {one}
        assert family.marked("1-a.77") == set()


def test_a_descendant_without_the_mark_is_found_by_its_ancestor():
    with living(START, **{MARK: "1-b"}) as parent:
        children = set(parent.children())
        assert len(children) == 1
        assert family.descendants(parent.pid) == children
        assert family.marked("1-b") == {parent, *children}
        family.end(partial(family.marked, "1-b"))
        assert family.marked("1-b") == set()


def test_a_process_that_has_ended_and_was_not_collected_is_not_alive():
    with living(**{MARK: "1-c"}) as one:
        one.kill()
        family.end(lambda: {one} if family._is_alive(one) else set())
        assert family.marked("1-c") == set()


def test_a_process_without_descendants_has_none():
    with living() as one:
        assert family.descendants(one.pid) == set()
    assert family.descendants(one.pid) == set(), "it has ended"


def test_all_are_stopped_before_the_first_is_killed():
    """So that none starts another one meanwhile."""
    asked = []

    class Told:
        def __init__(self, name):
            self.name = name

    first, late = Told("first"), Told("late")
    answers = iter([{first}, {first, late}, {first, late}, set()])
    with pytest.MonkeyPatch.context() as patch:
        for verb in ("suspend", "kill"):
            patch.setattr(psutil.Process, verb, lambda one, verb=verb: asked.append((verb, one)))
        family.end(lambda: next(answers))
    assert asked[:2] == [("suspend", first), ("suspend", late)]
    assert {*asked[2:]} == {("kill", first), ("kill", late)}


def test_a_process_that_does_not_end_is_given_up(monkeypatch):
    monkeypatch.setattr(family, "PATIENCE_S", 0.05)
    with living() as one:
        monkeypatch.setattr(psutil.Process, "kill", lambda _: None)
        family.end(lambda: {one})
        assert one.is_running()
        monkeypatch.undo()
