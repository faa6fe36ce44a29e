"""The share of a step that the smallest step takes too."""

import pytest
from msgspec.structs import replace

from dlbench.analysis.overhead import with_overhead
from dlbench.records.case import Work, Workload
from fakes import runs
from fakes.runs import COMPILED, TORCH, case, forward

FLOOR = Workload("floor", {"pass": "forward"}, Work(2, 3, 1))


def shares(*outcomes):
    return {row.case: row.efficiency.overhead for row in with_overhead(runs.rows(*outcomes))}


def test_the_floor_of_the_same_pass_and_target_is_a_share_of_the_step():
    step, floor = case(forward(), TORCH), case(FLOOR, TORCH)
    assert shares((floor, 0.002), (step, 0.008))[step.id] == pytest.approx(0.25)


@pytest.mark.parametrize(
    "floor",
    [
        case(FLOOR, COMPILED),
        case(replace(FLOOR, params={"pass": "backward"}), TORCH),
        case(FLOOR, replace(TORCH, threads=7)),
    ],
    ids=["mode", "pass", "threads"],
)
def test_the_floor_of_another_target_or_pass_says_nothing(floor):
    step = case(forward(), TORCH)
    assert shares((floor, 0.002), (step, 0.008))[step.id] is None


def test_a_step_is_no_less_than_its_floor():
    step, floor = case(forward(), TORCH), case(FLOOR, TORCH)
    assert shares((floor, 0.009), (step, 0.008))[step.id] == 1


def test_the_floor_itself_and_what_was_not_measured_have_no_share():
    step, floor = case(forward(), TORCH), case(FLOOR, TORCH)
    assert shares((floor, 0.009), (step, "no such device")) == {floor.id: None, step.id: None}
