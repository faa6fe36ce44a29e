"""What the user sees while a training goes on: a live line with a curve, or a few plain lines.

Everything goes to standard error, as in progress.py.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.text import Text

from dlbench.records.measurement import Notice
from dlbench.records.training import (
    EpochResult,
    Lap,
    TrainingResult,
    TrainingRun,
    TrainingStarts,
)
from dlbench.report.progress import Watcher
from dlbench.report.trainings import tables as training
from dlbench.report.watching.lines import say

# A curve in one line: the lowest value to the highest.
BARS = "▁▂▃▄▅▆▇█"

# The widest curve, and the narrowest that a narrow terminal gets before it loses words.
CURVE_WIDTH = 32
NARROWEST = 8
GAP = "  "

# Of a training that nobody watches live.
LINES_OF_A_TRAINING = 5


class _Curve:
    """The line of the training that goes on: its curve first, so that it is never cut."""

    def __init__(self, live: Live) -> None:
        self.live = live
        self.done: list[EpochResult] = []

    def see(self, event: object) -> None:
        if isinstance(event, TrainingRun):
            self.run = event
        elif isinstance(event, Notice):
            say(self.live.console, event.text)
        elif isinstance(event, TrainingStarts):
            self._show(_starting(self.run, event))
        elif isinstance(event, TrainingResult):
            say(self.live.console, training.describe_end(self.run, event))
            self.done = []
            self._show("")
        elif isinstance(event, Lap):
            self.done.append(event.result)
            words = (
                training.describe_epoch(self.run, event),
                training.describe_epoch_briefly(self.run, event),
            )
            self._show(fitted(_values(self.done), words, self.live.console.width))

    def _show(self, line: str) -> None:
        self.live.update(Text(line, no_wrap=True, overflow="ellipsis"), refresh=True)


def _starting(run: TrainingRun, event: TrainingStarts) -> str:
    seed = "" if len(run.seeds) == 1 else f", seed {event.seed}"
    return f"starting {training.name(run, event.target)}{seed}"


class _Epochs:
    """A few lines of every training, so that a log shows life and stays short."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def see(self, event: object) -> None:
        if isinstance(event, TrainingRun):
            self.run = event
        elif isinstance(event, Notice):
            say(self.console, event.text)
        elif isinstance(event, TrainingResult):
            say(self.console, training.describe_end(self.run, event))
        elif isinstance(event, Lap) and self._is_told(event.result.epoch):
            say(self.console, training.describe_epoch(self.run, event))

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


def fitted(values: Sequence[float], words: Sequence[str], width: int) -> str:
    """Put a curve before the words, in what room they leave of the width.

    words: the same in fewer and fewer; the first that fit beside NARROWEST bars are taken, else the
    last. The curve ends with the newest epoch.
    """
    bars = min(NARROWEST, len(values))
    fitting = [text for text in words if bars + len(GAP) + len(text) <= width]
    text = (*fitting, words[-1])[0]
    room = width - len(text) - len(GAP)
    return f"{curve(values, min(CURVE_WIDTH, max(bars, room)))}{GAP}{text}"


def curve(values: Sequence[float], most: int = CURVE_WIDTH) -> str:
    """Return the last values as bars, from the lowest value to the highest of all."""
    shown = values[-most:]
    low, high = min(values), max(values)
    step = (high - low) / (len(BARS) - 1) or 1.0
    return "".join(BARS[round((value - low) / step)] for value in shown)


def _values(epochs: Sequence[EpochResult]) -> list[float]:
    """Return the accuracies; where there are none, the training losses."""
    accuracies = [one.accuracy for one in epochs if one.accuracy is not None]
    return accuracies or [one.loss for one in epochs]
