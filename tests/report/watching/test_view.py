"""What is said of a run while it goes on: where it is, what it does, how long it takes."""

from collections.abc import Iterable

import pytest
from msgspec.structs import replace

from dlbench.harness import wire
from dlbench.records.measurement import Measurement, Progress
from dlbench.records.plan import Grown
from dlbench.report.watching.row import Finished
from dlbench.report.watching.view import Planned, RunView
from fakes.clock import ToldClock
from fakes.paced import Pace
from fakes.story import RAISES, case, group, plan
from fakes.watched import at_once, tell


class Watching:
    """A run that is told to a view. said: what it says after each event, without repetitions."""

    def __init__(self, made, pace: Pace = at_once, scripts=None) -> None:
        self.clock = ToldClock()
        self.view = RunView(0.0)
        self.finished: list[Finished] = []
        self.said: list[str] = []
        for event in tell(made, self.see, self.clock, pace, scripts):
            if isinstance(event, Progress):
                line = f"{self.view.head}: {self.view.doing(self.clock.seconds())}"
                self.said += [line] if line not in self.said else []

    def see(self, event: object) -> None:
        finished = self.view.see(event, self.clock.seconds())
        self.finished += [finished] if finished else []


def compiled(of):
    return replace(of, target=replace(of.target, mode="compile"), mode_kind="static")


def test_it_says_in_words_what_is_being_done() -> None:
    row = group(1, "numpy", "torch")
    row = replace(row, cases=(row.cases[0], compiled(row.cases[1])))
    assert Watching(plan(row)).said == [
        "[1/1] matmul 1: starting 2 workers",
        "[1/1] matmul 1: preparing numpy eager",
        "[1/1] matmul 1: compiling with torch compile",
        "[1/1] matmul 1: checking numpy eager",
        "[1/1] matmul 1: checking torch compile",
        "[1/1] matmul 1: warming up numpy eager",
        "[1/1] matmul 1: warming up torch compile",
        "[1/1] matmul 1: getting numpy eager up to speed",
        "[1/1] matmul 1: getting torch compile up to speed",
        "[1/1] matmul 1: measuring, round 1 of 2",
        "[1/1] matmul 1: measuring, round 2 of 2",
        "[1/1] matmul 1: timing numpy eager once more",
        "[1/1] matmul 1: timing torch compile once more",
    ]


def test_a_phase_that_lasts_is_told_with_its_seconds() -> None:
    view = RunView(0.0)
    view.see(Progress("starting 8 workers", 0, 4, phase="starting", row="a"), 10.0)
    assert view.doing(11.9) == "starting 8 workers"
    assert view.doing(22.4) == "starting 8 workers (12 s)"
    view.see(Progress("starting 8 workers", 0, 4, phase="starting", row="b"), 30.0)
    assert view.doing(31.0) == "starting 8 workers"


def test_rounds_in_place_of_disturbed_ones_are_extra() -> None:
    view = RunView(0.0)
    view.see(Progress("", 0, 4, phase="measuring", row="a", round=27, rounds=24), 1.0)
    assert view.doing(9.0) == "measuring, extra round 3"


def test_rows_are_counted_over_all_repetitions() -> None:
    said = Watching(plan(group(1, "numpy"), group(2, "numpy"), generations=2)).said
    heads = list(dict.fromkeys(line.partition(": ")[0] for line in said))
    assert heads == [
        "[1/4] matmul 1, repetition 1",
        "[2/4] matmul 2, repetition 1",
        "[3/4] matmul 2, repetition 2",
        "[4/4] matmul 1, repetition 2",
    ]


def test_rows_that_are_chosen_as_the_run_goes_on_are_counted_against_the_most() -> None:
    made, known = plan(group(1, "numpy")), plan(group(1, "numpy"), group(2, "numpy"))
    watching = Watching(made)
    watching.view.see(Grown(known, 12), 3.0)
    for size in (1, 2):
        start = Progress("starting", 0, 4, phase="starting", row=f"matmul/{size}")
        watching.view.see(start, 4.0)
    assert watching.view.head == "[2/12] matmul 2"
    assert watching.view.planned is not None
    cells = watching.view.planned.cells
    assert cells[case(1, "numpy").id].status == "ok", "what was measured is kept"
    assert cells[case(2, "numpy").id].status is None
    assert watching.view.time(64.0) == "1:04", "nobody knows the time left"


def test_rows_that_are_skipped_are_not_counted() -> None:
    skipped = replace(group(1), cases=(case(1, "numpy", skip="too large"),))
    said = Watching(plan(skipped, group(2, "numpy"))).said
    assert {line.partition(":")[0] for line in said} == {"[1/1] matmul 2"}


def rows_of(finished: Iterable[Finished]) -> list[str]:
    return [one.text.partition(" in ")[0] for one in finished]


@pytest.mark.parametrize("generations", [1, 3])
def test_every_row_is_finished_once(generations) -> None:
    made = plan(
        group(1, "numpy", "torch", null="torch"), group(2, "torch"), generations=generations
    )
    finished = Watching(made).finished
    assert len(finished) == 2 * generations
    assert rows_of(finished[:1]) == [
        "[1/2] matmul 1: 2 targets"
        if generations == 1
        else "[1/6] matmul 1, repetition 1: 2 targets"
    ]


@pytest.mark.parametrize("tag", ["start", "prepare", "check", "warm_up", "turn"])
def test_a_row_in_which_something_fails_is_finished_too(tag) -> None:
    made = plan(group(1, "numpy", "torch"), group(2, "numpy", "torch"), generations=2)
    watching = Watching(made, scripts={"torch": {tag: [RAISES]}})
    assert len(watching.finished) == 4
    assert "1 target in" in watching.finished[0].text
    assert "1 failed" in watching.finished[0].text
    cell = watching.view.planned.cells[case(1, "torch").id]
    assert cell.text == "failed: ValueError: shapes do not match"


def test_a_row_that_the_budget_cuts_short_is_finished_when_the_next_begins() -> None:
    def slow(tag, of, target):
        return 4.0 if tag == "prepare" else 0.0

    made = plan(group(1, "numpy", "torch"), group(2, "numpy", "torch"), budget_s=3.0)
    watching = Watching(made, slow)
    assert len(watching.finished) <= 2
    assert watching.view.head.startswith("[1/2]")


def test_the_time_that_has_passed_stands_before_the_time_left() -> None:
    view = RunView(10.0)
    assert view.time(82.0) == "1:12"
    view.see(Progress("verified iris", 5, 10), 82.0)
    assert view.time(82.0) == "1:12, 1:12 left"


def test_what_has_no_rows_is_counted() -> None:
    view = RunView(0.0)
    assert (view.head, view.doing(0.0)) == ("", "planning")
    view.see(Progress("verified iris", 5, 10), 1.0)
    assert (view.head, view.doing(60.0)) == ("[5/10]", "verified iris")


def test_a_worker_that_did_not_start_is_a_failure_of_its_cases() -> None:
    died = wire.Failed("failed", "no [libcuda]")
    watching = Watching(plan(group(1, "torch", "numpy")), scripts={"torch": {"start": [died]}})
    cell = watching.view.planned.cells[case(1, "torch").id]
    assert cell.text == "failed: no [libcuda]"


def test_cases_that_have_ended_stay_counted_when_the_plan_grows() -> None:
    first, second = group(1, "numpy"), group(2, "numpy")
    planned = Planned(plan(first))
    planned.end(Measurement(first.cases[0].id, "ok"))
    assert Planned(plan(first, second), planned).ended == planned.ended == 1
