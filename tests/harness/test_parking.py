"""Real children that spin, stopped and let go on; and what a system might answer."""

import os
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import psutil
import pytest

from dlbench.harness import parking
from dlbench.harness.parking import GroupParking, ProcessParking, cpu_seconds, parking_for

# Two threads: one spins, the other answers each line.
SPINNING = """
import sys, threading
def spin():
    while True: pass
threading.Thread(target=spin, daemon=True).start()
for line in sys.stdin: print("here", flush=True)
"""


# As in a virtual environment on Windows: who is started starts the worker and waits for it.
LAUNCHER = f"import subprocess, sys; subprocess.call([sys.executable, '-c', {SPINNING!r}])"


class Child:
    def __init__(self, program=SPINNING):
        self.process = subprocess.Popen(
            [sys.executable, "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.pid = self.process.pid

    def answers(self):
        print("are you", file=self.process.stdin, flush=True)
        return self.process.stdout.readline() == "here\n"

    def end(self):
        os.killpg(self.pid, signal.SIGKILL)
        self.process.communicate()


@pytest.fixture
def child():
    child = Child()
    assert child.answers()
    yield child
    if child.process.returncode is None:
        child.end()


@pytest.fixture
def launcher():
    launcher = Child(LAUNCHER)
    assert launcher.answers()
    yield launcher
    launcher.end()


@pytest.fixture(
    params=[
        parking._is_stopped_by_waitid,
        parking._is_stopped_by_states,
        parking._is_stopped_by_psutil,
    ]
)
def parked(request, child):
    """The child's parking, in each way in which its stop can be seen."""
    return GroupParking(child.pid, request.param)


def test_a_stopped_child_uses_no_time_and_answers_when_it_goes_on(child, parked):
    for _ in range(3):
        parked.stop()
        before = cpu_seconds(child.pid)
        assert psutil.Process(child.pid).status() == psutil.STATUS_STOPPED
        assert cpu_seconds(child.pid) == before > 0
        parked.resume()
        assert child.answers()
        assert cpu_seconds(child.pid) > before
    assert parked.refusal is None


def test_stopping_and_resuming_twice_is_as_once(child, parked):
    parked.resume()
    assert child.answers()
    for _ in range(2):
        parked.stop()
    for _ in range(2):
        parked.resume()
    assert child.answers()


def test_how_a_worker_is_stopped_is_said(child):
    assert parking_for(child.pid).how == "SIGSTOP to the process group"


def test_no_stop_is_left_to_be_mistaken_for_the_next(child):
    parked = parking_for(child.pid)
    parked.stop()
    assert parking._is_stopped_by_waitid(child.pid)
    parked.resume()
    assert not parking._is_stopped_by_waitid(child.pid)


@pytest.mark.parametrize("collected", [False, True])
def test_a_dead_child_is_no_error(child, parked, collected):
    os.killpg(child.pid, signal.SIGKILL)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    if collected:
        child.process.communicate()
        assert cpu_seconds(child.pid) is None
    parked.stop()
    parked.resume()
    assert parked.refusal is None
    child.process.communicate()
    assert child.process.returncode == -signal.SIGKILL  # was left to be collected


def test_a_child_may_die_while_it_is_stopped(child, parked):
    parked.stop()
    child.end()
    parked.resume()
    parked.stop()
    assert parked.refusal is None


def test_a_system_that_refuses_says_so_and_the_worker_goes_on(child, monkeypatch):
    def refuse(pid, number):
        raise PermissionError(1, "Operation not permitted")

    parked = parking_for(child.pid)
    with monkeypatch.context() as system:
        system.setattr(os, "killpg", refuse)
        parked.stop()
        parked.resume()
    assert parked.refusal == "the system does not let workers be stopped: Operation not permitted"
    assert child.answers()


def test_a_worker_that_does_not_stop_is_not_waited_for_for_ever(child, monkeypatch):
    monkeypatch.setattr(parking, "PATIENCE_S", 0.0)
    parked = GroupParking(child.pid, lambda pid: False)
    parked.stop()
    parked.resume()
    assert parked.refusal == "a worker did not stop within 0 s"
    assert child.answers()


# --- where there are no signals -----------------------------------------------------------------


def test_without_process_groups_psutil_does_it(child, monkeypatch):
    monkeypatch.delattr(os, "killpg")
    parked = parking_for(child.pid)
    assert isinstance(parked, ProcessParking)
    monkeypatch.undo()
    for _ in range(2):
        parked.stop()
    assert parking._is_stopped_by_psutil(child.pid) or os.waitid(os.P_PID, child.pid, os.WSTOPPED)
    for _ in range(2):
        parked.resume()
    assert child.answers()
    child.end()
    parked.stop()
    parked.resume()
    ProcessParking(child.pid).stop()
    assert parked.refusal is None


def test_psutil_that_refuses_says_so_and_is_not_asked_to_resume(child):
    def refuse():
        raise psutil.AccessDenied(child.pid)

    parked = ProcessParking(child.pid)
    parked._family = [SimpleNamespace(suspend=refuse, children=lambda recursive: [])]
    parked.stop()
    parked.resume()
    assert parked.refusal.startswith("the system does not let workers be stopped:")


def is_soon_stopped(process):
    """A stop takes microseconds; without one this looks for a while and gives up."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if process.status() == psutil.STATUS_STOPPED:
            return True
    return False


def test_psutil_stops_the_worker_behind_a_launcher_and_lets_it_go_on(launcher):
    parked = ProcessParking(launcher.pid)
    (worker,) = psutil.Process(launcher.pid).children()
    for _ in range(2):
        parked.stop()
        assert is_soon_stopped(psutil.Process(launcher.pid))
        assert is_soon_stopped(worker)
        parked.resume()
        assert worker.status() != psutil.STATUS_STOPPED
        assert launcher.answers()
    assert parked.refusal is None


def test_the_time_of_the_worker_behind_a_launcher_is_counted(launcher):
    parked = ProcessParking(launcher.pid)
    (worker,) = psutil.Process(launcher.pid).children()
    parked.stop()

    def used_s():
        return cpu_seconds(launcher.pid) + cpu_seconds(worker.pid)

    before, counted, after = used_s(), parked.cpu_s(), used_s()
    assert cpu_seconds(launcher.pid) < before <= counted <= after


def test_a_launcher_whose_children_are_not_told_is_suspended_alone(child, monkeypatch):
    def refuse(process, *, recursive):
        raise psutil.AccessDenied(process.pid)

    monkeypatch.setattr(psutil.Process, "children", refuse)
    parked = ProcessParking(child.pid)
    parked.stop()
    assert is_soon_stopped(psutil.Process(child.pid))
    parked.resume()
    assert child.answers()


def test_a_worker_that_is_gone_has_used_nothing_that_is_known(child):
    parked, gone = ProcessParking(child.pid), parking_for(child.pid)
    assert parked.cpu_s() > 0
    child.end()
    assert parked.cpu_s() is None
    assert gone.cpu_s() is None
    assert ProcessParking(child.pid).cpu_s() is None


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere psutil is asked")
def test_the_time_of_a_parked_worker_is_read_without_looking_at_all_processes(child, monkeypatch):
    monkeypatch.setattr(psutil, "Process", None)
    assert parking_for(child.pid).cpu_s() > 0


def test_psutil_tells_the_same_time_in_ticks(child):
    parked = parking_for(child.pid)
    parked.stop()
    assert parking._by_psutil(child.pid) == pytest.approx(parking._by_clock(child.pid), abs=0.05)
    parked.resume()
    child.end()
    assert parking._by_psutil(child.pid) is None


# A supervisor that starts a worker, says that it is there, and waits; the worker waits as well.
WORKER = "import sys; from dlbench.harness.lifeline import die_with_parent; die_with_parent(); "
SUPERVISOR = f"""
import subprocess, sys
worker = {WORKER + "print('here', flush=True); sys.stdin.read()"!r}
subprocess.Popen([sys.executable, "-c", worker], stdin=subprocess.PIPE).wait()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone tells a child of its parent's end")
def test_a_worker_ends_with_its_supervisor_also_when_it_stands_still():
    supervisor = subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert supervisor.stdout.readline() == "here\n"
    (worker,) = psutil.Process(supervisor.pid).children()
    worker.suspend()
    supervisor.kill()
    assert supervisor.stdout.read() == "", "the worker holds the pipe until its end"
    supervisor.wait()
    supervisor.stdin.close()
    supervisor.stdout.close()
