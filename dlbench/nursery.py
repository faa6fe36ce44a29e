"""Fresh copies of a process that has started and not computed yet, one after the other.

What two processes that do the same differ by is mostly where their memory lies, and a copy gets
other memory as soon as it computes, in a twentieth of the time that importing a framework takes.
It must not know what is computed. Linux alone: elsewhere what has been imported may not be forked
(docs.python.org/3/library/os.html#os.fork).
"""

import os
import signal
import sys
from typing import NoReturn

from dlbench.parking import die_with_parent

# By which a copy says that the next one is wanted; EX_TEMPFAIL of sysexits.h: try again.
MAKE_WAY = 75


def can_hatch() -> bool:
    """Whether this system can make copies."""
    return sys.platform == "linux"


def hatch() -> None:
    """Return in a copy of this process, and when that makes way, in the next.

    The process itself never returns: it waits for its copies, sleeping, and ends as one of them
    does. A copy leads a process group of its own, so that it can be stopped apart.
    """
    sys.stderr.flush()
    while copy := os.fork():
        code = os.waitstatus_to_exitcode(os.waitpid(copy, 0)[1])
        if code != MAKE_WAY:
            _end_with(code)
    os.setpgid(0, 0)
    die_with_parent()


def make_way() -> NoReturn:
    """End this copy, so that the next one takes its place."""
    sys.stderr.flush()
    os._exit(MAKE_WAY)


def _end_with(code: int) -> NoReturn:
    """End with this exit code, or by this signal if it is negative, without any farewell."""
    if code < 0:
        signal.signal(-code, signal.SIG_DFL) if -code != signal.SIGKILL else None
        os.kill(os.getpid(), -code)
    os._exit(abs(code))
