"""What the user sees while a run goes on: a live line on a terminal, plain lines elsewhere.

Everything goes to standard error, so that standard output holds the result alone.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console

from dlbench.report.watching.watchers import LogWatcher, QuietWatcher, ScreenWatcher, ticking


class Watcher(Protocol):
    """Sees every event of a run, a training or a verification."""

    def see(self, event: object) -> None:
        """Take note of an event."""


@contextmanager
def watching_quietly(console: Console) -> Iterator[Watcher]:
    """Yield a watcher that tells only notices and warnings."""
    yield QuietWatcher(console)


@contextmanager
def watching_run(console: Console) -> Iterator[Watcher]:
    """Yield a watcher of a run or a verification: a live table on a terminal, else lines."""
    if not console.is_terminal or console.is_dumb_terminal:
        log = LogWatcher(console)
        with ticking(log.tick):
            yield log
    else:
        screen = ScreenWatcher(console)
        with screen.live, ticking(screen.tick):
            yield screen
