"""The watchers of a run: one that draws on a terminal, one that writes lines, one that is quiet."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, RLock, Thread
from time import monotonic

from rich.console import Console
from rich.live import Live

from dlbench.records.measurement import Progress
from dlbench.report.watching.lines import Lines, Warnings
from dlbench.report.watching.screen import picture
from dlbench.report.watching.view import RunView

# Seconds between two pictures: turns come faster than anybody looks.
REDRAW_S = 0.25
# Seconds between two calls while no event comes, as when a framework compiles.
TICK_S = 1.0

Clock = Callable[[], float]


class QuietWatcher:
    """Tells warnings only."""

    def __init__(self, console: Console, clock: Clock = monotonic) -> None:
        self.clock, self.lock = clock, RLock()
        self.view, self.warnings = RunView(clock()), Warnings(console)

    def see(self, event: object) -> None:
        """Take note of an event."""
        with self.lock:
            self.warnings.see(event, self.view.see(event, self.clock()))


class LogWatcher(QuietWatcher):
    """Writes lines."""

    def __init__(self, console: Console, clock: Clock = monotonic) -> None:
        super().__init__(console, clock)
        self.lines = Lines(console, self.view, clock())

    def see(self, event: object) -> None:
        """Take note of an event."""
        with self.lock:
            now = self.clock()
            finished = self.view.see(event, now)
            self.lines.see(event, finished, now)
            self.warnings.see(event, finished)

    def tick(self) -> None:
        """Give a sign of life."""
        with self.lock:
            self.lines.tick(self.clock())


class ScreenWatcher(QuietWatcher):
    """Draws pictures: when something else is done, or turns go on, but never while one is timed."""

    def __init__(self, console: Console, clock: Clock = monotonic) -> None:
        super().__init__(console, clock)
        self.drawn = clock()
        # rich's own thread would also draw while a block is timed
        self.live = Live(
            console=console,
            transient=True,
            auto_refresh=False,
            get_renderable=lambda: picture(self.view, console, self.clock()),
        )

    def see(self, event: object) -> None:
        """Take note of an event."""
        with self.lock:
            before = self.view.what
            super().see(event)
            is_due = self.view.what != before or self.clock() - self.drawn >= REDRAW_S
            if isinstance(event, Progress) and is_due:
                self._draw()

    def tick(self) -> None:
        """Show that time passes, unless a sample is timed."""
        with self.lock:
            if not self.view.progress.is_timed:
                self._draw()

    def _draw(self) -> None:
        self.live.refresh()
        self.drawn = self.clock()


@contextmanager
def ticking(tick: Callable[[], None]) -> Iterator[None]:
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
