"""Lead-ins of turns: learnt from a stretch, as long as they must be, and kept in the record."""

import pytest

from dlbench.harness import wire
from dlbench.harness.supervisor.lead_in import MOST_DOUBLINGS
from dlbench.records.measurement import Sample, Stretch
from dlbench.stats.ramp import LEAST_LEAD_S, LONGEST_LEAD_S
from fakes.story import CRASH, Story, group, plan
from fakes.workers import Stable

FAST_S, SLOW_S = 1.0, 1.1


def block(step_s, *flags):
    return Sample(iterations=10, host_s=10 * step_s, started_s=0.0, flags=flags)


def stretch(lead_s, step_s=FAST_S):
    """A stretch whose first block is a ramp."""
    samples = (block(2 * step_s, "ramp"), *[block(step_s)] * 8)
    return wire.Sustained(Stretch(0.5, lead_s, is_steady=True, samples=samples))


class Ramping(Stable):
    """Workers whose blocks take FAST_S a step behind a lead-in of `enough_s`, else SLOW_S."""

    def __init__(self, scripts, enough_s=0.0):
        super().__init__(scripts)
        self.enough_s = enough_s
        self.turns = []

    def well(self, order):
        if not isinstance(order, wire.Turn):
            return super().well(order)
        self.turns.append((order.lead_s, order.blocks))
        step_s = FAST_S if order.lead_s >= self.enough_s else SLOW_S
        return wire.Timed((block(step_s),) * order.blocks, (block(2 * step_s, "ramp"),))


def measured(lead_s=0.04, enough_s=0.0, **sampling):
    stable = Ramping({"numpy": {"sustain": [stretch(lead_s)] * 9}}, enough_s)
    known = {"blocks": 24, "block_s": 0.02, "precision": 1e-9, **sampling}
    return Story(plan(group(1, "numpy"), **known), stable)


def test_every_turn_has_the_lead_in_that_the_stretch_tells():
    story = measured(lead_s=0.04)
    assert {lead_s for lead_s, _ in story.stable.turns} == {0.04}
    assert story.of(1, "numpy").lead_s == 0.04


def test_a_case_without_a_ramp_has_the_shortest_one():
    assert {lead_s for lead_s, _ in measured(lead_s=0.0).stable.turns} == {LEAST_LEAD_S}


@pytest.mark.parametrize(
    ("lead_s", "blocks"), [(0.0, 1), (0.02, 1), (0.021, 2), (0.06, 3), (1.0, 4)]
)
def test_a_turn_has_as_many_blocks_as_pay_for_its_lead_in(lead_s, blocks):
    """A block takes 0.02 s; of 24 blocks, four make six turns."""
    assert {blocks for _, blocks in measured(lead_s=lead_s).stable.turns} == {blocks}


def test_steps_longer_than_a_block_leave_time_for_six_turns():
    assert {blocks for _, blocks in measured(lead_s=1.0, case_s=1.3).stable.turns} == {2}
    assert {blocks for _, blocks in measured(lead_s=1.0, case_s=1.0).stable.turns} == {1}


def test_a_failure_after_the_last_turn_loses_nothing():
    stable = Ramping({"numpy": {"sustain": [stretch(0.04), CRASH]}})
    found = Story(plan(group(1, "numpy"), blocks=24, block_s=0.02), stable).of(1, "numpy")
    assert (found.status, len(found.samples), len(found.stretches)) == ("ok", 12, 1)


def test_an_interrupt_after_a_doubling_keeps_the_blocks_so_far():
    turns = [wire.Timed((block(SLOW_S),) * 2)] * 3
    script = {"sustain": [stretch(0.04)] * 2, "turn": [*turns, KeyboardInterrupt()]}
    known = {"blocks": 24, "block_s": 0.02, "precision": 1e-9}
    story = Story(plan(group(1, "numpy"), **known), Stable({"numpy": script}), KeyboardInterrupt)
    found = story.of(1, "numpy")
    assert (found.samples, len(found.lead_ins), found.stop_reason) == ((), 6, "interrupted")


def test_all_cases_of_a_row_have_turns_of_as_many_blocks():
    scripts = {"numpy": {"sustain": [stretch(0.04)]}, "torch": {"sustain": [stretch(0.08)]}}
    story = Story(plan(group(1, "numpy", "torch"), blocks=24, block_s=0.02), Ramping(scripts))
    assert {blocks for _, blocks in story.stable.turns} == {3}  # 0.06 s on average
    assert {lead_s for lead_s, _ in story.stable.turns} == {0.04, 0.08}


def test_each_block_of_a_turn_has_a_round_of_its_own():
    found = measured(lead_s=0.04).of(1, "numpy")
    assert [sample.round for sample in found.samples] == list(range(12))
    assert [sample.round for sample in found.lead_ins] == list(range(0, 12, 2))


def test_the_record_keeps_the_stretches_before_and_after():
    found = measured().of(1, "numpy")
    assert [len(one.samples) for one in found.stretches] == [9, 9]  # 8 steady ones
    assert found.stretches[0].samples[0].flags == ("ramp",)
    assert {sample.flags for sample in found.lead_ins} == {("ramp",)}


def test_a_lead_in_that_is_too_short_grows_and_what_it_spoilt_does_not_count():
    story = measured(lead_s=0.04, enough_s=0.08)
    found = story.of(1, "numpy")
    assert found.lead_s == 0.08
    assert {sample.step_s for sample in found.samples} == {FAST_S}
    spoilt = [sample for sample in found.lead_ins if sample.step_s == SLOW_S]
    assert spoilt
    assert all("ramp" in sample.flags for sample in spoilt)
    assert len(found.samples) == 12


def test_what_a_longer_lead_in_does_not_help_is_measured_all_the_same():
    found = measured(lead_s=0.04, enough_s=1e9).of(1, "numpy")
    assert found.lead_s == 0.04 * 2**MOST_DOUBLINGS
    assert {sample.step_s for sample in found.samples} == {SLOW_S}
    assert found.status == "ok"


def test_what_the_machine_slowed_down_meanwhile_is_no_matter_of_the_lead_in():
    """Turns are slower than the stretch before, and a fresh stretch is as slow as they are."""
    answers = [stretch(0.04), stretch(0.04, SLOW_S), stretch(0.04, SLOW_S)]
    stable = Ramping({"numpy": {"sustain": answers}}, enough_s=1e9)
    plan_of_one = plan(group(1, "numpy"), blocks=24, block_s=0.02, precision=1e-9)
    found = Story(plan_of_one, stable).of(1, "numpy")
    assert found.lead_s == 0.04
    assert len(found.stretches) == 3


def test_no_lead_in_grows_beyond_the_longest():
    assert measured(lead_s=1.0, enough_s=1e9).of(1, "numpy").lead_s == LONGEST_LEAD_S


def test_a_step_too_long_for_a_stretch_has_no_lead_in():
    empty = wire.Sustained(Stretch(0.5, 0.0, is_steady=True, samples=()))
    stable = Ramping({"numpy": {"sustain": [empty, empty]}}, enough_s=1.0)
    Story(plan(group(1, "numpy"), blocks=2), stable)
    assert stable.turns == [(0.0, 1)] * 2


def test_a_case_that_fails_in_its_stretch_is_not_measured():
    story = Story(plan(group(1, "numpy", "torch")), Stable({"numpy": {"sustain": [CRASH]}}))
    assert story.outcomes() == {"matmul/1 on numpy": "failed", "matmul/1 on torch": "ok"}
    assert story.of(1, "numpy").samples == ()


def test_parked_workers_are_charged_to_each_block_by_its_time():
    scripts = {"numpy": {"sustain": [stretch(0.04)]}, "torch": {"sustain": [stretch(0.04)]}}
    stable = Ramping(scripts)
    stable.leak_s = 0.4
    story = Story(plan(group(1, "numpy", "torch"), blocks=24, block_s=0.02), stable)
    found = story.of(1, "numpy")
    turn = [found.lead_ins[0], *found.samples[:2]]
    assert sum(sample.parked_s for sample in turn) == pytest.approx(0.4)
    assert turn[0].parked_s == pytest.approx(2 * turn[1].parked_s)
