"""A run told to a watcher by a clock, without workers, threads or sleep."""

import io
from collections.abc import Callable, Iterator

from rich.console import Console

from dlbench.records.plan import Plan
from fakes.clock import ToldClock
from fakes.paced import Pace, moments
from fakes.runs import run_of


def at_once(tag: str, case: str, target) -> float:
    """Nothing takes any time but a turn."""
    return 1e-3 if tag == "turn" else 0.0


def tell(
    plan: Plan, see: Callable[[object], None], clock: ToldClock, pace: Pace = at_once, scripts=None
) -> Iterator[object]:
    """Tell a watcher the events of a run, each at its time; yield each afterwards."""
    see(run_of([], plan=plan))
    for moment in moments(plan, pace, scripts):
        clock.advance(moment.now - clock.seconds())
        if moment.event is not None:
            see(moment.event)
            yield moment.event


def terminal(width: int = 80, height: int = 24) -> Console:
    """A terminal that writes into a text."""
    return Console(
        file=io.StringIO(), width=width, height=height, force_terminal=True, color_system=None
    )


def log() -> Console:
    """A file."""
    return Console(file=io.StringIO(), width=40, color_system=None)


def written(console: Console) -> list[str]:
    """The lines that were written."""
    return console.file.getvalue().splitlines()
