"""Who measures on this machine: two at a time disturb each other.

Who measures alone holds the lock of the machine, for which others wait. Everybody who measures,
also without that lock, shares a second one and writes a line into its file. So whoever measures
finds all others in the lines: those who were there, and those who came later.
"""

import os
import platform
import stat
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import psutil

from dlbench import locks
from dlbench.machine import cache
from dlbench.records.base import NOT_DECODED
from dlbench.records.machine.occupant import Occupant

# The folder for all users of this machine; IEEE 1003.1-2017, XBD 10.1. Not TMPDIR: it may be of one
# user or one job alone.
SHARED = Path("/tmp")  # noqa: S108 - opened without following links, and only if it is a file

ALONE, EVERYBODY = "dlbench-alone.lock", "dlbench-measuring.lock"

# All users of the machine lock the same files, and write their lines.
MODE = 0o666
FLAGS = os.O_RDWR | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)

# A line has a hundred bytes: that is a thousand starts without a quiet moment between them.
MOST_BYTES = 100_000


def place(environment: Mapping[str, str] = os.environ) -> tuple[Path, str]:
    """Return the folder of the locks, and what their names begin with.

    Whoever has a cache folder of their own (DLBENCH_CACHE) has their own locks too: there, a name
    is that of the machine, as the folder may be on a network.
    """
    if environment.get(cache.VARIABLE):
        return cache.folder(), f"{platform.node()}-"
    return SHARED, ""


class Occupancy:
    """A file of locks and lines of this machine; see `opened`."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def lines(self) -> list[Occupant]:
        """Return who has written a line; what is no such line counts as nobody."""
        text, found = os.pread(self.descriptor, MOST_BYTES, 0), list[Occupant]()
        for line in text.splitlines():
            with suppress(*NOT_DECODED):
                found.append(msgspec.json.decode(line, type=Occupant))
        return found

    def write(self, line: Occupant) -> None:
        """Add a line; a disk that is full is no reason not to measure."""
        with suppress(OSError):
            os.write(self.descriptor, msgspec.json.encode(line) + b"\n")

    def clear(self) -> None:
        """Forget all lines."""
        with suppress(OSError):
            os.ftruncate(self.descriptor, 0)


@contextmanager
def opened(name: str) -> Iterator[Occupancy]:
    """Open a file of locks, ALONE or EVERYBODY; OSError if that is impossible."""
    folder, prefix = place()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{prefix}{name}"
    try:
        descriptor = os.open(path, FLAGS)
    except FileNotFoundError:
        with suppress(FileExistsError):  # another one has just made it
            made = os.open(path, FLAGS | os.O_CREAT | os.O_EXCL, MODE)
            if folder == SHARED:
                os.fchmod(made, MODE)  # whatever the umask
            os.close(made)
        descriptor = os.open(path, FLAGS)
    with ExitStack() as closing:
        closing.callback(os.close, descriptor)  # which releases the locks
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(None, "it is no regular file", str(path))
        yield Occupancy(descriptor)


def me(what: str) -> Occupant:
    """Return the line of this process. what: its command."""
    return Occupant(what, os.getpid(), datetime.now(UTC).isoformat())


class Presence:
    """This process among all who measure on this machine."""

    def __init__(self, mine: Occupant, everybody: Occupancy | None) -> None:
        """Write the line; `everybody` is shared from now on. None: others are not noticed."""
        self.mine, self.everybody = mine, everybody
        self.gone: list[Occupant] = []
        is_quiet = locks.take(everybody.descriptor) if everybody else None
        if everybody is None or is_quiet is None:  # there are no locks
            self.everybody = None
            return
        if is_quiet:
            everybody.clear()
        else:
            self.gone = _ended(everybody.lines())
        locks.take(everybody.descriptor, shared=True, wait=True)
        everybody.write(mine)

    def others(self) -> tuple[Occupant, ...]:
        """Return who has measured meanwhile, also if it has ended."""
        lines = self.everybody.lines() if self.everybody else []
        return tuple(one for one in lines if one != self.mine and one not in self.gone)


def _ended(lines: list[Occupant]) -> list[Occupant]:
    """Return who has ended; of all the last one has not, as somebody holds the lock.

    Processes of other containers cannot be seen.
    """
    ended = [one for one in lines if not _is_there(one.process)]
    return ended[:-1] if len(ended) == len(lines) else ended


def _is_there(process: int) -> bool:
    """Return whether another process has this id: a line of this one is of an earlier run."""
    try:
        return process != os.getpid() and psutil.pid_exists(process)
    except (psutil.Error, OverflowError):
        return False
