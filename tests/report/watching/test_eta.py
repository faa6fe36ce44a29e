"""The time left: how near it is to the truth, on runs whose every phase takes a known time."""

from random import Random

import pytest
from msgspec.structs import replace

from dlbench.plan.estimate import forecast
from dlbench.records.case import Case, Group
from dlbench.records.measurement import Progress
from dlbench.records.plan import Plan
from dlbench.report.watching.countdown import STILL_S, Countdown
from dlbench.report.watching.eta import ByCount, Forecasted
from fakes.paced import Moment, moments
from fakes.story import RAISES, case, group, plan

# Never more than this factor off after the first row; the last seconds are not counted.
FACTOR = 1.5
# What the same phase of the same worker differs from row to row.
SCATTER = 0.15


def compiled(of: Case) -> Case:
    """The case in a static mode."""
    target = replace(of.target, mode="compile")
    return replace(of, target=target, mode_kind="static")


def rows(count: int) -> list[Group]:
    """Rows of an eager, a compiled and another compiled case, and a null."""
    return [
        replace(
            one,
            cases=(*one.cases, *(compiled(each) for each in one.cases[:2])),
        )
        for one in (group(size, "torch", "jax", "numpy", null="torch") for size in range(count))
    ]


class Pace:
    """Every phase takes what the plan expects, times a factor that the plan does not know.

    The factor is that of the phase and the target, with a little scatter from row to row.
    """

    def __init__(self, made: Plan, seed: int, span: float) -> None:
        self.plan, self.random, self.span = made, Random(seed), span
        self.expected = forecast(made)
        self.factors: dict[tuple[str, str], float] = {}

    def __call__(self, tag: str, of: str, target) -> float:
        key = tag, target.id
        if key not in self.factors:
            self.factors[key] = self.span ** self.random.uniform(-1, 1)
        scatter = self.random.uniform(1 - SCATTER, 1 + SCATTER)
        return self.seconds(tag, of, target) * self.factors[key] * scatter

    def seconds(self, tag: str, of: str, target) -> float:
        blocks = self.plan.sampling.blocks
        known = {
            "start": lambda: self.expected.starting_s / 6,
            "compiler": lambda: self.expected.compiler_s[target.id],
            "prepare": lambda: self.expected.preparing_s[of] * 0.7,
            "check": lambda: self.expected.preparing_s[of] * 0.1,
            "warm_up": lambda: self.expected.preparing_s[of] * 0.2,
            "sustain": lambda: self.expected.measuring_s[of] * 0.1,
            "turn": lambda: self.expected.measuring_s[of] * 0.8 / blocks,
        }
        return known.get(tag, lambda: 0.0)()


def shown(made: Plan, run: list[Moment]) -> list[tuple[float, float, bool]]:
    """At every event: seconds that are left, those that are shown, and if the first row is done."""
    end = run[-1].now
    eta = Forecasted(made, run[0].event, run[0].now)
    countdown, found, first = Countdown(), [], None
    for moment in run[1:-1]:
        eta.see(moment.event, moment.now)
        left = eta.left(moment.now)
        countdown.text(left, moment.now)
        if isinstance(moment.event, Progress):
            place = moment.event.row, moment.event.generation
            first = first or place
            found.append((end - moment.now, countdown.shown, place != first))
    return found


def off(made: Plan, run: list[Moment]) -> list[tuple[float, float]]:
    """After the first row, the seconds that are left and are shown, where these are not near."""
    after = [(truth, told) for truth, told, is_after in shown(made, run) if is_after]
    assert len(after) > 10
    return [
        (truth, told)
        for truth, told in after
        if not truth / FACTOR - STILL_S <= told <= truth * FACTOR + STILL_S
    ]


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("span", [1.0, 3.0, 8.0])
@pytest.mark.parametrize(("count", "generations"), [(2, 1), (4, 1), (3, 3)])
def test_after_the_first_row_it_is_never_more_than_half_off(count, generations, seed, span) -> None:
    made = plan(*rows(count), generations=generations, blocks=12, case_s=10.0)
    assert off(made, list(moments(made, Pace(made, seed, span)))) == []


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("tag", ["prepare", "check", "turn"])
def test_nor_where_a_case_fails(tag, seed) -> None:
    made = plan(*rows(4), generations=2, blocks=12, case_s=10.0)
    failing = {"jax": {tag: [RAISES]}}
    assert off(made, list(moments(made, Pace(made, seed, 3.0), failing))) == []


@pytest.mark.parametrize("seed", range(8))
def test_nor_where_rows_need_half_of_the_rounds(seed) -> None:
    made = plan(*rows(4), blocks=24, case_s=10.0, precision=0.9)
    run = list(moments(made, Pace(made, seed, 3.0)))
    turns = sum(getattr(moment.event, "phase", None) == "measuring" for moment in run)
    assert turns < 4 * 6 * 24 / 2, "it stopped early"
    assert off(made, run) == []


def test_it_is_never_more_than_the_budget_leaves() -> None:
    made = plan(*rows(4), generations=3, blocks=12, case_s=10.0, budget_s=60.0)
    run = list(moments(made, Pace(made, 0, 1.0)))
    eta = Forecasted(made, run[0].event, run[0].now)
    for moment in run[1:-1]:
        eta.see(moment.event, moment.now)
        left = eta.left(moment.now)
        if left is not None:
            assert left.seconds <= max(0.0, 60.0 - moment.now)


def test_what_is_late_is_told_as_a_least_time_and_later_ones_are_expected_to_take_as_long() -> None:
    made = plan(group(1, "torch"), group(2, "torch"))
    eta = Forecasted(made, forecast(made), 0.0)
    case_id = case(1, "torch").id
    eta.see(Progress("", 0, 2, phase="preparing", row="matmul/1", case=case_id), 0.0)
    soon, late, later = (eta.left(now) for now in (0.1, 60.0, 120.0))
    assert (soon.is_least, late.is_least, later.is_least) == (False, True, True)
    assert late.seconds > 60.0, "the same phase of the second row"
    assert later.seconds == pytest.approx(late.seconds + 60.0, rel=0.1)


def test_a_part_that_took_longer_than_expected_lasts_as_long_later() -> None:
    made = plan(group(1, "torch"), group(2, "torch"))
    eta = Forecasted(made, forecast(made), 0.0)
    for number, now in ((1, 0.0), (2, 60.0)):
        place = {"row": f"matmul/{number}", "case": case(number, "torch").id}
        eta.see(Progress("", 0, 2, phase="preparing", **place), now)
    assert eta.left(61.0).seconds > 55.0


def test_restarts_of_workers_belong_to_the_rounds() -> None:
    made = plan(group(1, "torch"), blocks=4)
    eta = Forecasted(made, forecast(made), 0.0)
    turn = Progress("", 0, 1, phase="measuring", row="matmul/1", round=1, rounds=4)
    eta.see(turn, 0.0)
    eta.see(Progress("", 0, 1, phase="renewing", row="matmul/1"), 1.0)
    assert eta.job.task.phase == "measuring"


def test_without_a_forecast_parts_count_as_equally_long() -> None:
    eta = ByCount(0.0)
    assert eta.left(5.0) is None
    eta.see(Progress("", 1, 10), 5.0)
    assert eta.left(5.0) is None, "too few to tell"
    eta.see(Progress("", 4, 10), 20.0)
    assert eta.left(20.0).seconds == pytest.approx(30.0)
    assert eta.left(26.0).seconds == pytest.approx(24.0)
    assert eta.left(100.0).seconds == 0.0
    eta.see(Progress("", 10, 10), 50.0)
    assert eta.left(50.0).seconds == 0.0
