"""However a supervisor ends, all that its workers have started is gone within three seconds.

Real processes, counted by their ids: those that they have written down themselves.
"""

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from dlbench.harness import keeper
from dlbench.harness.keeper import Keeper
from fakes import orphans

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel ends workers there")

ENDED_S = 3.0
LOOK_S = 0.01
LONG_S = 30.0


@pytest.fixture
def file(tmp_path):
    return tmp_path / "processes"


@pytest.fixture
def supervise(file, tmp_path, monkeypatch):
    """Start a supervisor; it, its folder, and the processes of its worker."""
    begun = []
    monkeypatch.setenv("TMPDIR", str(tmp_path))

    def start(way):
        command = [sys.executable, orphans.__file__, "supervise", way, str(file)]
        supervisor = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        begun.append(supervisor)
        folder = Path(supervisor.stdout.readline().decode().strip())
        ids = file.read_text(encoding="ascii").split()
        family = [psutil.Process(int(one)) for one in ids]
        begun.extend(family)
        assert len(family) == 2
        assert (folder / "kernel.so").exists()
        return supervisor, folder, family

    yield start
    for process in begun:
        if is_alive(process):
            process.kill()
        if isinstance(process, subprocess.Popen):
            process.wait(LONG_S)
            process.stdin.close()
            process.stdout.close()


def is_alive(process):
    if isinstance(process, subprocess.Popen):
        return process.poll() is None
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_until(holds, limit_s):
    """Return whether it holds before the time limit."""
    until = time.monotonic() + limit_s
    while not (held := holds()) and time.monotonic() < until:
        time.sleep(LOOK_S)
    return held


def keeper_of(supervisor):
    children = psutil.Process(supervisor.pid).children()
    (kept,) = [one for one in children if keeper.COMMAND[-1] in one.cmdline()]
    return kept


@pytest.mark.parametrize("way", [*orphans.WAYS, orphans.COPIED])
def test_what_a_worker_has_started_is_gone_soon_after_a_kill(supervise, way):
    supervisor, folder, family = supervise(way)
    supervisor.send_signal(signal.SIGKILL)
    left = [psutil.Process(one.pid) for one in family]
    assert wait_until(lambda: not any(map(is_alive, left)), ENDED_S), left
    assert wait_until(lambda: not folder.exists(), ENDED_S)


def test_a_supervisor_that_was_stopped_can_be_killed_too(supervise):
    supervisor, _, family = supervise("in a session of its own")
    supervisor.send_signal(signal.SIGSTOP)
    supervisor.send_signal(signal.SIGKILL)
    assert wait_until(lambda: not any(map(is_alive, family)), ENDED_S)


@pytest.mark.parametrize("way", ["in its group", "with nothing of the worker", "as a daemon"])
def test_a_worker_that_is_closed_leaves_nothing_either(supervise, way):
    supervisor, folder, family = supervise(way)
    supervisor.stdin.close()
    assert supervisor.wait(LONG_S) == 0
    assert not any(map(is_alive, family))
    assert not folder.exists()


def test_nor_does_one_that_died_by_itself(supervise):
    supervisor, _, family = supervise("in a session of its own")
    family[0].kill()
    supervisor.stdin.close()
    assert supervisor.wait(LONG_S) == 0
    assert not any(map(is_alive, family))


def test_signals_of_the_terminal_do_not_end_a_keeper(supervise):
    supervisor, _, family = supervise("in a session of its own")
    kept = keeper_of(supervisor)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        kept.send_signal(number)
    supervisor.kill()
    assert wait_until(lambda: not any(map(is_alive, family)), ENDED_S)


@pytest.mark.parametrize("way", ["with nothing of the worker", "stopped", orphans.COPIED])
def test_without_a_keeper_a_worker_that_does_not_compute_ends_with_all_that_it_has_started(
    supervise, way
):
    supervisor, _, family = supervise(way)
    keeper_of(supervisor).kill()
    supervisor.kill()
    assert wait_until(lambda: not any(map(is_alive, family)), ENDED_S)


def test_a_folder_is_there_until_its_keeper_is_closed():
    kept = Keeper()
    folder = Path(kept.folder.name)
    assert folder.is_dir()
    kept.close()
    assert not folder.exists()
