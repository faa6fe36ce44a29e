"""Lines of a log, where the output is no terminal: every finished row, and signs of life."""

from rich.console import Console

from dlbench.records.measurement import Notice, Progress
from dlbench.report.watching.row import Finished
from dlbench.report.watching.view import RunView

BUSY_WARNING = "Other programs are using the CPU. Ctrl-C stops; what is measured is kept."

# A log is silent for so many seconds at most, except while a sample is timed.
SILENCE_S = 10.0


def say(console: Console, line: str, style: str | None = None) -> None:
    """Print a line as it is; a terminal breaks long ones between words, a log never."""
    whole = not console.is_terminal
    console.print(line, style=style, highlight=False, markup=False, soft_wrap=whole)


class Warnings:
    """Prints notices, and once that other programs use the CPU: what `--quiet` leaves.

    The latter not after the last row: the results say it then.
    """

    def __init__(self, console: Console) -> None:
        self.console, self.is_warned = console, False

    def see(self, event: object, finished: Finished | None) -> None:
        """Take note of an event, and of the row that it finishes."""
        if isinstance(event, Notice):
            say(self.console, event.text)
        elif finished is not None and finished.is_busy and not (self.is_warned or finished.is_last):
            say(self.console, BUSY_WARNING, "yellow")
            self.is_warned = True


class Lines:
    """A line for every finished row, and one whenever nothing has been said for SILENCE_S."""

    def __init__(self, console: Console, view: RunView, now: float) -> None:
        self.console, self.view = console, view
        self.said, self.last = now, ""

    def see(self, event: object, finished: Finished | None, now: float) -> None:
        """Take note of an event, and of the row that it finishes."""
        if finished is not None:
            self._say(finished.text, now)
        elif isinstance(event, Progress) and (not self.last or self._is_silent(now)):
            self._say_doing(now)

    def tick(self, now: float) -> None:
        """Give a sign of life, unless a sample is timed."""
        if self._is_silent(now) and not self.view.progress.is_timed and self.view.progress.total:
            self._say_doing(now)

    def _is_silent(self, now: float) -> bool:
        return now - self.said >= SILENCE_S

    def _say_doing(self, now: float) -> None:
        doing, what = self.view.doing(now), self.view.what
        still = "still " if what == self.last and self.view.progress.phase else ""
        self.last = what
        self._say(f"{self.view.head}: {still}{doing}; {self.view.time(now)}", now)

    def _say(self, line: str, now: float) -> None:
        say(self.console, line)
        self.said = now
