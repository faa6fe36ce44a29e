"""The cases of a plan, in order."""

from fakes.runs import TORCH, case, forward, matmul, run_of


def test_a_plan_lists_its_cases_in_the_order_of_its_groups() -> None:
    cases = [case(matmul(8)), case(matmul(8), TORCH), case(forward())]
    assert run_of(cases).plan.cases == tuple(cases)
