"""When a picture is drawn: with a told clock, and never while a sample is timed."""

import pytest
from rich.console import Console

from dlbench.records.measurement import TIMED, Notice, Progress
from dlbench.report.watching import watchers
from dlbench.report.watching.watchers import REDRAW_S, ScreenWatcher, ticking
from fakes.clock import ToldClock
from fakes.story import group, plan
from fakes.watched import tell, terminal, written


class Counted(ScreenWatcher):
    """Notes when it draws."""

    def __init__(self, console: Console, clock: ToldClock) -> None:
        super().__init__(console, clock.seconds)
        self.told, self.drawings = clock, []

    def _draw(self) -> None:
        super()._draw()
        self.drawings.append(self.told.seconds())


def turn(number: int) -> Progress:
    return Progress("", 0, 4, phase="measuring", row="a", is_timed=True, round=number, rounds=999)


def test_turns_are_drawn_a_few_times_a_second() -> None:
    clock = ToldClock()
    watcher = Counted(terminal(), clock)
    for number in range(1000):
        watcher.see(turn(number))
        clock.advance(0.01)
    gaps = [b - a for a, b in zip(watcher.drawings, watcher.drawings[1:], strict=False)]
    assert min(gaps) >= REDRAW_S
    assert len(watcher.drawings) > 10.0 / (REDRAW_S + 0.02)


def test_every_new_activity_is_drawn_at_once() -> None:
    clock = ToldClock()
    watcher = Counted(terminal(), clock)
    made = plan(group(1, "numpy", "torch"), group(2, "numpy"))
    whats = []
    for event in tell(made, watcher.see, clock):
        if isinstance(event, Progress) and watcher.view.what not in whats:
            whats.append(watcher.view.what)
            assert watcher.drawings[-1] == clock.seconds()
    assert len(whats) > 10


@pytest.mark.parametrize("is_timed", [False, True])
def test_the_clock_ticks_unless_a_sample_is_timed(is_timed) -> None:
    clock = ToldClock()
    watcher = Counted(terminal(), clock)
    watcher.see(Progress("doing a/b", 0, 4, is_timed=is_timed))
    before = len(watcher.drawings)
    for _ in range(5):
        clock.advance(1.0)
        watcher.tick()
    assert len(watcher.drawings) - before == (0 if is_timed else 5)


def test_nothing_is_drawn_in_any_phase_in_which_a_time_is_taken() -> None:
    clock = ToldClock()
    watcher = Counted(terminal(), clock)
    phases = {}
    for event in tell(plan(group(1, "numpy"), blocks=4), watcher.see, clock):
        if isinstance(event, Progress):
            before = len(watcher.drawings)
            watcher.tick()
            phases[event.phase] = len(watcher.drawings) > before
    assert {phase for phase, is_drawn in phases.items() if not is_drawn} == phases.keys() & TIMED
    assert phases["preparing"]
    assert not phases["measuring"]


@pytest.mark.parametrize("ends", [None, KeyboardInterrupt, ValueError])
def test_the_terminal_is_left_clean(ends) -> None:
    console = terminal()
    watcher = ScreenWatcher(console)
    try:
        with watcher.live:
            watcher.see(Progress("starting [bold]", 0, 4))
            if ends:
                raise ends
    except (KeyboardInterrupt, ValueError):
        pass
    text = console.file.getvalue()
    assert "starting [bold]" in text
    hidden, shown = "\x1b[?25l", "\x1b[?25h"
    assert text.count(hidden) == text.count(shown) == 1
    assert text.index(hidden) < text.index(shown)
    assert text.endswith("\x1b[2K"), "the picture is erased"


def test_a_notice_stands_above_the_picture_and_stays() -> None:
    console = terminal()
    watcher = ScreenWatcher(console)
    with watcher.live:
        watcher.see(Notice("Random numbers are used"))
    assert any("Random numbers are used" in line for line in written(console))


class ThreeTicks:
    """An event of a thread that is set after three ticks."""

    def __init__(self) -> None:
        self.ticks = [False] * 3

    def wait(self, seconds: float) -> bool:
        return not (self.ticks and not self.ticks.pop())

    def set(self) -> None:
        pass


def test_a_thread_ticks_until_the_end(monkeypatch) -> None:
    ticks = []
    monkeypatch.setattr(watchers, "Event", ThreeTicks)
    with ticking(lambda: ticks.append(1)):
        pass
    assert len(ticks) == 3
