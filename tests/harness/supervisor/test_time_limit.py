"""A run on a GPU within its time limit, in told time, with what a stored run took.

The stored run spent 290 s on an H200: 8.5 % of them in blocks, and a third of its cases, all of one
row, were not reached.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from random import Random
from statistics import median

import pytest
from msgspec.structs import replace

from dlbench.harness import wire
from dlbench.harness.supervisor.run import Supervisor
from dlbench.harness.wire import Order, Reply
from dlbench.plan.afford import lengthened, within_limit
from dlbench.plan.estimate import expected
from dlbench.plan.nulls import with_nulls
from dlbench.plan.request import Request
from dlbench.plan.targets import read_declarations
from dlbench.records.case import Case, Target
from dlbench.records.costs import NO_COSTS, Costs, names_of
from dlbench.records.measurement import Measurement, Sample, Stretch
from dlbench.records.plan import Plan
from dlbench.results.folder import Results, read_run
from fakes.workers import Stable, tag_of

STORED = Path(__file__).parents[3] / "results/reference/20261126-144703-h200"
BUDGET_S = 290.0

# Eleven workers started in 9 s; binding and checking took 36.5 s for 58 cases, warming up 11.5 s.
WORKER_S, CHECK_S, WARM_UP_S = 9 / 11, 36.5 / 58, 11.5 / 58
# 13.7 s of lead-ins, 24.8 s of blocks.
LEAD_SHARE = 13.7 / 24.8
STRETCH_S = 0.32
ENDS = {"precision", "plateau", "blocks", "budget", "decided"}
# Of a step's time, from block to block: no row is precise.
NOISE = 0.2


@cache
def stored() -> Results:
    return read_run(STORED)


@cache
def costs() -> Costs:
    """What the stored run took, as the book of costs would have it."""
    cases = {case.id: case for group in stored().run.plan.groups for case in group.cases}
    compilers, preparing = dict[str, tuple[float, ...]](), dict[str, list[float]]()
    for one in stored().measurements:
        case = cases.get(one.case)
        if case is None or not one.calls_s:
            continue
        if one.compiling:
            compilers[case.target.id] = (one.compiling.start_s,)
        for name in names_of(case):
            preparing.setdefault(name, []).append(sum(one.calls_s) + CHECK_S + WARM_UP_S)
    starting = {case.target.id: (WORKER_S,) for case in cases.values()}
    ready = {name: (median(values),) for name, values in preparing.items()}
    for case in cases.values():  # the row that was not reached
        others = [ready[n][0] for n in ready if n.endswith(case.target.id)]
        ready.setdefault(names_of(case)[1], (median(others),))
    return Costs(1, starting, compilers, ready)


@cache
def steps_s() -> Mapping[str, float]:
    found = {
        one.case: median(sample.step_s for sample in one.samples)
        for one in stored().measurements
        if one.samples
    }
    middle = median(found.values())
    return {case.id: found.get(case.id, middle) for case in stored().run.plan.cases}


class Device(Stable):
    """Workers that take as long as those of the stored run."""

    def __init__(self) -> None:
        super().__init__()
        self.started: set[Target] = set()
        self.turns_s = 0.0
        self.random = Random(7)

    def next_answer(self, target: Target, order: Order) -> Reply:
        began = self.clock.seconds()
        reply = self._answer(target, order)
        if tag_of(order) == "turn":
            self.turns_s += self.clock.seconds() - began
        return reply

    def _answer(self, target: Target, order: Order) -> Reply:
        match order:
            case wire.Start():
                self.clock.advance(WORKER_S)
            case wire.Prepare():
                self.clock.advance(self._prepare_s(target, order))
            case wire.Check():
                self.clock.advance(CHECK_S)
            case wire.WarmUp():
                self.clock.advance(WARM_UP_S)
                return wire.Warm((self._block(order.case),))
            case wire.Sustain():
                return wire.Sustained(self._stretch(order))
            case wire.Turn():
                self.clock.advance(order.lead_s)
                blocks = (self._block(order.case) for _ in range(order.blocks))
                return wire.Timed(tuple(blocks))
            case _:
                pass
        return self.well(order)

    def _prepare_s(self, target: Target, order: wire.Prepare) -> float:
        once_s = 0.0 if target in self.started else costs().compiler_s(target) or 0.0
        self.started.add(target)
        known = costs().preparing_s(Case(order.workload, target, "dynamic"))
        return once_s + max(0.0, (known or 0.0) - CHECK_S - WARM_UP_S)

    def _block(self, case: str) -> Sample:
        step_s = steps_s()[case.removesuffix("/null")] * (1 + NOISE * self.random.random())
        count = max(1, round(0.01 / step_s))
        sample = Sample(count, count * step_s, self.clock.seconds())
        self.clock.advance(sample.host_s)
        return sample

    def _stretch(self, order: wire.Sustain) -> Stretch:
        lead_s = max(0.02, LEAD_SHARE * 0.01)
        samples = [self._block(order.case)]
        while sum(sample.host_s for sample in samples) < min(order.longest_s, STRETCH_S):
            samples.append(self._block(order.case))
        return Stretch(0.0, lead_s, is_steady=True, samples=tuple(samples))


class Told:
    """The stored run's plan, measured within its limit. known: the book of costs."""

    def __init__(self, known: Costs, budget_s: float = BUDGET_S) -> None:
        self.plan = planned(known, budget_s)
        self.device = Device()
        clock = self.device.clock.seconds
        launch, ahead_s = self.device.launch, expected(self.plan, known)
        events = Supervisor(self.plan, launch, clock, expected_s=ahead_s).measure()
        self.measurements = [event for event in events if isinstance(event, Measurement)]
        self.taken_s = clock()
        self.done = {one.case: one for one in self.measurements if one.status == "ok"}

    def rows(self) -> list[list[Measurement]]:
        live = [[case.id for case in group.live] for group in self.plan.groups]
        return [[self.done[case] for case in row if case in self.done] for row in live]


def planned(known: Costs, budget_s: float) -> Plan:
    plan = stored().run.plan
    sampling = replace(plan.sampling, budget_s=budget_s)
    groups = [replace(group, null=None) for group in plan.groups]
    groups = within_limit(groups, sampling, known, Request(suite=plan.suite))
    groups = with_nulls(groups, sampling.generations, read_declarations())
    longer = lengthened(groups, sampling, known)
    return replace(plan, groups=tuple(groups), sampling=longer)


def test_with_what_is_known_every_row_is_reached_and_two_fifths_of_the_time_are_turns() -> None:
    told = Told(costs())
    assert all(len(row) > 2 for row in told.rows())
    assert told.device.turns_s >= 0.4 * told.taken_s
    assert told.taken_s <= 1.1 * BUDGET_S


@pytest.mark.parametrize("known", [costs(), NO_COSTS], ids=["a later run", "the first run"])
@pytest.mark.parametrize("budget_s", [30.0, 60.0, BUDGET_S, 600.0])
def test_a_limit_is_kept_and_no_row_is_cut_in_the_middle(known: Costs, budget_s: float) -> None:
    told = Told(known, budget_s)
    assert told.taken_s <= 1.1 * budget_s
    assert told.done
    for row in filter(None, told.rows()):
        assert len({len(one.samples) for one in row if one.stop_reason != "decided"}) == 1
        assert all(len(one.stretches) >= 2 for one in row)  # before the turns and after
        assert {one.stop_reason for one in row} <= ENDS


def test_what_is_left_out_is_told_with_its_reason() -> None:
    told = Told(costs())
    reasons = {one.case: one.reason for one in told.measurements if one.status == "skipped"}
    left = {case.id for case in told.plan.cases} - told.done.keys()
    assert left
    assert left == reasons.keys() - {c.id for g in told.plan.groups for c in g.copies}
    for reason in reasons.values():
        assert "time limit of 290 s" in str(reason)
        assert "dlbench run" in str(reason) or "--budget" in str(reason)
