"""What ties a worker to its supervisor, and marks all that it starts. It imports next to nothing.

A worker holds on to the lifeline before it imports anything else: its first second counts too.
"""

import ctypes
import os
import signal
import sys
from uuid import uuid4

# The environment variable with the mark of a worker. All that the worker starts inherits it, also
# what leaves its process group and its session.
MARK = "DLBENCH_MARK"

# include/uapi/linux/prctl.h: the signal at the death of the parent; whether to become the parent of
# each descendant whose parent ends.
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


def new_mark() -> str:
    """Return a mark that no other process has; it begins with the id of this process."""
    return f"{os.getpid()}-{uuid4().hex}"


def owner_of(mark: str) -> int:
    """Return the id of the process that made a mark."""
    return int(mark.partition("-")[0])


def hold() -> None:
    """Let this worker notice the death of its supervisor, and be the ancestor of all it starts.

    The kernel wakes it up if it is stopped: then it finds its wire closed, ends all that it has
    started, and ends. To be killed at once instead would leave those without an ancestor.
    """
    if sys.platform == "linux":
        _prctl(PR_SET_PDEATHSIG, signal.SIGCONT)
        _prctl(PR_SET_CHILD_SUBREAPER, 1)
    mark = os.environ.get(MARK)
    if mark is not None and os.name == "posix" and os.getppid() != owner_of(mark):
        os._exit(1)  # the supervisor died before


def die_with_parent() -> None:
    """Let the kernel end this process when its parent dies: a stopped copy cannot notice it."""
    if sys.platform == "linux":
        _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _prctl(option: int, value: int) -> None:
    """Change a property of this process: prctl(2), Linux only."""
    ctypes.CDLL(None).prctl(option, value)
