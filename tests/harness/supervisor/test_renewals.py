"""Renewals: which workers are renewed, when, and what follows."""

import pytest

from dlbench.harness import wire
from dlbench.harness.supervisor.case import CaseRun
from dlbench.records.case import Group
from dlbench.records.measurement import ParityCheck, Sample
from fakes.story import (
    CRASH,
    RAISES,
    Story,
    case,
    group,
    lines,
    plan,
    short,
)
from fakes.workers import BROKEN, CALLS_S, HELD, Dies, Stable


def renewing(*groups, scripts=None, renewable=("torch",), **options):
    """Four rounds, in the middle of which a worker that can be renewed is."""
    known = {"blocks": 4, "renewals": 1, **options}
    return Story(plan(*groups, **known), Stable(scripts, renewable=renewable))


def renewals_of(measured):
    return [sample.renewal for sample in measured.samples]


def test_in_a_renewed_worker_the_case_is_prepared_again_and_measured_on():
    story = renewing(group(1, "torch"))
    assert story.journal == lines("""
        torch: start
        torch: prepare matmul/1
        torch: check matmul/1
        torch: warm_up matmul/1
        torch: sustain matmul/1
        torch: turn matmul/1
        torch: turn matmul/1
        torch: renew
        torch: prepare matmul/1
        torch: warm_up matmul/1
        torch: turn matmul/1
        torch: turn matmul/1
        torch: sustain matmul/1
        matmul/1 on torch is ok
        torch: closed
    """)
    assert renewals_of(story.of(1, "torch")) == [0, 0, 1, 1]
    assert [sample.round for sample in story.of(1, "torch").samples] == [0, 1, 2, 3]


def test_who_cannot_be_renewed_goes_on_as_it_is():
    story = renewing(group(1, "numpy", "torch"))
    assert len(story.told("numpy", "prepare")) == 1
    assert story.told("numpy", "renew") == []
    assert renewals_of(story.of(1, "numpy")) == [0] * 4
    assert renewals_of(story.of(1, "torch")) == [0, 0, 1, 1]


def test_what_a_case_was_like_at_first_stays_in_the_record():
    other = wire.Prepared((9.0,))
    story = renewing(group(1, "torch"), scripts={"torch": {"prepare": [None, other]}})
    measured = story.of(1, "torch")
    assert (measured.calls_s, measured.parity) == (CALLS_S, (HELD,))


def together(answers):
    """Two cases in one worker, whose copy checks them again."""
    twins = Group(case(1, "any").workload, (case(1, "torch"), case(2, "torch")))
    script = {"torch": {"check": answers}}
    made = plan(twins, blocks=4, renewals=1)
    return Story(made, Stable(script, renewable=("torch",)), slot=lambda case: 0)


def test_what_a_copy_is_found_to_compute_is_not_recorded_unless_it_is_wrong():
    other, held = ParityCheck("product", error=0.0, tolerance=0.5), (HELD,)
    again, broken = wire.Verified((other,)), wire.Verified((BROKEN,))
    story = together([None, None, again, broken])
    measured = {m.parity: (m.status, len(m.samples)) for m in story.measurements}
    assert measured == {held: ("ok", 4), (BROKEN,): ("parity_failed", 2)}


def test_every_warm_up_is_kept():
    measured = renewing(group(1, "torch")).of(1, "torch")
    assert [sample.renewal for sample in measured.warmup] == [0, 1]


def test_a_renewed_worker_is_told_how_long_a_block_was():
    made = plan(group(1, "torch"))
    asked = []
    one = CaseRun(made.groups[0].cases[0], made, lambda order: asked.append(order) or wire.Warm(()))
    for one.renewal in (0, 1):
        one.warm_up()
        # one that was too short at first, and one that ended early
        one.samples += [Sample(n, host_s=1.0, started_s=0.0) for n in (3, 40, 40, 5)]
    assert asked == [
        wire.WarmUp(one.case.id, made.sampling),
        wire.WarmUp(one.case.id, made.sampling, iterations=40),
    ]


def test_beside_a_case_that_cannot_be_renewed_the_null_and_its_twin_are_not_either():
    """Their luck would average out, and what the null shows of luck is believed of all."""
    story = renewing(group(1, "numpy", "torch", "jax", null="torch"), renewable=("numpy", "torch"))
    renewed = {
        short(m.case): max(renewals_of(m)) for m in story.measurements if "null" not in m.case
    }
    assert renewed == {"matmul/1 on numpy": 1, "matmul/1 on torch": 0, "matmul/1 on jax": 0}
    assert len(story.told("torch", "renew")) == 0


def test_where_all_can_be_renewed_so_is_the_null():
    story = renewing(group(1, "numpy", "torch", null="torch"), renewable=("numpy", "torch"))
    assert {tuple(renewals_of(m)) for m in story.measurements} == {(0, 0, 1, 1)}
    assert len(story.measurements) == 3


@pytest.mark.parametrize(("prepare_s", "renewals"), [(10.0, [0, 0, 0, 0]), (3.0, [0, 0, 1, 1])])
def test_a_row_that_gets_ready_for_longer_than_it_is_measured_is_not_renewed(prepare_s, renewals):
    slow = Stable(renewable=("torch",), takes_s={"prepare": prepare_s})
    story = Story(plan(group(1, "torch"), blocks=4, renewals=1), slow)
    assert renewals_of(story.of(1, "torch")) == renewals


def test_where_nobody_is_left_nothing_is_renewed():
    story = renewing(
        group(1, "numpy", "torch"), scripts={"torch": {"turn": [None, CRASH]}}, renewals=3
    )
    assert story.told("torch", "renew") == ["torch: renew"]
    assert len(story.of(1, "numpy").samples) == 4


def test_disturbed_rounds_do_not_count():
    busy = wire.Timed((Sample(iterations=1, host_s=1.0, started_s=0.0, flags=("busy",)),))
    story = renewing(group(1, "torch"), scripts={"torch": {"turn": [busy, busy, None]}})
    assert renewals_of(story.of(1, "torch")) == [0, 0, 0, 0, 1, 1]


def test_a_worker_of_several_cases_is_renewed_once():
    twins = Group(case(1, "any").workload, (case(1, "torch"), case(2, "torch")))
    story = renewing(twins)
    assert len(story.told("torch", "renew")) == 1
    assert [renewals_of(m) for m in story.measurements] == [[0, 0, 1, 1]] * 2


def test_who_gets_ready_first_changes_from_renewal_to_renewal_and_between_generations():
    """Who comes first gets other memory: as many are prepared in one order as in the other."""
    story = renewing(
        group(1, "numpy", "torch"), renewable=("numpy", "torch"), renewals=3, generations=2
    )
    prepared = [entry.partition(":")[0] for entry in story.journal if ": prepare" in entry]
    # + - - + in the first generation, - - + + in the second
    assert "".join(name[0] for name in prepared[::2]) == "nttn" + "ttnn"


def test_in_renewed_workers_too_all_are_prepared_before_any_is_warmed_up():
    story = renewing(group(1, "numpy", "torch"), renewable=("numpy", "torch"), renewals=1)
    again = story.journal[story.journal.index("torch: renew") + 1 :]
    steps = [entry.split()[1] for entry in again[:4]]
    assert steps == ["prepare", "prepare", "warm_up", "warm_up"]


@pytest.mark.parametrize(
    ("slot", "steps"),
    [
        (lambda case: case.id, ["prepare", "prepare", "warm_up", "warm_up"]),
        (lambda case: 0, ["prepare", "prepare", "check", "check", "warm_up", "warm_up"]),
    ],
    ids=["apart", "together"],
)
def test_in_renewed_workers_only_cases_that_share_one_are_checked_again(slot, steps):
    workload = case(1, "any").workload
    twins = Group(workload, (case(1, "torch"), case(2, "torch")))
    answers = Stable(renewable=("torch",))
    story = Story(plan(twins, blocks=4, renewals=1), answers, slot=slot)
    renewed = max(n for n, entry in enumerate(story.journal) if entry == "torch: renew")
    assert [entry.split()[1] for entry in story.journal[renewed + 1 :]][: len(steps)] == steps


def test_a_worker_is_renewed_in_every_row():
    story = renewing(group(1, "torch"), group(2, "torch"))
    assert len(story.told("torch", "renew")) == 2
    assert story.launched() == ["torch"]


@pytest.mark.parametrize("order", ["renew", "prepare", "warm_up"])
@pytest.mark.parametrize("answer", [RAISES, CRASH], ids=["raises", "dies"])
def test_a_renewal_that_goes_wrong_ends_its_case_alone_and_loses_nothing(order, answer):
    answers = [answer] if order == "renew" else [None, answer]
    story = renewing(group(1, "numpy", "torch"), scripts={"torch": {order: answers}})
    measured = story.of(1, "torch")
    failed = answer.failed if isinstance(answer, Dies) else answer
    assert (measured.status, measured.reason) == (failed.status, failed.reason)
    assert len(measured.samples) == 2
    assert story.of(1, "numpy").status == "ok"
    assert len(story.of(1, "numpy").samples) == 4


def test_a_worker_that_was_not_renewed_is_started_anew_for_the_next_row():
    story = renewing(group(1, "torch"), group(2, "torch"), scripts={"torch": {"renew": [RAISES]}})
    assert story.launched() == ["torch", "torch"]
    assert story.outcomes() == {"matmul/1 on torch": "failed", "matmul/2 on torch": "ok"}


def test_a_renewal_that_is_answered_out_of_turn_fails_the_case():
    story = renewing(group(1, "torch"), scripts={"torch": {"renew": [wire.Warm(())]}})
    assert story.of(1, "torch").reason == "unexpected answer Warm from the worker process"
