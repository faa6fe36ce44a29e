"""The lead-in of a turn, on steps whose time decays by a known law after each pause."""

from math import exp

import pytest
from msgspec import structs

from dlbench.records.plan import Sampling
from dlbench.stats.ramp import FINE_S, LONGEST_LEAD_S, NEAR_SHARE
from fakes.orders import PREPARE, START, SUSTAIN, TURN, WARM_UP

STEP_S = 1e-4
PAUSE_S = 0.25
LONGEST_S = 2.56
SOON = structs.replace(WARM_UP, sampling=Sampling(block_s=0.01, warmup_s=0.3))
LONG = structs.replace(SUSTAIN, longest_s=LONGEST_S)


class Decay:
    """A step takes STEP_S, and `extra` times as much more right after a pause."""

    def __init__(self, clock, constant_s, extra):
        self.clock, self.constant_s, self.extra = clock, constant_s, extra
        self.began_s = 0.0

    def pause(self):
        self.clock.advance(PAUSE_S)
        self.began_s = self.clock.seconds()

    def __call__(self):
        spent_s = self.clock.seconds() - self.began_s
        return STEP_S * (1 + self.extra * exp(-spent_s / self.constant_s))


@pytest.fixture
def decay(tell, backend):
    """A warm case on such a step, after a pause."""

    def warm(constant_s, extra=0.8):
        backend.takes_s = Decay(backend.clock, constant_s, extra)
        tell(START, PREPARE, SOON)
        backend.takes_s.pause()
        return backend.takes_s

    return warm


@pytest.mark.parametrize("constant_s", [0.001, 0.003, 0.01, 0.03, 0.1, 0.2])
def test_behind_the_learnt_lead_in_a_turn_takes_the_steady_time(tell, decay, constant_s):
    law = decay(constant_s)
    stretch = tell(LONG).stretch
    assert stretch.is_steady
    assert stretch.pause_s == pytest.approx(PAUSE_S)
    for _ in range(3):
        law.pause()
        turn = tell(structs.replace(TURN, lead_s=max(stretch.lead_s, FINE_S), blocks=4))
        steps_s = [sample.step_s for sample in turn.samples]
        assert max(steps_s) == pytest.approx(STEP_S, rel=0.01)


@pytest.mark.parametrize("constant_s", [0.01, 0.05, 0.2])
def test_the_record_holds_the_law(tell, decay, constant_s):
    law = decay(constant_s)
    stretch = tell(LONG).stretch
    for sample in stretch.samples:
        # the mean of the law over the block, whose steps are far shorter than the constant
        early, late = (
            exp(-(at_s - law.began_s) / constant_s)
            for at_s in (sample.started_s, sample.started_s + sample.host_s)
        )
        mean = (early - late) * constant_s / sample.host_s
        assert sample.step_s == pytest.approx(STEP_S * (1 + law.extra * mean), rel=0.01)
    rest = law.extra * exp(-stretch.lead_s / constant_s)
    assert NEAR_SHARE / 3 < rest < 3 * NEAR_SHARE
    flagged = [sample.flags == ("ramp",) for sample in stretch.samples]
    assert flagged == sorted(flagged, reverse=True)
    assert sum(s.host_s for s in stretch.samples if s.flags) == pytest.approx(stretch.lead_s)


def test_steps_without_a_ramp_have_no_lead_in_and_a_short_stretch(tell, decay):
    decay(0.01, extra=0.0)
    stretch = tell(LONG).stretch
    assert (stretch.lead_s, stretch.is_steady) == (0.0, True)
    assert sum(sample.host_s for sample in stretch.samples) == pytest.approx(0.16, abs=2 * FINE_S)


def test_a_ramp_that_does_not_end_is_no_steady_time(tell, decay):
    decay(1.0)
    stretch = tell(LONG).stretch
    assert not stretch.is_steady
    assert stretch.lead_s <= LONGEST_LEAD_S
    assert sum(sample.host_s for sample in stretch.samples) == pytest.approx(LONGEST_S, rel=0.01)


def test_a_step_longer_than_every_lead_in_has_none(tell, backend):
    backend.costs_s = [LONGEST_LEAD_S * 1.5]
    stretch = tell(START, PREPARE, WARM_UP, SUSTAIN).stretch
    assert (stretch.samples, stretch.lead_s, stretch.is_steady) == ((), 0.0, True)
    assert tell(TURN).lead_ins == ()


def test_the_blocks_of_a_lead_in_are_kept_and_say_so(tell, decay):
    decay(0.03)
    turn = tell(structs.replace(TURN, lead_s=0.2, blocks=2))
    assert {sample.flags for sample in turn.lead_ins} == {("ramp",)}
    assert 0.2 <= sum(sample.host_s for sample in turn.lead_ins) <= 0.3
    assert [sample.flags for sample in turn.samples] == [(), ()]
    ends = [sample.step_s for sample in turn.lead_ins]
    assert ends == sorted(ends, reverse=True)


def test_the_blocks_of_a_stretch_hardly_wait_for_the_device(tell, backend, decay):
    backend.device.wait = lambda: backend.clock.advance(50e-6)
    decay(0.01)
    stretch = tell(LONG).stretch
    shortest_s = min(sample.host_s for sample in stretch.samples if not sample.flags)
    assert shortest_s == pytest.approx(400 * 50e-6, rel=0.06)  # its steps count, not the wait
