"""The processes that a worker has started, directly or not: find them, and end them.

They may lead process groups and sessions of their own, so they are found by their ancestors and by
the mark in their environment (lifeline.py). Out of reach is only a process with another environment
whose ancestors up to the worker have all ended.
"""

import contextlib
import os
import time
from collections.abc import Callable, Iterable
from functools import partial

import psutil

from dlbench.harness.lifeline import MARK

# Pause between two looks at processes that are ending, and the time limit. Ending takes
# milliseconds, unless the kernel holds a process (a driver that hangs).
LOOK_S = 0.01
PATIENCE_S = 2.0

Find = Callable[[], set[psutil.Process]]


def marked(mark: str) -> set[psutil.Process]:
    """Return the living processes with this mark, or one that begins so, and their descendants."""
    every = [one for one in psutil.process_iter(["ppid", "environ"]) if one.pid != os.getpid()]
    found = {one.pid for one in every if _has(one.info["environ"] or {}, mark)}
    size = -1
    while len(found) > size:
        size = len(found)
        found |= {one.pid for one in every if one.info["ppid"] in found}
    return {one for one in every if one.pid in found and _is_alive(one)}


def _has(environment: dict[str, str], mark: str) -> bool:
    value = environment.get(MARK, "")
    return value == mark or value.startswith(f"{mark}.")


def descendants(pid: int) -> set[psutil.Process]:
    """Return all living descendants of a process; none if it has ended."""
    try:
        return {one for one in psutil.Process(pid).children(recursive=True) if _is_alive(one)}
    except (psutil.Error, OSError):
        return set()


def _is_alive(process: psutil.Process) -> bool:
    """Return False for a process that has ended, also if nobody has collected it yet."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def end_own() -> None:
    """End all that this process has started."""
    end(partial(descendants, os.getpid()))


def end(find: Find) -> None:
    """End all processes that `find` finds, also those that they start meanwhile.

    All are stopped before the first is killed: so none starts another one, and none loses the
    parent by which it is found. Return when they are gone, or after PATIENCE_S.
    """
    until = time.monotonic() + PATIENCE_S
    stopped: set[psutil.Process] = set()
    while (found := find()) and time.monotonic() < until:
        if new := found - stopped:
            _ask(psutil.Process.suspend, new)
            stopped |= new
        else:
            _ask(psutil.Process.kill, found)
            time.sleep(LOOK_S)


def kill(processes: Iterable[psutil.Process]) -> None:
    """Kill these processes, and do not wait for their end."""
    _ask(psutil.Process.kill, processes)


def _ask(request: Callable[[psutil.Process], None], processes: Iterable[psutil.Process]) -> None:
    """Send a signal to each; psutil sends none to a new process with the id of an old one."""
    for one in processes:
        with contextlib.suppress(psutil.Error, OSError):
            request(one)
