"""All tests of this folder run with little memory, and in a folder of their own."""

import resource
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dlbench.api import run, train, verify
from dlbench.machine import environment
from fakes import figures
from fakes.inputs import TRIED
from fakes.machine import machine
from fakes.runs import ENVIRONMENT

# What a test may add to the memory of its process: an allocation by a length that an input claims
# would be more.
ROOM_BYTES = 2 * 2**30


@pytest.fixture(autouse=True)
def little_memory() -> Iterator[None]:
    """Let a large allocation fail, where the system can."""
    if sys.platform != "linux":
        yield
        return
    used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    before, most = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used * resource.getpagesize() + ROOM_BYTES, most))
    yield
    resource.setrlimit(resource.RLIMIT_AS, (before, most))


@pytest.fixture(autouse=True)
def counted(request: pytest.FixtureRequest) -> Iterator[None]:
    """Note how many inputs a test has tried: to its end, or to the one that fails."""
    name = request.function.__name__
    before, failed = TRIED[name], request.session.testsfailed
    with figures.trial("inputs", test=name) as noted:
        yield
        noted["inputs"] = TRIED[name] - before
        noted["tracebacks"] = request.session.testsfailed - failed


@pytest.fixture
def inner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The present folder, deep inside that of the test: `../..` is still its own."""
    folder = tmp_path / "a" / "b" / "c" / "d"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def known_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that is described at once, with all frameworks of dlbench and no GPU."""

    def made_up(known):
        return machine(declarations=known, installed=frozenset(known))

    for module in (run, train, verify):
        monkeypatch.setattr(module, "this_machine", made_up)
    monkeypatch.setattr(environment, "capture", lambda *_: ENVIRONMENT)
