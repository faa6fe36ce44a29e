"""Who watches a run: a terminal gets a live table, a file lines, and `--quiet` nothing."""

import io

import pytest
from rich.console import Console

from dlbench.records.measurement import Progress
from dlbench.report.progress import watching_quietly, watching_run
from dlbench.report.watching.watchers import LogWatcher, QuietWatcher, ScreenWatcher
from fakes.watched import log, terminal, written


@pytest.mark.parametrize(
    ("console", "watching", "kind"),
    [
        (terminal(), watching_run, ScreenWatcher),
        (log(), watching_run, LogWatcher),
        (terminal(), watching_quietly, QuietWatcher),
        (log(), watching_quietly, QuietWatcher),
    ],
)
def test_the_place_decides(console, watching, kind) -> None:
    with watching(console) as watcher:
        assert type(watcher) is kind


def test_a_terminal_that_cannot_move_its_cursor_gets_lines(monkeypatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    console = Console(file=io.StringIO(), force_terminal=True)
    with watching_run(console) as watcher:
        assert isinstance(watcher, LogWatcher)


@pytest.mark.parametrize("console", [terminal(), log()])
def test_an_interrupt_goes_through_and_ends_the_watching(console) -> None:
    def interrupted() -> None:
        with watching_run(console) as watcher:
            watcher.see(Progress("starting workers", 0, 4))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert "starting workers" in console.file.getvalue()


def test_a_run_without_an_event_writes_nothing_into_a_log() -> None:
    console = log()
    with watching_run(console):
        pass
    assert written(console) == []
