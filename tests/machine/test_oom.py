"""Whether the kernel has killed for lack of memory, on machines whose files are told."""

import pytest

from dlbench.machine.oom import OomKills
from fakes.cgroups import Machine


@pytest.fixture
def machine(tmp_path) -> Machine:
    return Machine(tmp_path)


def second(machine: Machine, kills: int) -> None:
    machine.file("cg/a/memory.events", f"low 0\nmax 7\noom 9\noom_kill {kills}\n".encode())


def test_every_kill_of_the_own_group_counts_once(machine) -> None:
    machine.mount("cg").within("/a")
    second(machine, 3)
    kills = OomKills(machine.proc)
    assert kills.is_new() is False
    second(machine, 4)
    assert [kills.is_new(), kills.is_new()] == [True, False]


def test_version_1_has_another_file(machine) -> None:
    machine.mount("v1", controllers="memory").within("/a", "memory")
    machine.file("v1/a/memory.oom_control", b"oom_kill_disable 0\nunder_oom 0\noom_kill 0\n")
    kills = OomKills(machine.proc)
    machine.file("v1/a/memory.oom_control", b"oom_kill_disable 0\nunder_oom 0\noom_kill 1\n")
    assert kills.is_new() is True


def test_outside_of_a_group_the_system_counts(machine) -> None:
    machine.file("proc/vmstat", b"oom_kill 5\n")
    kills = OomKills(machine.proc)
    machine.file("proc/vmstat", b"pgfault 12\noom_kill 6\n")
    assert kills.is_new() is True


@pytest.mark.parametrize("content", [b"", b"oom_kill many\n", b"\xff\xff", b"oom_kill_x 3\n"])
def test_a_system_that_does_not_tell_is_not_guessed_at(machine, content: bytes) -> None:
    machine.file("proc/vmstat", content)
    assert OomKills(machine.proc).is_new() is None
