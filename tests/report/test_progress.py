"""What is said while a run goes on, with a told clock."""

import io
import re
from collections.abc import Callable

import pytest
from rich.console import Console

from dlbench.records.measurement import Measurement, Progress
from dlbench.report import progress
from dlbench.report.progress import Eta, watching_run

DONE = Measurement("some/case", "ok")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets the time that progress reads."""
    now = [1000.0]
    monkeypatch.setattr(progress, "monotonic", lambda: now[0])

    def turn_to(seconds: float) -> None:
        now[0] = 1000.0 + seconds

    return turn_to


@pytest.mark.parametrize(
    ("seconds", "done", "total", "text"),
    [
        (0.0, 0, 10, ""),
        (30.0, 0, 10, ""),
        (10.0, 1, 10, "about 1:30 left"),
        (10.0, 2.5, 10, "about 0:30 left"),
        (10.0, 0.5, 10, ""),
        (10.0, 5, 10, "about 0:10 left"),
        (90.0, 9, 10, "about 0:10 left"),
        (90.0, 10, 10, "about 0:00 left"),
        (7200.0, 1, 3, "about 4:00:00 left"),
    ],
)
def test_the_time_left_follows_from_the_time_taken(clock, seconds, done, total, text) -> None:
    eta = Eta()
    clock(seconds)
    assert eta.text(done, total) == text


def lines_of(events: list[Progress | Measurement]) -> list[str]:
    stream = io.StringIO()
    with watching_run(Console(file=stream, width=40)) as watcher:
        for event in events:
            watcher.see(event)
    return stream.getvalue().splitlines()


def test_a_log_gets_a_line_for_every_tenth_of_the_cases(clock) -> None:
    def event(done: int) -> Progress:
        clock(done)
        return Progress(f"measuring case {done}", done, 100)

    stream = io.StringIO()
    with watching_run(Console(file=stream, width=40)) as watcher:
        for done in range(100):
            watcher.see(event(done))
            watcher.see(event(done))
            watcher.see(DONE)
    lines = stream.getvalue().splitlines()
    assert lines[0] == "0/100 measuring case 0"
    assert lines[1] == "10/100 measuring case 10 about 1:30 left"
    assert len(lines) == 10


@pytest.mark.parametrize("total", [1, 3, 10])
def test_a_short_run_gets_a_line_for_every_case(clock, total: int) -> None:
    events = [Progress("measuring", done, total) for done in range(total) for _ in range(5)]
    assert len(lines_of(events)) == total


def test_a_line_of_a_log_is_never_broken_and_never_taken_for_markup(clock) -> None:
    (line,) = lines_of([Progress("measuring " + "x" * 100, 0, 3)])
    assert line == "0/3 measuring " + "x" * 100


def test_measurements_alone_say_nothing_in_a_log(clock) -> None:
    assert lines_of([DONE, DONE]) == []


def test_a_terminal_gets_a_line_that_lives_and_vanishes(clock) -> None:
    stream = io.StringIO()
    console = Console(file=stream, width=100, force_terminal=True, color_system=None)
    with watching_run(console) as watcher:
        watcher.bar.stop()  # no thread of rich's draws while we look
        watcher.see(Progress("starting [bold]", 0, 4))
        assert "0/4" in drawn(watcher)
        assert "starting [bold]" in drawn(watcher)
        assert "left" not in drawn(watcher)
        clock(30.0)
        watcher.see(Progress("measuring a/b", 1, 4))
        assert re.search(r"1/4 .*about 1:30 left measuring a/b", drawn(watcher))
    assert "\n\n" not in stream.getvalue()


def test_where_the_line_is_too_long_the_name_of_the_case_is_cut(clock) -> None:
    console = Console(file=io.StringIO(), width=100, force_terminal=True, color_system=None)
    with watching_run(console) as watcher:
        watcher.bar.stop()
        clock(70.0)
        watcher.see(
            Progress("preparing train_step/mnist-512/b32/tensorflow/cpu/eager/" * 3, 16, 32)
        )
        (line,) = drawn(watcher).splitlines()
        assert re.search(r"16/32 \S+ about 1:10 left preparing train_step/\S+…$", line)


def test_the_bar_moves_while_cases_are_under_way(clock) -> None:
    console = Console(file=io.StringIO(), width=100, force_terminal=True, color_system=None)
    with watching_run(console) as watcher:
        watcher.bar.stop()
        watcher.see(Progress("measuring a/b", 0, 4, part=0.5))
        before = drawn(watcher)
        watcher.see(Progress("measuring a/b", 0, 4, part=1.5))
        assert drawn(watcher) != before


class ThreeTicks:
    """An event of a thread that is set after three ticks."""

    def __init__(self) -> None:
        self.ticks = [False] * 3

    def wait(self, seconds: float) -> bool:
        return not (self.ticks and not self.ticks.pop())

    def set(self) -> None:
        pass


@pytest.mark.parametrize(("is_timed", "times"), [(False, 3), (True, 0)])
def test_the_line_is_drawn_while_nothing_comes_but_not_while_a_time_is_taken(
    monkeypatch, is_timed, times
) -> None:
    pictures = []

    class Counted(progress._Bar):
        def __init__(self, bar) -> None:
            super().__init__(bar)
            self.see(Progress("doing a/b", 0, 4, is_timed=is_timed))
            monkeypatch.setattr(bar, "refresh", lambda: pictures.append(is_timed))

    monkeypatch.setattr(progress, "Event", ThreeTicks)
    monkeypatch.setattr(progress, "_Bar", Counted)
    console = Console(file=io.StringIO(), width=100, force_terminal=True, color_system=None)
    with watching_run(console):
        pass
    assert len(pictures) == times


def drawn(watcher) -> str:
    console = Console(file=io.StringIO(), width=100, color_system=None)
    console.print(watcher.bar)
    return console.file.getvalue()
