"""The generations of a plan, and the time limit of a run."""

import pytest
from msgspec.structs import replace

from dlbench.harness import wire
from dlbench.harness.supervisor.case import LEAST_CHECK_S
from dlbench.harness.supervisor.row import RELEASE_TIMEOUT_S
from dlbench.records.case import Group
from fakes.story import (
    CRASH,
    HANGS,
    RAISES,
    Story,
    case,
    group,
    plan,
    short,
    stable,
)
from fakes.workers import Dies, Stable

# --- generations ----------------------------------------------------------------------------------


def test_every_other_generation_finds_what_was_compiled_before():
    story = Story(plan(group(1, "numpy"), generations=3, blocks=1))
    assert story.stable.warm == [False, True, False]


def test_mirrored_generations_are_as_often_cold_as_warm():
    story = Story(plan(group(1, "numpy", "torch"), generations=4, blocks=1))
    first = [worker.target.backend for worker in story.stable.workers[::2]]
    assert list(zip(first, story.stable.warm[::2], strict=True)) == [
        ("numpy", False),
        ("torch", True),
        ("torch", False),
        ("numpy", True),
    ]


def test_a_worker_that_has_to_be_started_again_finds_no_more_than_the_first():
    story = Story(
        plan(group(1, "torch"), group(2, "torch"), blocks=1), stable(torch={"turn": [CRASH]})
    )
    assert story.stable.warm == [False, False]


def compiling_for(limit_s, *later):
    """A row of a dynamic and a static case, the latter not ready in time."""
    made = group(1, "numpy", "torch")
    numpy, torch = made.cases
    row = replace(made, cases=(numpy, replace(torch, mode_kind="static")))
    gone = wire.Failed("timed_out", "no answer")
    answers = stable(torch={"prepare": [Dies(gone)]})
    later = later or (group(2, "numpy"),)
    return Story(plan(row, *later, blocks=1, compile_limit_s=limit_s), answers)


def test_a_case_that_takes_too_long_to_compile_keeps_no_other_from_being_measured():
    story = compiling_for(7.0)
    assert story.outcomes() == {
        "matmul/1 on torch": "timed_out",
        "matmul/1 on numpy": "ok",
        "matmul/2 on numpy": "ok",
    }
    assert story.of(1, "torch").reason == (
        "compiling took longer than 7 s; --compile-limit raises the limit"
    )


def test_a_mode_that_takes_too_long_is_not_tried_in_every_row():
    story = compiling_for(7.0, group(2, "torch"), group(3, "numpy", "torch"))
    assert story.outcomes() == {
        "matmul/1 on torch": "timed_out",
        "matmul/1 on numpy": "ok",
        "matmul/2 on torch": "skipped",
        "matmul/3 on torch": "skipped",
        "matmul/3 on numpy": "ok",
    }
    reason = "skipped, because matmul/1 took too long to compile; --compile-limit raises the limit"
    assert {story.of(size, "torch").reason for size in (2, 3)} == {reason}
    assert story.launched().count("torch") == 1


def test_what_was_measured_before_is_tried_again():
    gone = wire.Failed("timed_out", "no answer")
    made = [group(1, "torch"), group(2, "torch")]
    rows = [replace(g, cases=tuple(replace(c, mode_kind="static") for c in g.cases)) for g in made]
    prepared = {"prepare": [None, None, Dies(gone)]}
    story = Story(plan(*rows, generations=2, blocks=1), stable(torch=prepared))
    told = [(short(m.case), m.generation, m.status) for m in story.measurements]
    assert told == [
        ("matmul/1 on torch", 0, "ok"),
        ("matmul/2 on torch", 0, "ok"),
        ("matmul/2 on torch", 1, "timed_out"),
        ("matmul/1 on torch", 1, "ok"),
    ]


def test_only_who_compiles_has_the_limit_of_compiling():
    timeouts = compiling_for(7.0).stable.timeouts
    assert sorted(timeouts) == [5.0] * 14 + [7.0, RELEASE_TIMEOUT_S]


@pytest.mark.parametrize(("prepare_s", "left_s"), [(3.0, 4.0), (6.5, LEAST_CHECK_S)])
def test_a_check_may_compile_as_well_and_has_what_is_left_of_the_limit(prepare_s, left_s):
    [static] = [replace(c, mode_kind="static") for c in group(1, "torch").cases]
    row = Group(static.workload, (static,))
    slow = Stable({"torch": {"check": [HANGS]}}, takes_s={"prepare": prepare_s})
    story = Story(plan(row, compile_limit_s=7.0), slow)
    assert slow.timeouts == [5.0, 7.0, left_s]
    assert "compiling took longer than 7 s" in story.of(1, "torch").reason


def test_where_nothing_compiles_a_check_has_the_time_of_every_order():
    slow = Stable(takes_s={"prepare": 4.5})
    Story(plan(group(1, "torch"), blocks=1), slow)
    assert slow.timeouts == [5.0] * 7


def test_a_generation_is_all_rows_with_new_workers():
    story = Story(plan(group(1, "numpy"), group(2, "numpy", "torch"), generations=3, blocks=1))
    assert sorted(story.launched()) == ["numpy"] * 3 + ["torch"] * 3
    told = [(short(m.case), m.generation) for m in story.measurements]
    first, second = ["matmul/1 on numpy"], ["matmul/2 on numpy", "matmul/2 on torch"]
    mirrored = [*second[::-1], *first]
    rows = [*first, *second], mirrored, mirrored
    assert told == [(name, generation) for generation in range(3) for name in rows[generation]]
    closed = [n for n, entry in enumerate(story.journal) if entry == "numpy: closed"]
    started = [n for n, entry in enumerate(story.journal) if entry == "numpy: start"]
    assert all(end < start for end, start in zip(closed, started[1:], strict=False))


def test_progress_counts_all_generations():
    progress = Story(plan(group(1, "numpy", "torch"), generations=2)).progress
    assert {p.total for p in progress} == {4}
    assert [p.done for p in progress if p.doing.startswith("measuring")] == [0] * 4 + [2] * 4


def test_what_is_skipped_is_told_once():
    skipping = Group(
        case(1, "any").workload, (case(1, "torch", skip="not installed"), case(1, "numpy"))
    )
    story = Story(plan(skipping, generations=3))
    assert [m.status for m in story.measurements] == ["skipped", "ok", "ok", "ok"]
    assert {p.total for p in story.progress} == {3}
    assert {p.done for p in story.progress} == {0, 1, 2}


@pytest.mark.parametrize("answer", [RAISES, CRASH, HANGS])
def test_a_case_that_went_wrong_is_not_measured_again(answer):
    story = Story(plan(group(1, "torch", "numpy"), generations=2), stable(torch={"turn": [answer]}))
    told = [(short(m.case), m.generation, m.status == "ok") for m in story.measurements]
    assert told == [
        ("matmul/1 on torch", 0, False),
        ("matmul/1 on numpy", 0, True),
        ("matmul/1 on numpy", 1, True),
    ]
    assert story.launched() == ["torch", "numpy", "numpy"]


def test_a_case_that_goes_wrong_late_keeps_what_was_measured_before():
    story = Story(
        plan(group(1, "torch"), generations=2, blocks=1), stable(torch={"turn": [None, RAISES]})
    )
    assert [(m.generation, m.status) for m in story.measurements] == [(0, "ok"), (1, "failed")]


def test_every_generation_has_its_share_of_the_budget():
    story = Story(plan(group(1, "numpy"), generations=2, blocks=100, budget_s=14.0))
    assert [len(m.samples) for m in story.measurements] == [7, 7]
    assert {m.stop_reason for m in story.measurements} == {"budget"}


@pytest.mark.parametrize(
    ("budget_s", "generations"),
    [(None, 5), (100.0, 5), (50.0, 4), (40.0, 3), (33.0, 3), (22.0, 2), (12.0, 1)],
)
def test_starting_leaves_a_quarter_of_a_generation_or_there_are_three_at_most(
    budget_s, generations
):
    slow = Stable(takes_s={"start": 9.0})
    story = Story(plan(group(1, "numpy"), generations=5, blocks=3, budget_s=budget_s), slow)
    assert len(story.measurements) == generations
    assert story.progress[-1].total == generations
    assert all(m.samples for m in story.measurements)


def test_generations_that_are_not_made_leave_their_time_to_the_others():
    slow = Stable(takes_s={"start": 6.0})
    story = Story(plan(group(1, "numpy"), generations=9, blocks=100, budget_s=40.0), slow)
    assert [len(m.samples) for m in story.measurements] == [2, 2, 2, 2, 2]


def test_what_later_rows_need_to_be_prepared_counts_too():
    slow = {"start": 4.0, "prepare": 3.0}
    rows = [group(size, "numpy") for size in (1, 2, 3)]
    story = Story(plan(*rows, generations=4, budget_s=60.0), Stable(takes_s=slow))
    assert {m.generation for m in story.measurements} == {0, 1, 2}


def test_a_generation_that_would_begin_too_late_is_not_begun():
    slow = Stable(block_s=50.0)
    story = Story(plan(group(1, "numpy"), group(2, "numpy"), generations=3, budget_s=30.0), slow)
    assert [(short(m.case), m.generation, m.status) for m in story.measurements] == [
        ("matmul/1 on numpy", 0, "ok"),
        ("matmul/2 on numpy", 0, "skipped"),
    ]


# --- time runs out --------------------------------------------------------------------------------


def test_a_case_stops_when_its_time_is_used_up():
    measured = Story(plan(group(1, "numpy"), blocks=10, case_s=2.5)).of(1, "numpy")
    assert (measured.status, measured.stop_reason, len(measured.samples)) == ("ok", "budget", 3)


def test_cases_share_what_is_left_of_the_budget():
    story = Story(plan(group(1, "numpy", "torch"), blocks=100, budget_s=14.0))
    blocks = [len(m.samples) for m in story.measurements]
    assert blocks == [7, 7]
    assert {m.stop_reason for m in story.measurements} == {"budget"}


def test_a_row_after_the_budget_is_skipped_with_the_reason():
    rows = [group(size, "numpy") for size in (1, 2, 3)]
    story = Story(plan(*rows, budget_s=3.0), Stable(block_s=2.0))
    assert [story.of(size, "numpy").status for size in (1, 2, 3)] == ["ok", "ok", "skipped"]
    assert story.of(3, "numpy").reason == "time limit of 3 s reached; --budget raises the limit"
    assert not [entry for entry in story.journal if entry.endswith(" matmul/3")]


def test_a_case_that_was_prepared_gets_one_block_however_late_it_is():
    story = Story(plan(group(1, "numpy", "torch"), budget_s=10.0), Stable(block_s=50.0))
    assert [len(m.samples) for m in story.measurements] == [1, 1]
    assert {m.stop_reason for m in story.measurements} == {"budget"}


def test_when_warming_up_has_used_up_the_budget_the_rest_of_the_row_is_not_measured():
    row = group(1, "numpy", "torch", "jax")
    story = Story(plan(row, budget_s=10.0), Stable(takes_s={"warm_up": 6.0}))
    warmed_up = [entry for entry in story.journal if ": warm_up" in entry]
    assert warmed_up == ["numpy: warm_up matmul/1", "torch: warm_up matmul/1"]
    assert [len(story.of(1, name).samples) for name in ("numpy", "torch", "jax")] == [1, 1, 0]
    assert story.of(1, "jax").reason == "time limit of 10 s reached; --budget raises the limit"


def test_one_case_that_was_prepared_is_measured_however_late_it_is():
    story = Story(plan(group(1, "numpy"), budget_s=10.0), Stable(takes_s={"prepare": 20.0}))
    assert len(story.of(1, "numpy").samples) == 1


class Hanging(Stable):
    """Workers that hang take as long as they are waited for."""

    def next_answer(self, target, order):
        answer = super().next_answer(target, order)
        if isinstance(answer, Dies):
            self.clock.advance(self.timeouts[-1])
        return answer


@pytest.mark.parametrize("tag", ["start", "prepare", "check"])
def test_nothing_that_hangs_is_waited_for_longer_than_the_limit(tag):
    stable = Hanging({"torch": {tag: [HANGS]}})
    row = group(1, "numpy", "torch")
    story = Story(plan(row, budget_s=10.0, blocks=1, timeout_s=100.0), stable)
    assert story.of(1, "torch").status == "skipped"
    assert story.of(1, "torch").reason == "time limit of 10 s reached; --budget raises the limit"
    assert stable.clock.seconds() <= 11.0


def test_what_hangs_before_the_limit_has_failed():
    stable = Hanging({"torch": {"prepare": [HANGS]}})
    story = Story(plan(group(1, "numpy", "torch"), budget_s=1000.0, blocks=1), stable)
    assert story.of(1, "torch").status == "timed_out"


def test_a_row_begins_with_as_many_cases_as_there_is_time_for_cheap_ones_first():
    row = group(1, "torch", "numpy", "jax", null="numpy")
    seconds = {"torch": 50.0, "numpy": 1.0, "jax": 5.0}
    expected = {one.id: seconds[one.target.backend] for one in row.live}
    story = Story(plan(row, budget_s=20.0, blocks=1), expected_s=expected)
    assert story.outcomes() == {
        "matmul/1 on numpy": "ok",
        "matmul/1 on jax": "ok",
        "matmul/1 on torch": "skipped",
    }
    assert sorted(story.launched()) == ["jax", "numpy", "numpy"]


def test_later_rows_keep_the_time_to_get_ready():
    rows = [group(size, "numpy") for size in (1, 2)]
    second = case(2, "numpy").id
    story = Story(plan(*rows, blocks=100, budget_s=20.0), expected_s={second: 10.0})
    assert len(story.of(1, "numpy").samples) == 5


def test_the_cheapest_case_is_tried_beside_one_that_the_plan_skips():
    """A skipped case costs nothing, and is no try."""
    cheap, row = case(1, "numpy"), group(1, "torch", "numpy")
    row = replace(row, cases=(replace(row.cases[0], skip="left out"), cheap))
    story = Story(plan(row, budget_s=0.5), expected_s={cheap.id: 5.0})
    assert {one.case: one.status for one in story.measurements}[cheap.id] == "ok"
