"""Rows that differ in one axis become one row, so that its values are measured in turns."""

import pytest

from dlbench.errors import UsageError
from dlbench.plan.together import joined
from dlbench.records.case import Group
from fakes.runs import NUMPY, TORCH, case, forward, matmul


def group(workload) -> Group:
    return Group(workload, tuple(case(workload, target) for target in (NUMPY, TORCH)))


PLAN = [group(one) for one in (forward("iris", 1), forward("iris", 32), forward("abalone", 32))]


@pytest.mark.parametrize(
    ("axis", "sizes"), [("", [2, 2, 2]), ("batch", [4, 2]), ("network", [2, 4])]
)
def test_rows_that_differ_in_the_axis_alone_are_joined(axis: str, sizes: list[int]) -> None:
    assert [len(one.cases) for one in joined(PLAN, axis)] == sizes


def test_a_joined_row_keeps_all_cases_and_their_workloads() -> None:
    first, _ = joined(PLAN, "batch")
    assert first.cases == (*PLAN[0].cases, *PLAN[1].cases)
    assert first.workload == PLAN[0].workload


def test_sizes_are_one_axis() -> None:
    (one,) = joined([group(matmul(8)), group(matmul(16))], "size")
    assert len(one.cases) == 4


@pytest.mark.parametrize("axis", ["size", "loop", "nothing"])
def test_what_is_no_axis_of_the_plan_is_answered_with_the_axes(axis: str) -> None:
    with pytest.raises(UsageError, match=f"unknown axis of --together: '{axis}'") as error:
        joined(PLAN, axis)
    assert "Allowed: network, batch" in str(error.value)


def test_an_axis_that_joins_nothing_is_answered_with_those_that_do() -> None:
    with pytest.raises(UsageError, match="--together alone: 'network'") as error:
        joined(PLAN[:2], "network")
    assert "Allowed: batch" in str(error.value)
