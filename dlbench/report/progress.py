"""What the user sees while a run goes on: a live line on a terminal, plain lines elsewhere.

Everything goes to standard error, so that standard output holds the result alone.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from time import monotonic
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.table import Column

from dlbench import units
from dlbench.records.measurement import Notice, Progress


class Watcher(Protocol):
    """Sees every event of a run, a training or a verification."""

    def see(self, event: object) -> None:
        """Take note of an event."""


class Eta:
    """Time left, from the time that the cases so far took."""

    def __init__(self) -> None:
        self.start = monotonic()

    def text(self, done: float, total: int) -> str:
        """Return `about 0:42 left`, or nothing before one case is done. done: counts parts too."""
        if done < 1:
            return ""
        left = (monotonic() - self.start) / done * (total - done)
        return f"about {units.minutes(left)} left"


# Seconds between two pictures of the bar: samples come faster than anybody looks.
REDRAW_S = 0.25
# The same while no event comes, as when a framework compiles. The machine must not be kept busy.
TICK_S = 1.0


class _Bar:
    def __init__(self, bar: Bar) -> None:
        self.bar, self.eta = bar, Eta()
        self.task = bar.add_task("starting", total=None, left="")
        self.drawn, self.doing, self.is_timed = 0.0, "", False

    def see(self, event: object) -> None:
        if isinstance(event, Notice):
            _say(self.bar.console, event.text)
        elif isinstance(event, Progress):
            self.is_timed = event.is_timed
            self.bar.update(
                self.task,
                description=event.doing,
                completed=event.done + event.part,
                total=event.total,
                left=self.eta.text(event.done + event.part, event.total),
            )
            if event.doing != self.doing or monotonic() - self.drawn >= REDRAW_S:
                self.bar.refresh()
                self.drawn, self.doing = monotonic(), event.doing

    def tick(self) -> None:
        """Show that time passes, unless a time is taken."""
        if not self.is_timed:
            self.bar.refresh()


class _Lines:
    """A line for every tenth of the cases, so that a log shows life and stays short."""

    def __init__(self, console: Console) -> None:
        self.console, self.eta, self.next = console, Eta(), 0

    def see(self, event: object) -> None:
        if isinstance(event, Notice):
            _say(self.console, event.text)
        elif isinstance(event, Progress) and event.done * 10 // event.total >= self.next:
            left = self.eta.text(event.done + event.part, event.total)
            _say(self.console, f"{event.done}/{event.total} {event.doing} {left}".rstrip())
            self.next = event.done * 10 // event.total + 1


@contextmanager
def watching_run(console: Console) -> Iterator[Watcher]:
    """Yield a watcher of a run or a verification: a bar on a terminal, else a few lines."""
    if not console.is_terminal:
        yield _Lines(console)
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
    # rich's own thread would also draw while a block is timed
    with Bar(*columns, console=console, transient=True, auto_refresh=False, expand=True) as bar:
        watcher = _Bar(bar)
        with _ticking(watcher.tick):
            yield watcher


@contextmanager
def _ticking(tick: Callable[[], None]) -> Iterator[None]:
    """Call a function every TICK_S seconds, in a thread."""
    ended = Event()

    def go_on() -> None:
        while not ended.wait(TICK_S):
            tick()

    thread = Thread(target=go_on, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _say(console: Console, line: str) -> None:
    console.print(line, highlight=False, markup=False, soft_wrap=True)
