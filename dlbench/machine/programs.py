"""The programs that run on this machine, as far as this process may see them."""

from collections.abc import Iterator
from typing import NamedTuple

import psutil


class Program(NamedTuple):
    """A running program. words: its command line; cpu_s: its CPU time so far."""

    pid: int
    name: str
    words: tuple[str, ...]
    cpu_s: float


def running() -> Iterator[Program]:
    """Yield the programs that can be read; those of other users may hide their words."""
    for process in psutil.process_iter(["pid", "name", "cmdline", "cpu_times"]):
        found = process.info
        times = found["cpu_times"]
        if times is not None:
            words = tuple(found["cmdline"] or ())
            yield Program(found["pid"], found["name"] or "", words, times.user + times.system)


def people() -> int:
    """Return the number of people who are logged in."""
    return len({one.name for one in psutil.users()})
