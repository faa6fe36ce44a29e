"""What the user sees while a run goes on: a live line on a terminal, plain lines elsewhere.

Everything goes to standard error, so that standard output holds the result alone.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.table import Column

from dlbench import units
from dlbench.records.measurement import Measurement, Progress


class Watcher(Protocol):
    """Is told every event of a run."""

    def see(self, event: Progress | Measurement) -> None:
        """Take note."""


class Eta:
    """Time left, from the time that the finished cases took."""

    def __init__(self) -> None:
        self.start = monotonic()

    def text(self, done: int, total: int) -> str:
        """`about 0:42 left`, or nothing while nothing is known."""
        if not done:
            return ""
        left = (monotonic() - self.start) / done * (total - done)
        return f"about {units.minutes(left)} left"


# Seconds between two pictures of the bar: rounds come faster than anybody looks.
REDRAW_S = 0.25


class _Live:
    def __init__(self, bar: Bar) -> None:
        self.bar, self.eta = bar, Eta()
        self.task = bar.add_task("starting", total=None, left="")
        self.drawn, self.doing = 0.0, ""

    def see(self, event: Progress | Measurement) -> None:
        if isinstance(event, Progress):
            self.bar.update(
                self.task,
                description=event.doing,
                completed=event.done,
                total=event.total,
                left=self.eta.text(event.done, event.total),
            )
            if event.doing != self.doing or monotonic() - self.drawn >= REDRAW_S:
                self.bar.refresh()
                self.drawn, self.doing = monotonic(), event.doing
        else:
            (task,) = self.bar.tasks
            done, total = int(task.completed) + 1, task.total  # None before the first Progress
            left = self.eta.text(done, int(total)) if total else ""
            self.bar.update(self.task, advance=1, left=left)


class _Plain:
    """A line for every tenth of the cases, so that a log shows life and stays short."""

    def __init__(self, console: Console) -> None:
        self.console, self.eta, self.next = console, Eta(), 0

    def see(self, event: Progress | Measurement) -> None:
        if isinstance(event, Progress) and event.done * 10 // event.total >= self.next:
            left = self.eta.text(event.done, event.total)
            self.console.print(
                f"{event.done}/{event.total} {event.doing} {left}".rstrip(), soft_wrap=True
            )
            self.next = event.done * 10 // event.total + 1


@contextmanager
def watching(console: Console) -> Iterator[Watcher]:
    """A watcher that fits the console."""
    if not console.is_terminal:
        yield _Plain(console)
        return
    columns = (
        BarColumn(bar_width=16),
        MofNCompleteColumn(table_column=Column(no_wrap=True)),
        TimeElapsedColumn(table_column=Column(no_wrap=True)),
        TextColumn("{task.fields[left]}"),
        # where the line is too long, it is the name of the case that is cut
        TextColumn(
            "{task.description}",
            markup=False,
            table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis"),
        ),
    )
    # no thread of its own that draws while a block is timed
    with Bar(*columns, console=console, transient=True, auto_refresh=False, expand=True) as bar:
        yield _Live(bar)
