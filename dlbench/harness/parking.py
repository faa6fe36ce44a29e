"""Stop a worker process and let it go on: its spinning threads disturb nobody; and prove it.

It must not know what a worker does, nor when it has its turn.
"""

import contextlib
import ctypes
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

# include/uapi/linux/prctl.h
PR_SET_PDEATHSIG = 1

# A stop takes microseconds, unless the kernel holds a thread (a driver that hangs): it is looked
# for so often, and for so long, that no worker can hang its supervisor. Between two looks the core
# is given up: to look without a pause doubled what a switch of workers took.
LOOK_S = 0.00002
PATIENCE_S = 5.0

# States of a thread that does not run and will not: stopped, traced, dead; proc_pid_stat(5).
STANDING = {b"T", b"t", b"Z", b"X"}


class Parking(Protocol):
    """One worker's place to stand still.

    how: by what it is stopped; refusal: why the system would not, if it would not.
    """

    how: str
    refusal: str | None

    def stop(self) -> None:
        """Return when no thread of the worker runs any more, or the worker is dead."""

    def resume(self) -> None:
        """Let all threads go on."""

    def cpu_s(self) -> float | None:
        """CPU seconds that what is stopped here has used so far; None if it is gone."""


def parking_for(pid: int, *, is_child: bool = True) -> Parking:
    """The best way to stop a process, which must lead a process group of its own on POSIX."""
    if not hasattr(os, "killpg"):
        return ProcessParking(pid)
    if sys.platform != "linux":
        return GroupParking(pid, _stands_by_psutil)
    return GroupParking(pid, _stands_by_waitid if is_child else _stands_by_states)


class GroupParking:
    """SIGSTOP and SIGCONT for the worker and what it has started. The worker cannot refuse."""

    how = "SIGSTOP to the process group"

    def __init__(self, pid: int, stands: Callable[[int], bool]) -> None:
        self.pid, self.stands = pid, stands
        self.refusal: str | None = None
        self._stopped = False

    def stop(self) -> None:
        """As the protocol says; nothing if stopped already."""
        if not self._stopped and self._send(signal.SIGSTOP):
            self._stopped = True
            self._wait()

    def resume(self) -> None:
        """As the protocol says; nothing if running already."""
        if self._stopped:
            self._stopped = False
            self._send(signal.SIGCONT)

    def cpu_s(self) -> float | None:
        """As the protocol says, without what the worker has started, such as a compiler's pool.

        To look for its children takes psutil milliseconds, the clock a microsecond, and this is
        asked twice a block. The signal reaches them all the same; one that has left the group runs
        on, and is seen in the block of another worker as time of others (counters.py).
        """
        return cpu_seconds(self.pid)

    def _wait(self) -> None:
        """Until the worker stands, and its clock as well.

        The last thread tells that it stands right before it leaves its core, and is charged for
        what it ran when it has left (kernel/signal.c, do_signal_stop): seen in 1 stop of 200.
        """
        end = time.monotonic() + PATIENCE_S
        used: tuple[float | None, ...] = ()
        while time.monotonic() < end:
            if used or self.stands(self.pid):
                before, used = used, (cpu_seconds(self.pid),)
                if used == before:
                    return
            time.sleep(LOOK_S)
        self.refusal = f"a worker did not stop within {PATIENCE_S:g} s"

    def _send(self, number: int) -> bool:
        """Whether the group has been told; it has not if it is dead, or not ours to tell."""
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            return False
        except PermissionError as error:
            self.refusal = f"the system does not let workers be stopped: {error.strerror}"
            return False
        return True


def _stands_by_waitid(pid: int) -> bool:
    """Whether all threads of a child have stopped, or it has died; waitid(2).

    The kernel tells of a stop when the last thread stands still (kernel/signal.c, do_signal_stop),
    and takes it back at SIGCONT (prepare_signal), so that none is left of an earlier stop. WNOWAIT
    leaves an exit to be collected by the one that waits for the child.
    """
    options = os.WSTOPPED | os.WEXITED | os.WNOWAIT | os.WNOHANG
    try:
        return os.waitid(os.P_PID, pid, options) is not None
    except ChildProcessError:  # collected already
        return True


def _stands_by_states(pid: int) -> bool:
    """The same for a process that is no child, from the state of every thread; proc_pid_stat(5)."""
    try:
        threads = os.listdir(f"/proc/{pid}/task")  # noqa: PTH208 - pathlib takes twice the time
        return all(_state(f"/proc/{pid}/task/{thread}/stat") in STANDING for thread in threads)
    except OSError:  # it has ended, or one of its threads
        return cpu_seconds(pid) is None


def _state(path: str) -> bytes:
    with open(path, "rb", buffering=0) as stat:
        return stat.read().rpartition(b") ")[2][:1]


def _stands_by_psutil(pid: int) -> bool:
    """The same for macOS, where Python may not offer waitid."""
    try:
        return psutil.Process(pid).status() in {psutil.STATUS_STOPPED, psutil.STATUS_ZOMBIE}
    except psutil.NoSuchProcess:
        return True


class ProcessParking:
    """Windows: all threads of the worker are suspended, one by one, by psutil.

    In a virtual environment the process that was started is a launcher, whose child is the worker.
    So all that has come of it is suspended, and its time counted. It is looked up at every stop
    alone: a list of all processes takes milliseconds, and a suspended process starts no others.
    """

    how = "psutil.Process.suspend"

    def __init__(self, pid: int) -> None:
        self.refusal: str | None = None
        self._suspended: list[psutil.Process] = []
        self._family: list[psutil.Process] = []
        with contextlib.suppress(psutil.NoSuchProcess):
            self._family = [psutil.Process(pid)]

    def stop(self) -> None:
        """As the protocol says; nothing if stopped already."""
        if self._family and not self._suspended:
            self._family = _with_children(self._family[0])
            self._suspended = [one for one in self._family if self._ask(one.suspend)]

    def resume(self) -> None:
        """As the protocol says; nothing if running already."""
        for one in self._suspended:
            self._ask(one.resume)
        self._suspended = []

    def cpu_s(self) -> float | None:
        """As the protocol says, of those that the last stop has found."""
        used = [cpu_seconds(one.pid) for one in self._family]
        if not used or used[0] is None:
            return None
        return sum(seconds for seconds in used if seconds is not None)

    def _ask(self, request: Callable[[], None]) -> bool:
        try:
            request()
        except psutil.NoSuchProcess:
            return False
        except (psutil.Error, OSError) as error:
            self.refusal = f"the system does not let workers be stopped: {error}"
            return False
        return True


def _with_children(process: psutil.Process) -> list[psutil.Process]:
    """A process and all that it, and they, have started; parents come first."""
    try:
        return [process, *process.children(recursive=True)]
    except (psutil.Error, OSError):
        return [process]


def die_with_parent() -> None:
    """End this process when its supervisor is killed: stopped, it would never notice by itself.

    prctl(2), PR_SET_PDEATHSIG; Linux alone has it.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def cpu_seconds(pid: int) -> float | None:
    """CPU time that all threads of a process have used so far, in ns on Linux; None if it is gone.

    A thread that runs is counted up to its core's last tick; a process that stands, exactly.
    """
    return _by_clock(pid) if sys.platform == "linux" else _by_psutil(pid)


def _by_clock(pid: int) -> float | None:
    try:
        return time.clock_gettime_ns((~pid << 3) | CPUCLOCK_SCHED) / NS
    except OSError:
        return None


def _by_psutil(pid: int) -> float | None:
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.Error:
        return None
    return float(times.user + times.system)
