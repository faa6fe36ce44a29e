"""Blocks at a low clock, on cards whose clocks are told."""

from msgspec.structs import replace

from dlbench.machine.gpu.pace import IDLE, SLOW, Pace, clock_of
from dlbench.records.case import Case, Target, Work, Workload
from dlbench.records.machine.telemetry import Telemetry
from dlbench.records.measurement import Sample


def case(name="eager", device="cuda"):
    workload = Workload("matmul", {"m": 8, "n": 8, "k": 8}, Work(1, 1))
    return Case(workload, Target("beta", device, name, "float32", 1), "dynamic")


def at(mhz, reasons=0, flags=()):
    return Sample(1, 1.0, 0.0, flags=flags, card=Telemetry(core_mhz=mhz, reasons=reasons))


def judged(pace, of, *samples):
    found = list(samples)
    pace.judge(of, found, len(found))
    return [SLOW in one.flags for one in found]


def test_a_block_below_95_percent_of_the_best_is_slow():
    assert judged(Pace(), case(), at(2000), at(1901), at(1899), at(1200)) == [
        False,
        False,
        True,
        True,
    ]


def test_the_best_is_that_of_the_run_so_far():
    pace = Pace()
    assert judged(pace, case(), at(1500)) == [False], "nothing better is known"
    assert judged(pace, case(), at(2000)) == [False]
    assert judged(pace, case(), at(1500)) == [True]


def test_only_the_last_samples_are_judged():
    pace, samples = Pace(), [at(1000), at(2000), at(1000)]
    pace.judge(case(), samples, 2)
    assert [SLOW in one.flags for one in samples] == [False, False, True]


def test_a_case_that_is_never_quick_is_slow_by_itself():
    pace = Pace()
    judged(pace, case("light"), at(2000))
    assert judged(pace, case("heavy"), at(1700), at(1690)) == [False, False]
    assert judged(pace, case("heavy"), at(1950)) == [False]
    assert judged(pace, case("heavy"), at(1700)) == [True], "it has been quick"


def test_cards_are_not_compared_with_each_other():
    pace = Pace()
    judged(pace, case(), at(2000))
    assert judged(pace, case(device="cuda:1"), at(1500), at(1500)) == [False, False]


def test_what_a_case_does_to_its_own_clock_is_not_slow():
    flags = [("capped",), ("hot",)]
    assert judged(Pace(), case(), at(2000), *(at(1500, flags=one) for one in flags)) == [
        False,
        False,
        False,
    ]


def test_the_clock_of_a_card_without_work_says_nothing():
    assert judged(Pace(), case(), at(2000), at(300, IDLE)) == [False, False]
    assert clock_of(at(300, IDLE)) is None


def test_samples_without_a_clock_stay_as_they_are():
    plain, silent = Sample(1, 1.0, 0.0), replace(at(None), flags=("busy",))
    found = [plain, silent]
    Pace().judge(case(device="cpu"), found, 2)
    assert found == [plain, silent]


def test_a_flag_is_given_once():
    pace, samples = Pace(), [at(2000), at(1000)]
    for _ in range(2):
        pace.judge(case(), samples, 2)
    assert samples[1].flags == (SLOW,)
