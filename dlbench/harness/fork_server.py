"""Fresh copies of a process that has started and not computed yet, one after the other.

Two processes that do the same differ by where their memory happens to lie. A copy allocates and
starts its threads anew, in a twentieth of the time that importing a framework takes. It must not
know what is computed. Linux alone: what macOS's libraries have started may not be forked, and
Windows has no fork (docs.python.org/3/library/os.html#os.fork).
"""

import contextlib
import os
import signal
import sys
from typing import NoReturn

from dlbench.harness.parking import die_with_parent

# By which a copy says that the next one is wanted; EX_TEMPFAIL of sysexits.h: try again.
GIVE_WAY = 75


def available() -> bool:
    """Whether this system can make copies."""
    return sys.platform == "linux"


def serve() -> bool:
    """Return True in a copy of this process, and when that makes way, in the next.

    The process itself does not return: it sleeps until a copy ends, and ends as the last one did.
    Only where the system refuses the first copy, which is said on standard error, it returns False.
    A copy leads a process group of its own, so that it can be stopped apart.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # ignored, no copy could be waited for
    origin, is_first = os.getpid(), True
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
            _live(origin)
            return True
        is_first = False
        os.waitid(os.P_PID, copy, os.WEXITED | os.WNOWAIT)  # its number stays taken until below
        with contextlib.suppress(OSError):
            os.killpg(copy, signal.SIGKILL)  # what it has started
        code = os.waitstatus_to_exitcode(os.waitpid(copy, 0)[1])
        if code != GIVE_WAY:
            _end_with(code)


def _live(origin: int) -> None:
    """Begin as a copy, which must not outlive the process that it is of."""
    die_with_parent()
    if os.getppid() != origin:  # it died before
        os._exit(1)
    os.setpgid(0, 0)


def give_way() -> NoReturn:
    """End this copy, so that the next one takes its place."""
    sys.stderr.flush()
    os._exit(GIVE_WAY)


def _end_with(code: int) -> NoReturn:
    """End with this exit code, or by this signal if it is negative, without any farewell."""
    if code >= 0:
        os._exit(code)
    if -code != signal.SIGKILL:  # whose handler nobody may set
        signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
    os._exit(1)
