"""Where a stopped run goes on: at the first row that is not complete, with all that followed."""

import pytest
from msgspec.structs import replace

from dlbench.harness import wire
from dlbench.harness.supervisor import past as pasts
from dlbench.harness.supervisor.past import Past, RowKey, past_of
from dlbench.harness.supervisor.run import Supervisor
from dlbench.records.case import Group
from dlbench.records.measurement import Measurement
from fakes.story import CRASH, RAISES, Story, case, group, plan, short, stable
from fakes.workers import Dies, Stable

ROWS = (group(1, "numpy", "torch"), group(2, "torch", null="torch"))


def whole(made, **scripts):
    """The measurements of a run that nobody stopped."""
    return Story(made, stable(**scripts)).measurements


def told(measurements):
    return [(short(one.case), one.case.endswith("null"), one.generation) for one in measurements]


def resumed(made, kept):
    """What is measured after these measurements, and the journal of the workers."""
    workers = Stable()
    supervisor = Supervisor(made, workers.launch, workers.clock.seconds)
    supervisor.after(past_of(made, kept))
    events = list(supervisor.measure())
    return [one for one in events if isinstance(one, Measurement)], events, workers


def test_nothing_is_the_past_of_a_run_without_measurements():
    assert past_of(plan(*ROWS), []) == Past()


def test_all_of_a_run_is_the_past_of_a_whole_one():
    made = plan(*ROWS, generations=3)
    past = past_of(made, whole(made))
    assert past.is_complete
    assert len(past.rows) == 6
    assert past.kept == tuple(whole(made))


@pytest.mark.parametrize("generations", [1, 4])
def test_wherever_it_is_cut_the_rest_is_measured_once(generations):
    made = plan(*ROWS, generations=generations)
    every = whole(made)
    for count in range(len(every) + 1):
        past = past_of(made, every[:count])
        again, _, _ = resumed(made, every[:count])
        assert told((*past.kept, *again)) == told(every)
        assert list(past.kept) == every[: len(past.kept)]
        assert count - len(past.kept) < 3, "complete rows are kept"


def test_a_row_of_which_a_case_was_interrupted_was_cut():
    made = plan(*ROWS)
    first = whole(made)[:2]
    assert len(past_of(made, first).kept) == 2
    first[1] = replace(first[1], stop_reason="interrupted")
    assert past_of(made, first) == Past()


def test_a_row_before_another_is_complete_whatever_is_missing_in_it():
    """A limit of time had no room for a case."""
    made = plan(*ROWS, budget_s=1000.0)
    every = whole(made)
    past = past_of(made, every[1:])
    assert past.rows == {RowKey(0, ROWS[0].workload.id), RowKey(0, ROWS[1].workload.id)}


def test_a_row_that_is_cut_when_the_time_is_used_up_stays_so():
    made = plan(*ROWS, budget_s=1.5)
    first = whole(plan(*ROWS))[:1]
    assert pasts.spent_s(first) >= 2, "two blocks of a second"
    past = past_of(made, first)
    assert past.kept == tuple(first)
    assert past.is_complete
    longer = replace(made, sampling=replace(made.sampling, budget_s=1000.0))
    assert past_of(longer, first).kept == ()


def test_what_was_measured_counts_as_time():
    made = plan(group(1, "numpy"), group(2, "numpy"), blocks=100, budget_s=14.0)
    one, _ = whole(plan(*made.groups))
    again, _, _ = resumed(made, [replace(one, preparing_s=5.0, starting_s=3.0)])
    (second,) = again
    assert second.stop_reason == "budget"
    assert len(second.samples) == 4, "14 s without 8 s of preparing and 2 blocks of 1 s"


def test_what_preparing_took_counts_for_the_number_of_generations():
    made = plan(group(1, "numpy"), generations=5, budget_s=40.0)
    (one,) = whole(plan(*made.groups, blocks=2))
    _, events, _ = resumed(made, [replace(one, preparing_s=9.0)])
    assert {event.generations for event in events if hasattr(event, "generations")} == {3}


def test_a_case_that_failed_is_not_measured_again():
    made = plan(*ROWS, generations=2)
    every = whole(made, torch={"turn": [CRASH]})
    failed = case(1, "torch").id
    count = next(place for place, one in enumerate(every) if one.generation == 1)
    again, _, _ = resumed(made, every[:count])
    assert failed not in {one.case for one in again}
    assert told((*every[:count], *again)) == told(every)


def test_a_failure_in_the_row_that_is_cut_is_tried_again():
    made = plan(*ROWS)
    first = whole(made, numpy={"turn": [RAISES]})[:1]
    assert first[0].status == "failed"
    assert past_of(made, first) == Past()


def test_a_mode_that_took_too_long_to_compile_is_not_tried_again():
    static = [
        Group(one.workload, tuple(replace(c, mode_kind="static") for c in one.cases))
        for one in (group(1, "torch"), group(2, "torch"))
    ]
    made = plan(*static, compile_limit_s=7.0)
    every = whole(made, torch={"prepare": [Dies(wire.Failed("timed_out", "no answer"))]})
    assert [one.status for one in every] == ["timed_out", "skipped"]
    again, _, workers = resumed(made, every[:1])
    assert [one.status for one in again] == ["skipped"]
    assert workers.workers == []


def test_no_worker_is_started_for_what_is_measured():
    made = plan(*ROWS, generations=2)
    every = whole(made)
    done = next(place for place, one in enumerate(every) if one.generation == 1)
    _, _, workers = resumed(made, every[:done])
    started = sorted(worker.target.backend for worker in workers.workers)
    assert started == ["numpy", "torch", "torch"]


def test_progress_goes_on_where_it_was():
    made = plan(*ROWS)
    every = whole(made)
    _, events, _ = resumed(made, every[:2])
    first = next(event for event in events if hasattr(event, "done"))
    assert (first.done, first.total) == (2, 3)


def test_what_no_generation_had_time_for_is_told_once():
    made = plan(*ROWS, budget_s=2.0, case_s=1.0)
    every = whole(made)
    assert [one.status for one in every].count("skipped") > 0
    for count in range(len(every) + 1):
        past = past_of(made, every[:count])
        again, _, _ = resumed(made, every[:count])
        ids = [one.case for one in (*past.kept, *again)]
        assert sorted(ids) == sorted({one.case for one in every})
