"""The keeper of a run: a process that outlives the supervisor, and ends what the run has left.

The supervisor remains the parent of its workers. It has to be: to wait for the stop of a child is
exact (waitid), and takes microseconds. So the keeper is no ancestor of a worker. It finds the
workers by the mark in their environment, and all else as their descendants, or by that mark
(family.py). A worker is the ancestor of all that it has started, and does not end before them
(lifeline.py). It would do the keeper's work itself, unless it computes for long or hangs.
"""

import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from functools import partial
from typing import BinaryIO, cast

from dlbench.harness import family, lifeline

# -P: Python must not run a file of the current folder.
COMMAND = (sys.executable, "-P", "-m", "dlbench.harness.keeper")

# Signals that a keeper ignores: it ends with its supervisor, and not before.
IGNORED = ("SIGINT", "SIGTERM", "SIGHUP")

# The time to wait for a keeper's end: as long as it may take, and then some.
GRACE_S = family.PATIENCE_S + 3.0


class Keeper:
    """The supervisor's side. folder: for all temporary files of the run; mark: of its workers."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="dlbench-", ignore_cleanup_errors=True)
        self.mark = lifeline.new_mark()
        self._process = self._start() if os.name == "posix" else None
        self._workers = 0

    def _start(self) -> subprocess.Popen[bytes]:
        """Start the process: in a session of its own, as a signal may reach the whole group."""
        return subprocess.Popen(  # noqa: S603 - our own module
            (*COMMAND, self.mark, self.folder.name),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def next_mark(self) -> str:
        """Return a mark for another worker."""
        self._workers += 1
        return f"{self.mark}.{self._workers}"

    def close(self) -> None:
        """End what the workers have left behind, and remove all temporary files."""
        if self._process is not None:
            cast("BinaryIO", self._process.stdin).close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(GRACE_S)
        self.folder.cleanup()


def keep(mark: str, folder: str) -> None:
    """Wait until the supervisor has ended; then end its workers, and remove its folder."""
    for name in IGNORED:
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    _wait_for_end_of(lifeline.owner_of(mark))
    family.end(partial(family.marked, mark))
    shutil.rmtree(folder, ignore_errors=True)


def _wait_for_end_of(supervisor: int) -> None:
    """Wait until the supervisor closes standard input, or has ended.

    A process that it has forked may hold the other end of the pipe; Linux tells its end all the
    same: pidfd_open(2).
    """
    watched: list[int] = [sys.stdin.fileno()]
    if hasattr(os, "pidfd_open"):
        with contextlib.suppress(OSError):  # it has ended, which closes the pipe, or an old kernel
            watched.append(os.pidfd_open(supervisor))
    if os.getppid() == supervisor:
        select.select(watched, [], [])


if __name__ == "__main__":
    keep(*sys.argv[1:])
