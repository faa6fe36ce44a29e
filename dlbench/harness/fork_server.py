"""A fork server: makes fresh copies of a started process, one after the other.

Two equal processes differ in speed by their memory layout. A copy allocates its memory and starts
its threads anew, in a twentieth of the time of importing a framework. The process must not have
computed anything before. It must not know any workload. Linux only: macOS's libraries start threads
that must not be forked, and Windows has no fork (docs.python.org/3/library/os.html#os.fork).
"""

import contextlib
import os
import signal
import sys
from functools import partial
from typing import NoReturn

from dlbench.harness import family
from dlbench.harness.lifeline import die_with_parent

# The exit code of a copy that asks for a successor; EX_TEMPFAIL of sysexits.h: try again.
GIVE_WAY = 75


def available() -> bool:
    """Return whether this system can copy a process."""
    return sys.platform == "linux"


def serve() -> bool:
    """Fork; return True in the child.

    The parent never returns: it forks again when a child asks for a successor, and otherwise exits
    as the child did. If the system refuses the first fork, it writes the reason to standard error
    and returns False. Each child leads its own process group, so that it can be stopped alone.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # if ignored, waitid would fail
    origin, is_first = os.getpid(), True
    signal.signal(signal.SIGCONT, partial(_end_if_orphaned, os.getppid()))
    before = family.descendants(origin)
    while True:
        sys.stderr.flush()
        try:
            copy = os.fork()
        except OSError as error:
            sys.stderr.write(f"no copy can be made of the worker: {error}\n")
            if is_first:
                return False
            os._exit(1)
        if copy == 0:
            _begin_as_copy(origin)
            return True
        is_first = False
        os.waitid(os.P_PID, copy, os.WEXITED | os.WNOWAIT)  # keeps its id reserved
        with contextlib.suppress(OSError):
            os.killpg(copy, signal.SIGKILL)  # the processes it started
        code = os.waitstatus_to_exitcode(os.waitpid(copy, 0)[1])
        family.end(lambda: family.descendants(origin) - before)  # those that left its group
        if code != GIVE_WAY:
            _end_with(code)


def _begin_as_copy(origin: int) -> None:
    """Let this copy die with its parent `origin`, and give it a process group of its own."""
    die_with_parent()
    if os.getppid() != origin:  # the parent died before
        os._exit(1)
    signal.signal(signal.SIGCONT, signal.SIG_DFL)
    os.setpgid(0, 0)


def _end_if_orphaned(parent: int, *_: object) -> None:
    """End with all copies if the supervisor has died: the kernel tells it so (lifeline.py)."""
    if os.getppid() != parent:
        family.end_own()
        os._exit(1)


def give_way() -> NoReturn:
    """End this copy and let the fork server start the next one."""
    sys.stderr.flush()
    os._exit(GIVE_WAY)


def _end_with(code: int) -> NoReturn:
    """End at once with this exit code, or by signal -code if it is negative."""
    if code >= 0:
        os._exit(code)
    if -code != signal.SIGKILL:  # its handler cannot be set
        signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
    os._exit(1)
