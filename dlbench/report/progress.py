"""What the user sees while a run goes on: a live line on a terminal, plain lines elsewhere.

Everything goes to standard error, so that standard output holds the result alone.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.live import Live
from rich.text import Text

from dlbench.records.measurement import Notice
from dlbench.records.training import EpochResult, Lap, TrainingResult, TrainingRun
from dlbench.report import training
from dlbench.report.watching.lines import say as _say
from dlbench.report.watching.watchers import LogWatcher, QuietWatcher, ScreenWatcher, ticking

# A curve in one line: the lowest value to the highest.
BARS = "▁▂▃▄▅▆▇█"
CURVE_WIDTH = 32
# Of a training that nobody watches live.
LINES_OF_A_TRAINING = 5


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


class _Curve:
    """The line of the training that goes on, with its curve."""

    def __init__(self, live: Live) -> None:
        self.live = live
        self.done: list[EpochResult] = []

    def see(self, event: object) -> None:
        if isinstance(event, TrainingRun):
            self.run = event
        elif isinstance(event, Notice):
            _say(self.live.console, event.text)
        elif isinstance(event, TrainingResult):
            _say(self.live.console, training.describe_end(self.run, event))
            self.done = []
            self.live.update(Text(""))
        elif isinstance(event, Lap):
            self.done.append(event.result)
            line = f"{training.describe_epoch(self.run, event)}  {curve(_values(self.done))}"
            self.live.update(Text(line, no_wrap=True, overflow="ellipsis"), refresh=True)


class _Epochs:
    """A few lines of every training, so that a log shows life and stays short."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def see(self, event: object) -> None:
        if isinstance(event, TrainingRun):
            self.run = event
        elif isinstance(event, Notice):
            _say(self.console, event.text)
        elif isinstance(event, TrainingResult):
            _say(self.console, training.describe_end(self.run, event))
        elif isinstance(event, Lap) and self._is_told(event.result.epoch):
            _say(self.console, training.describe_epoch(self.run, event))

    def _is_told(self, epoch: int) -> bool:
        return epoch * LINES_OF_A_TRAINING % self.run.network.epochs < LINES_OF_A_TRAINING


@contextmanager
def watching_training(console: Console) -> Iterator[Watcher]:
    """Yield a watcher of trainings: a line with a curve on a terminal, else a few lines."""
    if not console.is_terminal:
        yield _Epochs(console)
        return
    # no thread of its own that draws while an epoch is timed
    with Live(Text(""), console=console, transient=True, auto_refresh=False) as live:
        yield _Curve(live)


def curve(values: Sequence[float]) -> str:
    """The last values as bars, from the lowest value to the highest."""
    shown = values[-CURVE_WIDTH:]
    low, high = min(values), max(values)
    step = (high - low) / (len(BARS) - 1) or 1.0
    return "".join(BARS[round((value - low) / step)] for value in shown)


def _values(epochs: Sequence[EpochResult]) -> list[float]:
    """The accuracies; where there are none, the training losses."""
    accuracies = [one.accuracy for one in epochs if one.accuracy is not None]
    return accuracies or [one.loss for one in epochs]
