"""Cases that fail: with their reason, and without harm to others."""

import pytest
from msgspec.structs import replace

from dlbench.harness import wire
from dlbench.harness.supervisor.pool import MORE_TIME
from dlbench.harness.supervisor.run import Supervisor
from dlbench.harness.supervisor.state import MOST_HANGS
from dlbench.records.case import Group
from dlbench.records.measurement import Measurement, ParityCheck
from fakes.story import (
    CRASH,
    HANGS,
    NO_MEMORY,
    RAISES,
    WRONG_LOSS,
    Story,
    case,
    group,
    plan,
    stable,
)
from fakes.workers import BROKEN, CALLS_S, HELD, Dies

GIVEN_UP = f"skipped, because its worker was silent {MOST_HANGS} times; {MORE_TIME}"


def in_words(failed):
    """The reason in a record: of a silent worker, with what helps."""
    is_silent = failed.status == "timed_out"
    return f"{failed.reason}; {MORE_TIME}" if is_silent else failed.reason


def test_what_the_plan_skips_is_told_with_its_reason_and_not_started():
    skipping = Group(
        case(1, "any").workload, (case(1, "torch", skip="not installed"), case(1, "numpy"))
    )
    story = Story(plan(skipping))
    assert story.launched() == ["numpy"]
    assert story.outcomes() == {"matmul/1 on torch": "skipped", "matmul/1 on numpy": "ok"}
    assert story.of(1, "torch").reason == "not installed"


@pytest.mark.parametrize(
    "answer",
    [
        wire.Failed("skipped", "there is no such device"),
        wire.Failed("failed", "torch uses 8 threads instead of 2"),
        CRASH,
        HANGS,
    ],
    ids=["skipped", "failed", "crash", "hang"],
)
def test_a_refused_start_is_the_end_of_all_cases_of_that_target(answer):
    story = Story(
        plan(group(1, "torch", "numpy"), group(2, "torch", "numpy"), group(3, "torch")),
        stable(torch={"start": [answer]}),
    )
    failed = answer.failed if isinstance(answer, Dies) else answer
    assert story.launched() == ["torch", "numpy"]
    assert not story.told("torch", "prepare")
    for size in (1, 2, 3):
        assert story.of(size, "torch").reason in {failed.reason, in_words(failed), GIVEN_UP}
    assert story.of(1, "torch").status == failed.status
    assert [story.of(size, "numpy").status for size in (1, 2)] == ["ok", "ok"]


@pytest.mark.parametrize(
    "answer", [RAISES, NO_MEMORY, CRASH, HANGS], ids=lambda a: type(a).__name__
)
@pytest.mark.parametrize("order", ["prepare", "check", "warm_up", "turn"])
def test_a_case_that_goes_wrong_takes_no_other_with_it(order, answer):
    story = Story(
        plan(group(1, "torch", "numpy"), group(2, "torch", "numpy")),
        stable(torch={order: [answer]}),
    )
    failed = answer.failed if isinstance(answer, Dies) else answer
    assert story.outcomes() == {
        "matmul/1 on torch": failed.status,
        "matmul/1 on numpy": "ok",
        "matmul/2 on torch": "ok",
        "matmul/2 on numpy": "ok",
    }
    assert story.of(1, "torch").reason == in_words(failed)


@pytest.mark.parametrize("answer", [RAISES, CRASH], ids=["raises", "dies"])
def test_a_worker_is_launched_again_only_if_it_died(answer):
    story = Story(plan(group(1, "torch"), group(2, "torch")), stable(torch={"turn": [answer]}))
    assert story.launched() == ["torch"] * (2 if answer is CRASH else 1)


def test_blocks_taken_before_a_failure_are_kept():
    story = Story(plan(group(1, "torch"), blocks=3), stable(torch={"turn": [None, RAISES]}))
    measured = story.of(1, "torch")
    assert (measured.status, len(measured.samples)) == ("failed", 1)
    assert (measured.stop_reason, measured.calls_s) == (None, CALLS_S)


def test_a_worker_that_died_is_not_told_of_its_other_cases():
    """A row may hold two cases of one target; a plan that dlbench makes has none."""
    twins = Group(case(1, "any").workload, (case(1, "torch"), case(2, "torch")))
    story = Story(plan(twins), stable(torch={"prepare": [None, CRASH]}))
    assert story.outcomes() == {"matmul/1 on torch": "failed", "matmul/2 on torch": "failed"}
    assert story.of(2, "torch").reason == CRASH.failed.reason
    assert story.of(1, "torch").reason == "the worker process had ended before"


@pytest.mark.parametrize(
    ("parity", "reason"),
    [
        ([BROKEN], WRONG_LOSS),
        ([HELD, BROKEN, BROKEN], f"{WRONG_LOSS}; 1 other quantity wrong too"),
        (
            [ParityCheck("outputs", None, 1e-5)],
            "wrong result: no finite number in the outputs",
        ),
    ],
)
def test_a_case_that_fails_parity_is_recorded_and_never_timed(parity, reason):
    answer = wire.Verified(tuple(parity))
    story = Story(plan(group(1, "torch")), stable(torch={"check": [answer]}))
    measured = story.of(1, "torch")
    assert (measured.status, measured.reason) == ("parity_failed", reason)
    assert (measured.calls_s, measured.parity, measured.samples) == (CALLS_S, tuple(parity), ())
    assert not story.told("torch", "warm_up")
    assert not story.told("torch", "turn")


@pytest.mark.parametrize(
    ("order", "answer"),
    [
        ("check", wire.Verified((BROKEN,))),
        ("prepare", RAISES),
        ("warm_up", RAISES),
        ("turn", RAISES),
    ],
    ids=["parity", "prepare", "warm_up", "turn"],
)
def test_a_case_that_goes_wrong_frees_its_memory_for_the_next(order, answer):
    story = Story(plan(group(1, "torch", "numpy")), stable(torch={order: [answer]}))
    assert story.told("torch", "release") == ["torch: release matmul/1"]
    released = story.journal.index("torch: release matmul/1")
    assert "numpy: turn matmul/1" in story.journal[released:]


@pytest.mark.parametrize("order", ["prepare", "check", "warm_up", "turn"])
def test_a_worker_that_ran_out_of_memory_ends_at_once_and_the_next_row_has_a_new_one(order):
    rows = [group(size, "torch", "numpy") for size in (1, 2)]
    story = Story(plan(*rows), stable(torch={order: [NO_MEMORY]}))
    assert story.of(1, "torch").status == "out_of_memory"
    assert story.of(2, "torch").status == "ok"
    assert story.launched() == ["torch", "numpy", "torch"]
    ended = story.journal.index("torch: closed")
    assert "numpy: turn matmul/1" in story.journal[ended:], "its memory is free for the others"
    assert story.told("torch", "release") == []


def on_gpu(size, backend):
    own = case(size, backend)
    return replace(own, target=replace(own.target, device="cuda"))


@pytest.mark.parametrize("make", [on_gpu, case], ids=["gpu", "cpu"])
def test_after_an_error_on_a_gpu_the_next_row_has_a_new_worker(make):
    """There every later call of a process may fail with the same error."""
    rows = [Group(case(size, "any").workload, (make(size, "torch"),)) for size in (1, 2)]
    story = Story(plan(*rows), stable(torch={"warm_up": [RAISES]}))
    assert set(story.outcomes().values()) == {"failed", "ok"}
    assert story.launched() == (["torch", "torch"] if make is on_gpu else ["torch"])


def test_a_wrong_result_on_a_gpu_spoils_no_worker():
    rows = [Group(case(size, "any").workload, (on_gpu(size, "torch"),)) for size in (1, 2)]
    story = Story(plan(*rows), stable(torch={"check": [wire.Verified((BROKEN,))]}))
    assert story.launched() == ["torch"]


def test_a_worker_that_another_case_of_the_row_needs_goes_on():
    """A row may hold two cases of one target; a plan that dlbench makes has none."""
    twins = Group(case(1, "any").workload, (case(1, "torch"), case(2, "torch")))
    story = Story(plan(twins), stable(torch={"prepare": [NO_MEMORY]}))
    assert story.outcomes() == {"matmul/1 on torch": "out_of_memory", "matmul/2 on torch": "ok"}
    assert story.launched() == ["torch"]


@pytest.mark.parametrize(
    ("order", "answer", "named"),
    [
        ("start", wire.Warm(()), "Warm"),
        ("prepare", wire.Ready(), "Ready"),
        ("warm_up", wire.Prepared((), ()), "Prepared"),
        ("turn", wire.Warm(()), "Warm"),
    ],
)
def test_an_answer_out_of_turn_fails_the_case(order, answer, named):
    story = Story(plan(group(1, "torch")), stable(torch={order: [answer]}))
    measured = story.of(1, "torch")
    assert (measured.status, measured.reason) == (
        "failed",
        f"unexpected answer {named} from the worker process",
    )


def test_a_worker_that_dies_of_a_release_has_measured_all_the_same():
    story = Story(plan(group(1, "torch"), group(2, "torch")), stable(torch={"release": [CRASH]}))
    assert set(story.outcomes().values()) == {"ok"}
    assert story.launched() == ["torch", "torch"]


@pytest.mark.parametrize("order", ["prepare", "check", "warm_up", "turn"])
def test_a_target_that_hangs_twice_is_given_up_and_the_others_are_measured(order):
    rows = [group(size, "torch", "numpy") for size in (1, 2, 3, 4)]
    story = Story(plan(*rows), stable(torch={order: [HANGS] * 9}))
    assert [story.of(size, "torch").status for size in (1, 2)] == ["timed_out"] * MOST_HANGS
    assert [story.of(size, "torch").status for size in (3, 4)] == ["skipped"] * 2
    assert story.of(4, "torch").reason == GIVEN_UP
    assert {story.of(size, "numpy").status for size in (1, 2, 3, 4)} == {"ok"}


def test_what_was_measured_before_stays_so_when_its_target_is_given_up():
    rows = [group(size, "torch", "numpy") for size in (1, 2, 3)]
    answers = {"check": [None, HANGS, HANGS]}
    story = Story(plan(*rows, generations=2), stable(torch=answers))
    of_torch = [m for m in story.measurements if m.case == case(1, "torch").id]
    assert [m.status for m in of_torch] == ["ok"]
    of_numpy = [m for m in story.measurements if m.case == case(1, "numpy").id]
    assert [m.status for m in of_numpy] == ["ok", "ok"]


def test_a_machine_without_room_for_a_worker_fails_its_cases_alone():
    given = stable()

    def launch(target, slot=None, *, warm=False):
        if target.backend == "torch":
            raise OSError(28, "No space left on device", "/tmp")
        return given.launch(target, slot, warm=warm)

    events = list(Supervisor(plan(group(1, "torch", "numpy")), launch).measure())
    found = {one.case: one.status for one in events if isinstance(one, Measurement)}
    assert found == {case(1, "torch").id: "failed", case(1, "numpy").id: "ok"}
