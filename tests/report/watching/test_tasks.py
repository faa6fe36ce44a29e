"""The tasks of a run add up to the estimate of its plan."""

import pytest
from msgspec.structs import replace

from dlbench.plan.estimate import estimate, forecast
from dlbench.report.watching.tasks import COMPILER, Backlog, Task, is_over, tasks_of
from fakes.runs import COMPILED, NUMPY, TORCH, case, matmul, plan_of

CASES = [case(matmul(size), target) for size in (8, 16) for target in (NUMPY, TORCH, COMPILED)]


def test_they_add_up_to_the_estimate() -> None:
    plan = plan_of([*CASES, case(matmul(32), skip="is not there")])
    first, second = plan.groups[:2]
    null = replace(first.cases[2], null=True)
    plan = replace(plan, groups=(replace(first, null=null), second, *plan.groups[2:]))
    tasks = dict(tasks_of(plan, forecast(plan), 0))
    assert sum(tasks.values()) == pytest.approx(estimate(plan).total_s)
    assert sum(task.phase == COMPILER for task in tasks) == 2, "the null has its own"


def backlog() -> Backlog:
    found = Backlog(lambda task: ((task.phase,),))
    for task, seconds in (("checking", 1.0), ("ending", 2.0), ("checking", 4.0)):
        found.put(Task(0, str(seconds), task, "a"), seconds)
    return found


def test_what_is_taken_or_dropped_is_no_longer_to_come() -> None:
    tasks = backlog()
    assert tasks.sums == {(("checking",),): 5.0, (("ending",),): 2.0}
    assert tasks.take(Task(0, "1.0", "checking", "a")) == 1.0
    assert tasks.take(Task(0, "1.0", "checking", "a")) == 0.0
    tasks.drop_row(0, "2.0")
    assert tasks.sums == {(("checking",),): 4.0, (("ending",),): 0.0}
    assert Task(0, "4.0", "checking", "a") in tasks
    assert Task(0, "2.0", "ending", "a") not in tasks


def several() -> Backlog:
    """Two rows of two cases, in two generations."""
    found = Backlog(lambda task: ((str(task.generation), task.row),))
    for generation in range(2):
        for row in ("1", "2"):
            for name in ("a", "b"):
                found.put(Task(generation, row, "checking", row + name), 1.0)
        found.put(Task(generation, "", COMPILER, "torch"), 8.0)
    return found


def left(tasks: Backlog) -> list[float]:
    return [tasks.sums.get((place,), 0.0) for place in (("0", "1"), ("0", "2"), ("1", "1"))]


def test_a_case_that_failed_is_dropped_in_every_generation_and_its_worker_with_the_last() -> None:
    tasks = several()
    tasks.drop_case("1", ["1a"])
    assert left(tasks) == [1.0, 2.0, 1.0]
    tasks.drop_case("1", ["1b", "torch"])
    assert left(tasks) == [0.0, 2.0, 0.0]
    assert tasks.sums[("0", ""),] == 0.0


def test_a_generation_is_over_when_the_next_begins() -> None:
    tasks = several()
    tasks.begin(Task(1, "1", "preparing", "1a"), "1")
    assert left(tasks) == [0.0, 0.0, 2.0]
    tasks.begin(Task(1, "1", "warming up", "1a"), "1")
    assert left(tasks) == [0.0, 0.0, 0.0]
    tasks.drop_generation(1)
    assert set(tasks.sums.values()) == {0.0}


@pytest.mark.parametrize(
    ("task", "over"),
    [
        (Task(0, "row", "preparing", "a"), True),
        (Task(0, "row", "checking", "b"), False),
        (Task(0, "row", "measuring"), False),
        (Task(0, "later", "preparing", "a"), False),
        (Task(0, "", "starting"), True),
        (Task(0, "", COMPILER, "torch"), False),
        (Task(1, "row", "preparing", "a"), False),
    ],
)
def test_a_task_is_over_when_a_later_phase_of_its_row_begins(task, over) -> None:
    assert is_over(task, Task(0, "row", "checking", "a"), "row") is over
    assert is_over(task, Task(2, "row", "preparing", "a"), "row")
