"""The picture on a terminal is never higher or wider than it, and says what a reader needs."""

import re

import pytest
from msgspec.structs import replace
from rich.cells import cell_len
from rich.console import Console

from dlbench.records.measurement import Progress
from dlbench.report.watching.screen import OTHER_LINES, picture
from dlbench.report.watching.view import RunView
from fakes.clock import ToldClock
from fakes.story import RAISES, case, group, plan
from fakes.watched import at_once, log, tell, terminal


def drawn(view: RunView, console: Console, now: float) -> list[str]:
    paper = log()
    paper.width = console.width
    paper.print(picture(view, console, now))
    return [line.rstrip() for line in paper.file.getvalue().splitlines()]


def pictures(made, console: Console, pace=at_once, scripts=None, every: int = 1) -> list[list[str]]:
    """The picture after every event, or every so many; and the last."""
    clock = ToldClock()
    view = RunView(0.0)

    def see(event: object) -> None:
        view.see(event, clock.seconds())

    events = tell(made, see, clock, pace, scripts)
    found = [drawn(view, console, clock.seconds()) for n, _ in enumerate(events) if n % every == 0]
    return [*found, drawn(view, console, clock.seconds())]


def slowly(tag, of, target) -> float:
    return {"start": 3.0, "prepare": 30.0, "turn": 0.5}.get(tag, 1.0)


MANY = [group(size, *(f"backend{n}" for n in range(9))) for size in range(5)]
# A number of events that shows every phase of every row sooner or later.
STRIDE = 17


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize(("height", "rows"), [(3, 1), (10, 1), (10, 5), (24, 5), (60, 5)])
def test_it_is_never_higher_or_wider_than_the_terminal(width, height, rows) -> None:
    made = plan(*MANY[:rows])
    failing = {"backend3": {"prepare": [replace(RAISES, reason="long " * 50)]}}
    for lines in pictures(made, terminal(width, height), slowly, failing, STRIDE):
        assert len(lines) <= height - 1
        assert max(map(cell_len, lines)) <= width


def test_all_rows_are_shown_where_they_fit() -> None:
    first, *_, last = pictures(plan(group(1, "numpy", "torch"), group(2, "numpy")), terminal())
    assert first[:3] == [
        "matmul 1  numpy  …",
        "          torch  …",
        "matmul 2  numpy  …",
    ]
    assert last[:3] == [
        "matmul 1  numpy  about 100 ns",
        "          torch  about 100 ns",
        "matmul 2  numpy  about 100 ns",
    ]


def test_it_fills_while_a_row_is_measured() -> None:
    made = plan(group(1, "numpy", "torch"), blocks=4)
    cells = [
        tuple(line.partition("  ")[2].split("  ")[-1] for line in lines[:2])
        for lines in pictures(made, terminal())
    ]
    assert cells[0] == ("…", "…")
    assert {("about 100 ns", "…"), ("…", "about 100 ns")} & set(cells)
    assert cells[-1] == ("100 ns", "100 ns")


def test_of_a_long_plan_the_present_row_is_shown_and_the_rest_is_counted() -> None:
    shown = pictures(plan(*MANY), terminal(height=15), every=STRIDE)
    assert shown[0][0].startswith("matmul 0  backend0")
    assert shown[0][-2] == "… 36 cases to come"
    middle = next(lines for lines in shown if lines[0].startswith("matmul 2"))
    assert middle[-3:-1] == ["… 18 cases before", "… 18 cases to come"]
    assert shown[-1][-2] == "… 36 cases before"


def test_of_a_row_that_is_too_long_the_rest_is_counted_too() -> None:
    last = pictures(plan(*MANY), terminal(height=9), every=STRIDE)[-1]
    assert len(last) == 9 - OTHER_LINES + 1
    assert last[-3:-1] == ["… 4 more cases of this row", "… 36 cases before"]


def test_skips_and_failures_are_named() -> None:
    row = group(1, "numpy", "torch", "jax")
    skipped = case(1, "jax", skip="jax is not installed")
    made = plan(replace(row, cases=(*row.cases[:2], skipped)))
    last = pictures(made, terminal(), scripts={"torch": {"turn": [RAISES]}})[-1]
    assert last[1] == "          torch  failed: ValueError: shapes do not match"
    assert last[2] == "          jax    skipped: jax is not installed"


def test_what_stands_in_a_plan_or_a_reason_is_not_taken_for_markup() -> None:
    reason = replace(RAISES, reason="[bold]x[/bold] \x1b[31mred")
    made = plan(group(1, "[red]"))
    last = pictures(made, terminal(), scripts={"[red]": {"check": [reason]}})[-1]
    assert last[0].startswith("matmul 1  [red]  failed: [bold]x[/bold] ")
    assert "\x1b" not in last[0]


def line_of(width: int, row: str, doing: str) -> str:
    view = RunView(0.0)
    made = plan(group(row, "torch"))
    for event in tell(made, lambda event: view.see(event, 0.0), ToldClock()):
        if isinstance(event, Progress):
            break
    view.see(replace(event, doing=doing), 1.0)
    return drawn(view, terminal(width), 72.0)[-1]


def test_the_line_says_what_is_done_on_the_left_and_the_time_on_the_right() -> None:
    line = line_of(80, "1", "starting 8 workers")
    assert re.fullmatch(r"\[1/1\] matmul 1: starting 8 workers \(72 s\) +1:12", line)
    assert len(line) == 80


def test_where_the_line_is_too_long_the_name_of_the_row_is_cut() -> None:
    line = line_of(80, "x" * 100, "starting 8 workers")
    assert re.fullmatch(r"\[1/1\] matmul x+…: starting 8 workers \(72 s\) +1:12", line)
    assert len(line) == 80


def test_before_there_is_a_plan_there_is_only_the_line() -> None:
    assert drawn(RunView(0.0), terminal(), 2.0)[0].split() == ["planning", "0:02"]
