"""The noise of a machine, from measurements of known truth."""

from math import exp
from random import Random

import pytest
from msgspec.structs import replace

from dlbench.api import noise
from dlbench.plan.targets import read_declarations
from dlbench.records.measurement import Measurement, Sample
from dlbench.stats.luck import USUAL
from fakes.machine import machine

STEP_S = 1e-3
ROUNDS = 16


@pytest.fixture(scope="module")
def planned():
    declared = read_declarations()
    return noise.plan(machine(declarations=declared, installed=frozenset({"numpy"}), cores=2))


def measured(planned, *, spread=0.001, shift=0.0, flags=(), generations=noise.GENERATIONS):
    """Both processes in every generation: samples that scatter, the second slower by a shift."""
    chance = Random(7)
    for generation in range(generations):
        for group in planned.groups:
            for case in group.live_in(generation):
                level = STEP_S * exp(shift if case.null else 0.0)
                samples = tuple(
                    Sample(
                        iterations=10,
                        host_s=10 * level * exp(chance.gauss(0.0, spread)),
                        started_s=float(number),
                        round=number,
                        generation=generation,
                        flags=flags,
                        foreign_s=0.02 if flags else 0.0,
                    )
                    for number in range(ROUNDS)
                )
                yield Measurement(case.id, "ok", generation=generation, samples=samples)


def evaluated(planned, **options):
    return noise.evaluate(planned, list(measured(planned, **options)), 10.0, USUAL)


def test_one_case_is_measured_twice_within_the_time(planned):
    [group] = planned.groups
    assert len(group.cases) == 1
    for generation in range(noise.GENERATIONS):
        assert len(group.live_in(generation)) == 2
    assert planned.sampling.budget_s == noise.SECONDS
    assert planned.sampling.generations == noise.GENERATIONS


def test_a_quiet_machine_shows_small_differences(planned):
    found = evaluated(planned)
    assert found.rounds == noise.GENERATIONS * ROUNDS
    assert found.disturbed == 0
    assert not found.differs
    assert found.margin < found.visible < 0.1


def test_the_noisier_the_larger_the_difference_must_be(planned):
    seen = [evaluated(planned, spread=spread).visible for spread in (0.001, 0.1, 0.4)]
    assert seen == sorted(seen)
    assert seen[-1] > 2 * seen[0]


def test_two_processes_that_differ_are_noticed(planned):
    found = evaluated(planned, shift=0.4)
    assert found.differs
    assert not evaluated(planned, shift=0.01).differs


def test_where_others_are_always_at_work_nothing_is_visible(planned):
    found = evaluated(planned, flags=("busy",))
    assert found.visible is None
    assert found.disturbed == found.rounds


def test_where_a_quota_stops_them_that_is_counted(planned):
    found = evaluated(planned, flags=("throttled",))
    assert found.visible is None
    assert (found.disturbed, found.stopped) == (0, found.rounds)


def test_too_little_memory_is_a_reason():
    declared = read_declarations()
    small = machine(declarations=declared, installed=frozenset({"numpy"}), memory_bytes=1)
    assert "needs about" in noise.measure(small, None)


def test_a_failure_is_the_reason(planned):
    [group] = planned.groups
    failed = Measurement(group.cases[0].id, "failed", "the disk is full")
    assert noise.evaluate(planned, [failed], 1.0, USUAL) == "the disk is full"


def test_no_time_is_a_reason(planned):
    assert noise.evaluate(planned, [], 1.0, USUAL) == "there was no time for it within 10 s"


def test_the_second_process_alone_shows_nothing(planned):
    alone = [one for one in measured(planned) if "null" in one.case]
    assert isinstance(noise.evaluate(planned, alone, 1.0, USUAL), str)
    assert replace(planned.sampling, budget_s=None).stretch_s == noise.STRETCH_S
