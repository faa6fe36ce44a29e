"""The end of a run: interrupts, errors, and no worker left behind."""

import pytest

from dlbench.harness.supervisor.run import Supervisor
from dlbench.records.measurement import Measurement
from fakes.story import (
    RAISES,
    Story,
    case,
    group,
    plan,
    short,
    stable,
)
from fakes.workers import Stable


def interrupted_at(order, nth, backend="numpy"):
    return stable(**{backend: {order: [None] * (nth - 1) + [KeyboardInterrupt()]}})


def test_an_interrupt_keeps_the_case_that_was_under_way():
    story = Story(plan(group(1, "numpy"), blocks=5), interrupted_at("turn", 4), KeyboardInterrupt)
    (kept,) = story.measurements
    assert (kept.case, kept.status) == (case(1, "numpy").id, "ok")
    assert (kept.stop_reason, len(kept.samples)) == ("interrupted", 3)


def test_an_interrupt_keeps_all_cases_that_were_under_way_in_turns():
    story = Story(
        plan(group(1, "numpy", "torch"), blocks=5),
        interrupted_at("turn", 4, "torch"),
        KeyboardInterrupt,
    )
    kept = {short(m.case): (m.stop_reason, len(m.samples)) for m in story.measurements}
    assert kept["matmul/1 on torch"] == ("interrupted", 3)
    assert kept["matmul/1 on numpy"] in {("interrupted", 3), ("interrupted", 4)}


def test_an_interrupt_in_a_later_generation_keeps_the_earlier_ones():
    story = Story(
        plan(group(1, "numpy"), generations=3, blocks=2),
        interrupted_at("turn", 4),
        KeyboardInterrupt,
    )
    kept = [(m.generation, m.stop_reason, len(m.samples)) for m in story.measurements]
    assert kept == [(0, "blocks", 2), (1, "interrupted", 1)]


@pytest.mark.parametrize("order", ["start", "prepare", "check", "warm_up", "turn"])
def test_an_interrupt_before_the_first_sample_leaves_nothing(order):
    story = Story(plan(group(1, "numpy")), interrupted_at(order, 1), KeyboardInterrupt)
    assert story.measurements == []


def test_an_interrupt_tells_of_every_finished_case_once():
    story = Story(
        plan(group(1, "numpy"), group(2, "numpy")), interrupted_at("prepare", 2), KeyboardInterrupt
    )
    assert story.outcomes() == {"matmul/1 on numpy": "ok"}


@pytest.mark.parametrize(
    ("answer", "status"), [(None, "ok"), (RAISES, "failed")], ids=["measured", "failed"]
)
def test_an_interrupt_while_memory_is_freed_loses_nothing(answer, status):
    story = Story(
        plan(group(1, "numpy"), group(2, "numpy"), blocks=1),
        stable(numpy={"turn": [answer], "release": [KeyboardInterrupt()]}),
        KeyboardInterrupt,
    )
    assert story.outcomes() == {"matmul/1 on numpy": status}


def test_an_interrupt_of_whoever_handles_a_measurement_loses_none_of_its_row():
    stable = Stable()
    supervisor = Supervisor(plan(group(1, "numpy", "torch", "jax")), stable.launch)
    events = supervisor.measure()
    while not isinstance(first := next(events), Measurement):
        pass
    told = [events.throw(KeyboardInterrupt()), next(events), next(events)]
    with pytest.raises(KeyboardInterrupt):
        next(events)
    assert told[0] == first, "it may not have been written"
    assert [short(m.case) for m in told] == [f"matmul/1 on {n}" for n in ("numpy", "torch", "jax")]
    assert {m.stop_reason for m in told} == {"blocks"}
    assert not any(worker.alive for worker in stable.workers)


@pytest.mark.parametrize("order", ["start", "prepare", "check", "turn", "release"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_however_it_ends_no_worker_lives_on(order, error):
    story = Story(
        plan(group(1, "numpy", "torch"), group(2, "numpy", "torch")),
        stable(numpy={order: [error()]}),
        ends_with=error,
    )
    assert len(story.stable.workers) == 2
    assert not any(worker.alive for worker in story.stable.workers)


def test_if_nobody_wants_to_hear_more_no_worker_lives_on():
    stable = Stable()
    events = Supervisor(plan(group(1, "numpy", "torch")), stable.launch).measure()
    while not isinstance(next(events), Measurement):
        pass
    assert any(worker.alive for worker in stable.workers)
    events.close()
    assert not any(worker.alive for worker in stable.workers)


def test_a_machine_that_cannot_start_a_worker_measures_the_others():
    stable = Stable()

    def launch(target, slot=None, *, warm=False):
        if stable.workers:
            raise OSError("out of processes")
        return stable.launch(target, slot, warm=warm)

    events = list(Supervisor(plan(group(1, "numpy", "torch")), launch).measure())
    found = {one.case.split("/")[2]: one for one in events if isinstance(one, Measurement)}
    assert (found["numpy"].status, found["torch"].status) == ("ok", "failed")
    assert found["torch"].reason == "cannot start the worker: out of processes"
    assert [worker.alive for worker in stable.workers] == [False]


def test_a_plan_of_nothing_ends_at_once():
    assert Story(plan()).events == []
