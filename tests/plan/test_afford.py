"""What a time limit leaves out: expensive targets in all rows, before any loses its cheap ones."""

from dlbench.plan.afford import PREPARING_SHARE, within_limit
from dlbench.plan.request import Request
from dlbench.records.case import Group, Target
from dlbench.records.costs import NO_COSTS, Costs
from dlbench.records.plan import Sampling
from fakes.runs import COMPILED, NUMPY, TORCH, case, matmul, plan_of

SIZES = (8, 16, 32)


def costs(**starting_s: float) -> Costs:
    """A machine on which targets take so long to start, and nothing else takes long."""
    targets = {"numpy": NUMPY, "torch": TORCH, "compiled": COMPILED}
    ready = {f"matmul/{target.id}": (0.1,) for target in targets.values()}
    starting = {targets[name].id: (seconds,) for name, seconds in starting_s.items()}
    return Costs(1, starting, {COMPILED.id: (0.0,)}, ready)


def rows(*targets: Target) -> tuple[Group, ...]:
    return plan_of(case(matmul(size), target) for size in SIZES for target in targets).groups


def kept(budget_s: float | None, known: Costs, *targets: Target) -> list[set[Target]]:
    made = within_limit(rows(*targets), Sampling(budget_s=budget_s), known, Request(suite="told"))
    return [{one.target for one in group.cases if one.skip is None} for group in made]


ALL = {NUMPY, TORCH, COMPILED}


def test_without_a_limit_nothing_is_left_out() -> None:
    assert kept(None, costs(compiled=1e4), *ALL) == [ALL] * 3


def test_where_all_fit_nothing_is_left_out() -> None:
    need = sum((1.0, 2.0, 20.0)) + 0.1 * 3 * 3
    known = costs(numpy=1.0, torch=2.0, compiled=20.0)
    assert kept(1.01 * need / PREPARING_SHARE, known, *ALL) == [ALL] * 3


def test_a_target_whose_start_takes_more_than_its_share_is_left_out_of_all_rows() -> None:
    known = costs(numpy=1.0, torch=2.0, compiled=20.0)
    assert kept(0.9 * 20 / PREPARING_SHARE, known, *ALL) == [{NUMPY, TORCH}] * 3


def test_of_cheap_ones_as_many_stay_as_fit() -> None:
    known = costs(numpy=1.0, torch=2.0, compiled=3.0)
    assert kept(15.0, known, *ALL) == [{NUMPY, TORCH}] * 3
    assert kept(9.0, known, *ALL) == [{NUMPY}] * 3


def test_the_cheapest_stays_however_short_the_limit_is() -> None:
    assert kept(0.1, costs(numpy=1.0, torch=2.0, compiled=3.0), *ALL) == [{NUMPY}] * 3


def test_the_reason_names_the_limit_and_the_command_that_asks_for_it() -> None:
    known = costs(numpy=1.0, torch=2.0, compiled=70.0)
    made = within_limit(rows(*ALL), Sampling(budget_s=60.0), known, Request(suite="told"))
    [reason] = {one.skip for group in made for one in group.cases if one.target == COMPILED}
    assert reason == (
        "left out to keep the time limit of 60 s: to start and prepare it takes about 70 s; "
        "to measure it: dlbench run told --backend torch --device cpu --mode compile"
    )


def test_without_a_book_the_constants_decide() -> None:
    assert kept(1e4, NO_COSTS, *ALL) == [ALL] * 3
    assert kept(15.0, NO_COSTS, *ALL) == [{NUMPY, TORCH}] * 3
