"""Whoever measures on this machine finds the others: those before it, and those after."""

import os
import platform
import stat
import subprocess
import sys
from contextlib import ExitStack

import pytest

from dlbench import locks
from dlbench.machine import occupancy
from dlbench.machine.occupancy import ALONE, EVERYBODY, MOST_BYTES, SHARED, Occupancy, Presence
from dlbench.records.machine.occupant import Occupant

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no such locks")

MEASURE = """
import sys
from dlbench.machine import occupancy
with occupancy.opened(occupancy.EVERYBODY) as everybody:
    presence = occupancy.Presence(occupancy.me(sys.argv[1]), everybody)
    print("there", flush=True)
    sys.stdin.read()
    print([one.what for one in presence.others()], flush=True)
"""


@pytest.fixture
def here():
    """Measure in this process, under a name."""
    with ExitStack() as held:

        def measure(what):
            everybody = held.enter_context(occupancy.opened(EVERYBODY))
            return Presence(occupancy.me(what), everybody)

        measure.end = held.close
        yield measure


@pytest.fixture
def elsewhere():
    """Measure in another process, under a name, until its input ends."""
    started = []

    def measure(what):
        command = [sys.executable, "-c", MEASURE, what]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        started.append(process)
        assert process.stdout.readline() == b"there\n"
        return process

    yield measure
    for process in started:
        process.kill()
        process.communicate()


def names(presence):
    return [one.what for one in presence.others()]


def test_who_measures_alone_finds_nobody(here):
    assert here("dlbench run").others() == ()


def test_who_comes_later_is_found_and_finds_who_is_there(here, elsewhere):
    mine = here("dlbench run")
    other = elsewhere("dlbench train")
    assert names(mine) == ["dlbench train"]
    assert mine.others()[0].process == other.pid
    said, _ = other.communicate()
    assert said == b"['dlbench run']\n"
    assert names(mine) == ["dlbench train"], "also when it has ended"


def test_who_has_ended_before_is_not_found_by_whom_comes_later(here, elsewhere):
    first, second = elsewhere("the first"), elsewhere("the second")
    second.kill()
    second.communicate()
    mine = here("mine")
    assert names(mine) == ["the first"]
    assert first.poll() is None


def test_after_a_quiet_moment_nobody_is_remembered(here, elsewhere):
    elsewhere("the first").communicate()
    assert names(here("mine")) == []


def test_an_earlier_run_of_this_process_is_not_found(here, elsewhere):
    here("the first")
    elsewhere("another")
    here.end()
    assert names(here("the second")) == ["another"]


def test_somebody_who_cannot_be_seen_is_found(here, elsewhere, monkeypatch):
    """As from another container: the lock is held, and no such process is there."""
    elsewhere("the first")
    monkeypatch.setattr(occupancy, "_is_there", lambda _: False)
    assert names(here("mine")) == ["the first"]


@pytest.mark.parametrize("process", [0, 2**62])
def test_a_number_that_is_no_process_is_none(process):
    if process:
        assert not occupancy._is_there(process)
    assert not occupancy._is_there(os.getpid())


def test_lines_that_somebody_else_has_written_count_as_nobody(here):
    mine = here("mine")
    os.write(mine.everybody.descriptor, b'nonsense\n{"what":1}\n\xff\n' + b"[" * MOST_BYTES)
    assert mine.others() == ()


def test_without_locks_nobody_is_noticed(here, elsewhere, monkeypatch):
    elsewhere("the first")
    monkeypatch.setattr(locks, "take", lambda *_, **__: None)
    assert here("mine").others() == ()


def test_a_full_disk_is_no_reason_not_to_measure():
    with open("/dev/null", "rb") as unwritable:
        nobody = Occupancy(unwritable.fileno())
        nobody.write(Occupant("dlbench run", 1, "2026"))
        nobody.clear()
        assert nobody.lines() == []


def test_the_locks_are_of_the_whole_machine_unless_the_cache_is_elsewhere(tmp_path):
    assert occupancy.place({}) == (SHARED, "")
    assert occupancy.place({"DLBENCH_CACHE": "anything"})[1] == f"{platform.node()}-"


@pytest.fixture
def shared(tmp_path, monkeypatch):
    """The folder of the whole machine."""
    monkeypatch.setattr(occupancy, "SHARED", tmp_path)
    monkeypatch.setattr(occupancy, "place", lambda: (tmp_path, ""))
    return tmp_path


def test_all_users_may_lock_the_file_of_the_machine(shared):
    before = os.umask(0o077)
    try:
        with occupancy.opened(ALONE):
            pass
    finally:
        os.umask(before)
    assert stat.S_IMODE((shared / ALONE).stat().st_mode) == 0o666


def test_a_link_in_its_place_is_not_followed(shared):
    victim = shared / "victim"
    victim.write_text("mine", encoding="utf-8")
    (shared / ALONE).symlink_to(victim)
    with pytest.raises(OSError, match="symbolic"), occupancy.opened(ALONE):
        pytest.fail("it is a link")
    assert victim.read_text(encoding="utf-8") == "mine"


def test_a_pipe_in_its_place_is_refused(shared):
    os.mkfifo(shared / ALONE)
    with pytest.raises(OSError, match="no regular file"), occupancy.opened(ALONE):
        pytest.fail("it is a pipe")
