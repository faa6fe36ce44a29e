"""The time left: how near it is to the truth, on runs whose every phase takes a known time."""

from random import Random

import pytest
from msgspec.structs import replace

from dlbench.harness import wire
from dlbench.plan.estimate import forecast
from dlbench.records.case import Case, Group
from dlbench.records.measurement import Progress
from dlbench.records.plan import Plan
from dlbench.report.watching.countdown import STILL_S, Countdown
from dlbench.report.watching.eta import ByCount, Forecasted
from fakes.paced import Moment, moments
from fakes.story import case, group, plan

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

    def __init__(self, made: Plan, seed: int, span: float, share_of_rounds: float = 1.0) -> None:
        self.plan, self.random, self.span = made, Random(seed), span
        self.expected = forecast(made)
        self.factors: dict[tuple[str, str], float] = {}
        self.share = share_of_rounds
        self.started: set[str] = set()

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
            "compiler": lambda: self.expected.compiler_s,
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


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("span", [1.0, 3.0, 8.0])
@pytest.mark.parametrize(("count", "generations"), [(2, 1), (4, 1), (3, 3)])
def test_after_the_first_row_it_is_never_more_than_half_off(count, generations, seed, span) -> None:
    made = plan(*rows(count), generations=generations, blocks=12, case_s=10.0)
    run = list(moments(made, Pace(made, seed, span)))
    after = [(truth, told) for truth, told, is_after in shown(made, run) if is_after]
    assert len(after) > 10
    off = [
        (truth, told)
        for truth, told in after
        if not truth / FACTOR - STILL_S <= told <= truth * FACTOR + STILL_S
    ]
    assert off == []
