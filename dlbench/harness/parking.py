"""Parking: stop a worker process with all its threads, and let it go on.

The threads of a parked worker do not spin beside another worker; its CPU time proves it. It must
not know any workload, nor the order of turns.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Protocol

import psutil

# The CPU clock of a whole process, from its id: include/linux/posix-timers_types.h,
# make_process_cpuclock(pid, CPUCLOCK_SCHED), which is what clock_getcpuclockid(3) returns.
CPUCLOCK_SCHED = 2
NS = 1e9

# Pause between two checks for a stop, and the time limit. A stop takes microseconds, unless the
# kernel holds a thread (a driver that hangs); the limit keeps a worker from hanging its supervisor.
# The pause gives up the core: without one, a switch of workers took twice as long.
LOOK_S = 0.00002
PATIENCE_S = 5.0

# States of a thread that cannot run: stopped, traced, dead; proc_pid_stat(5).
STOPPED = {b"T", b"t", b"Z", b"X"}


class Parking(Protocol):
    """Stops and resumes one worker.

    how: the mechanism; refusal: why the system could not stop the worker, or None.
    """

    how: str
    refusal: str | None

    def stop(self) -> None:
        """Stop the worker; return when none of its threads runs, or it is dead."""

    def resume(self) -> None:
        """Let all threads of the worker go on."""

    def cpu_s(self) -> float | None:
        """Return the CPU seconds of the worker so far; None if it has ended."""


def parking_for(pid: int, *, is_child: bool = True) -> Parking:
    """Return the best way to stop a process; on POSIX it must lead its own process group."""
    if not hasattr(os, "killpg"):
        return ProcessParking(pid)
    if sys.platform != "linux":
        return GroupParking(pid, _is_stopped_by_psutil)
    return GroupParking(pid, _is_stopped_by_waitid if is_child else _is_stopped_by_states)


class GroupParking:
    """Stops a worker and its child processes with SIGSTOP; the worker cannot refuse."""

    how = "SIGSTOP to the process group"

    def __init__(self, pid: int, is_stopped: Callable[[int], bool]) -> None:
        self.pid, self.is_stopped = pid, is_stopped
        self.refusal: str | None = None
        self._stopped = False

    def stop(self) -> None:
        """Stop the worker; do nothing if it is stopped already."""
        if not self._stopped and self._send(signal.SIGSTOP):
            self._stopped = True
            self._wait()

    def resume(self) -> None:
        """Let the worker go on; do nothing if it runs already."""
        if self._stopped:
            self._stopped = False
            self._send(signal.SIGCONT)

    def cpu_s(self) -> float | None:
        """Return the CPU seconds of the worker, without its child processes; None if it has ended.

        psutil takes milliseconds to list children, the clock a microsecond, and every block needs
        two readings. The signal reaches the children all the same. A child outside the group runs
        on; the block of another worker then counts its time as time of others
        (machine/counters.py).
        """
        return cpu_seconds(self.pid)

    def _wait(self) -> None:
        """Wait until the worker has stopped, and its CPU clock as well.

        The last thread reports its stop right before it leaves its core, and its time is counted
        afterwards (kernel/signal.c, do_signal_stop): seen in 1 stop of 200.
        """
        end = time.monotonic() + PATIENCE_S
        used: tuple[float | None, ...] = ()
        while time.monotonic() < end:
            if used or self.is_stopped(self.pid):
                before, used = used, (cpu_seconds(self.pid),)
                if used == before:
                    return
            time.sleep(LOOK_S)
        self.refusal = f"a worker did not stop within {PATIENCE_S:g} s"

    def _send(self, number: int) -> bool:
        """Send a signal to the group; return False if it is dead or the system refuses."""
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            return False
        except PermissionError as error:
            self.refusal = f"the system does not let workers be stopped: {error.strerror}"
            return False
        return True


def _is_stopped_by_waitid(pid: int) -> bool:
    """Return whether all threads of a child have stopped, or the child has died; waitid(2).

    The kernel reports a stop after the last thread has stopped (kernel/signal.c, do_signal_stop),
    and withdraws it at SIGCONT (prepare_signal), so an earlier stop leaves no report. WNOWAIT
    leaves the exit of the child to be collected later.
    """
    options = os.WSTOPPED | os.WEXITED | os.WNOWAIT | os.WNOHANG
    try:
        return os.waitid(os.P_PID, pid, options) is not None
    except ChildProcessError:  # collected already
        return True


def _is_stopped_by_states(pid: int) -> bool:
    """Return the same for a process that is not our child, by the state of every thread."""
    try:
        threads = os.listdir(f"/proc/{pid}/task")  # noqa: PTH208 - pathlib takes twice the time
        return all(_state(f"/proc/{pid}/task/{thread}/stat") in STOPPED for thread in threads)
    except OSError:  # the process has ended, or one of its threads
        return cpu_seconds(pid) is None


def _state(path: str) -> bytes:
    """Return the state of a thread, one letter; proc_pid_stat(5)."""
    with open(path, "rb", buffering=0) as stat:
        return stat.read().rpartition(b") ")[2][:1]


def _is_stopped_by_psutil(pid: int) -> bool:
    """Return the same on macOS, where Python may lack waitid."""
    try:
        return psutil.Process(pid).status() in {psutil.STATUS_STOPPED, psutil.STATUS_ZOMBIE}
    except psutil.NoSuchProcess:
        return True


class ProcessParking:
    """Windows: suspends all threads of the worker, one by one, with psutil.

    In a virtual environment the started process is a launcher, and its child is the worker. So all
    its descendants are suspended, and their CPU time is counted. They are listed at every stop and
    at no other time: a list of processes takes milliseconds, and a suspended process starts none.
    """

    how = "psutil.Process.suspend"

    def __init__(self, pid: int) -> None:
        self.refusal: str | None = None
        self._suspended: list[psutil.Process] = []
        self._family: list[psutil.Process] = []
        with contextlib.suppress(psutil.NoSuchProcess):
            self._family = [psutil.Process(pid)]

    def stop(self) -> None:
        """Stop the worker; do nothing if it is stopped already."""
        if self._family and not self._suspended:
            self._family = _with_children(self._family[0])
            self._suspended = [member for member in self._family if self._ask(member.suspend)]

    def resume(self) -> None:
        """Let the worker go on; do nothing if it runs already."""
        for process in self._suspended:
            self._ask(process.resume)
        self._suspended = []

    def cpu_s(self) -> float | None:
        """Return the CPU seconds of the processes listed at the last stop; None if it has ended."""
        used = [cpu_seconds(process.pid) for process in self._family]
        if not used or used[0] is None:
            return None
        return sum(seconds for seconds in used if seconds is not None)

    def _ask(self, request: Callable[[], None]) -> bool:
        """Suspend or resume a process; return False if it is dead or the system refuses."""
        try:
            request()
        except psutil.NoSuchProcess:
            return False
        except (psutil.Error, OSError) as error:
            self.refusal = f"the system does not let workers be stopped: {error}"
            return False
        return True


def _with_children(process: psutil.Process) -> list[psutil.Process]:
    """Return a process and all its descendants; parents come first."""
    try:
        return [process, *process.children(recursive=True)]
    except (psutil.Error, OSError):
        return [process]


def cpu_seconds(pid: int) -> float | None:
    """Return the CPU seconds of all threads of a process so far; None if it has ended.

    Linux counts in ns: exactly for a stopped process, up to the core's last tick for a running one.
    """
    return _by_clock(pid) if sys.platform == "linux" else _by_psutil(pid)


def _by_clock(pid: int) -> float | None:
    """Return the CPU seconds by the CPU clock of the process."""
    try:
        return time.clock_gettime_ns((~pid << 3) | CPUCLOCK_SCHED) / NS
    except OSError:
        return None


def _by_psutil(pid: int) -> float | None:
    """Return the CPU seconds by psutil."""
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.Error:
        return None
    return float(times.user + times.system)
