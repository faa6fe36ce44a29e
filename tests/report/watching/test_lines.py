"""A log: a line for every finished row, signs of life in between, and warnings."""

import itertools

import pytest
from msgspec.structs import replace

from dlbench.harness import wire
from dlbench.records.measurement import Notice, Progress, Sample
from dlbench.report.watching.lines import BUSY_WARNING, SILENCE_S
from dlbench.report.watching.watchers import LogWatcher, QuietWatcher
from fakes.clock import ToldClock
from fakes.story import group, plan
from fakes.watched import at_once, log, tell, terminal, written


def lines_of(made, pace=at_once, scripts=None, watching=LogWatcher) -> list[str]:
    clock, console = ToldClock(), log()
    watcher = watching(console, clock.seconds)
    for _ in tell(made, watcher.see, clock, pace, scripts):
        pass
    return written(console)


def test_it_begins_with_a_line_and_every_finished_row_has_one() -> None:
    first, *others = lines_of(plan(group(1, "numpy", "torch"), group(2, "numpy")))
    assert first.startswith("[1/2] matmul 1: starting 2 workers; 0:00, ")
    assert others == [
        "[1/2] matmul 1: 2 targets in 1 s, about 100 ns (numpy) to about 100 ns (torch)",
        "[2/2] matmul 2: 1 target in 1 s, about 100 ns (numpy)",
    ]


def test_while_a_phase_lasts_it_gives_a_sign_of_life() -> None:
    clock, console = ToldClock(), log()
    watcher = LogWatcher(console, clock.seconds)
    watcher.see(Progress("starting 8 workers", 0, 4, phase="starting", row="a"))
    for _ in range(25):
        clock.advance(1.0)
        watcher.tick()
    assert written(console) == [
        "[0/4]: starting 8 workers; 0:00",
        "[0/4]: still starting 8 workers (10 s); 0:10",
        "[0/4]: still starting 8 workers (20 s); 0:20",
    ]


def test_nothing_is_written_while_a_sample_is_timed_but_between_two() -> None:
    clock, console = ToldClock(), log()
    watcher = LogWatcher(console, clock.seconds)
    turn = Progress("", 0, 4, phase="measuring", row="a", is_timed=True, round=1, rounds=9)
    watcher.see(turn)
    for _ in range(25):
        clock.advance(1.0)
        watcher.tick()
    assert len(written(console)) == 1
    watcher.see(replace(turn, round=2))
    assert written(console)[1:] == ["[0/4]: still measuring, round 2 of 9; 0:25"]


def test_a_log_is_never_silent_for_long_while_events_come() -> None:
    said = []

    def pace(tag, of, target):
        return 3.0

    clock, console = ToldClock(), log()
    watcher = LogWatcher(console, clock.seconds)
    for _ in tell(plan(group(1, "numpy", "torch"), blocks=12), watcher.see, clock, pace):
        if len(written(console)) > len(said):
            said.append(clock.seconds())
    assert len(said) > 5
    assert max(b - a for a, b in itertools.pairwise(said)) <= SILENCE_S + 3.0


def busy(*rows: int) -> dict:
    """Turns of torch in three rows of one round, some of them disturbed, which brings another."""
    quiet = Sample(iterations=1, host_s=1.0, started_s=0.0)
    busy = replace(quiet, flags=("busy",))
    samples = [one for row in range(3) for one in ([busy] * 2 if row in rows else [quiet])]
    return {"torch": {"turn": [wire.Timed((one,)) for one in samples]}}


@pytest.mark.parametrize("watching", [LogWatcher, QuietWatcher])
@pytest.mark.parametrize(
    ("rows", "warned"), [((), None), ((0,), 0), ((1, 2), 1), ((0, 1, 2), 0), ((2,), None)]
)
def test_that_other_programs_run_is_said_once_after_the_first_such_row_but_not_after_the_last(
    watching, rows, warned
) -> None:
    made = plan(*(group(size, "torch") for size in range(3)), blocks=1)
    said = lines_of(made, scripts=busy(*rows), watching=watching)
    assert said.count(BUSY_WARNING) == (warned is not None)
    if warned is not None and watching is LogWatcher:
        before = said[said.index(BUSY_WARNING) - 1]
        assert before.startswith(f"[{warned + 1}/3] matmul {warned}: 1 target")


def test_quiet_leaves_notices_and_nothing_else() -> None:
    console = log()
    watcher = QuietWatcher(console)
    watcher.see(Notice("Random numbers [bold] are used " + "x" * 80))
    watcher.see(Progress("starting", 0, 4, phase="starting", row="a"))
    assert written(console) == ["Random numbers [bold] are used " + "x" * 80]
    assert lines_of(plan(group(1, "numpy")), watching=QuietWatcher) == []


def test_a_terminal_breaks_a_notice_between_words() -> None:
    console = terminal(width=20)
    QuietWatcher(console).see(Notice("two words and a few more"))
    assert [line.rstrip() for line in written(console)] == ["two words and a few", "more"]
