"""After how many steps compiling pays: on known estimates, and on many runs of known truth."""

import os
from math import exp, log
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from msgspec.structs import replace

from dlbench.analysis.compiling.break_even import (
    FIRST_CALLS_SPREAD,
    BreakEven,
    break_even,
    extra_cost,
)
from dlbench.analysis.run import rows_of
from dlbench.records.case import Group
from dlbench.records.measurement import Compiling, Measurement, Sample
from dlbench.records.plan import Plan, Sampling
from dlbench.results.folder import Results, read_run
from dlbench.stats.location import Estimate, Location
from fakes.runs import COMPILED, TORCH, case, forward, run_of

REFERENCE = Path(__file__).parents[3] / "results" / "reference"

CERTAIN = Estimate(2.0, 2.0, 2.0)
STEP = Estimate(0.010, 0.010, 0.010)


def ratio(value, error=0.001):
    return Location(log(value), error, 4.0, 3)


# --- known estimates ----------------------------------------------------------------------------


def test_steps_are_the_cost_over_what_a_step_gains():
    found = break_even(CERTAIN, STEP, ratio(0.75, error=0.0))
    assert found.state == "pays"
    assert found.steps == pytest.approx(2.0 / (0.010 - 0.0075))
    assert (found.low, found.high) == pytest.approx((found.steps, found.steps))


@pytest.mark.parametrize("value", [1.0, 1.02, 3.0])
def test_what_is_not_faster_never_pays(value):
    assert break_even(CERTAIN, STEP, ratio(value, error=0.0)).state == "never"
    assert break_even(CERTAIN, STEP, ratio(value + 0.05)).state == "never"


@pytest.mark.parametrize("value", [0.99, 1.0, 1.01])
def test_what_may_be_faster_or_slower_is_unsure(value):
    found = break_even(CERTAIN, STEP, ratio(value, error=0.02))
    assert (found.state, found.high) == ("unsure", None)


def test_what_is_unsure_does_not_pay_before_its_best_case():
    doubtful = ratio(0.99, error=0.02)
    found = break_even(CERTAIN, STEP, doubtful)
    best = exp(doubtful.interval().low)
    assert found.low == pytest.approx(2.0 / (0.010 * (1 - best)))
    assert found.low < found.steps


def test_every_uncertainty_widens_the_interval():
    sure = break_even(CERTAIN, STEP, ratio(0.75, error=0.0))
    for cost, step, of_ratio in (
        (Estimate(2.0, 1.6, 2.5), STEP, 0.0),
        (CERTAIN, Estimate(0.010, 0.009, 0.011), 0.0),
        (CERTAIN, STEP, 0.01),
    ):
        found = break_even(cost, step, ratio(0.75, error=of_ratio))
        assert found.low < sure.steps < found.high
        assert found.steps == pytest.approx(sure.steps)


def test_a_cost_that_was_seen_once_has_steps_and_no_interval():
    found = break_even(Estimate(2.0, None, None), STEP, ratio(0.75))
    assert found == BreakEven(pytest.approx(800.0), None, None, "pays")


@pytest.mark.parametrize("extra", [Estimate(-1.0, -1.5, 0.0), Estimate(-1.0, -1.5, -0.5)])
def test_first_calls_that_cost_no_more_pay_at_once(extra):
    found = break_even(extra, STEP, ratio(0.75))
    assert found == BreakEven(0.0, 0.0, 0.0, "at once")


@pytest.mark.parametrize("extra", [Estimate(0.0, None, None), Estimate(-1.0, None, None)])
def test_a_cost_without_an_interval_never_pays_at_once(extra):
    assert break_even(extra, STEP, ratio(0.75)).state == "unsure"


def test_a_cost_that_may_be_negative_is_no_reason_to_say_never():
    assert break_even(Estimate(0.5, 0.1, 1.0), STEP, ratio(1.5)).state == "never"
    assert break_even(Estimate(0.5, -0.1, 1.0), STEP, ratio(1.5)).state == "unsure"


def test_first_calls_that_may_cost_no_more_pay_from_0_steps_on_at_the_earliest():
    cheap = break_even(Estimate(-1.0, -1.5, 0.5), STEP, ratio(0.75, error=0.0))
    assert (cheap.state, cheap.steps, cheap.low) == ("pays", 0.0, 0.0)
    assert cheap.high == pytest.approx(0.5 / (0.010 - 0.0075))
    dear = break_even(Estimate(0.5, -0.5, 1.5), STEP, ratio(0.75, error=0.0))
    assert (dear.state, dear.low) == ("pays", 0.0)
    assert (dear.steps, dear.high) == pytest.approx((200.0, 600.0))


@pytest.mark.parametrize("value", [0.99, 1.0, 1.5])
def test_cheaper_first_calls_do_not_pay_for_good_unless_every_step_is_faster(value):
    found = break_even(Estimate(-1.0, None, None), STEP, ratio(value, error=0.02))
    assert found == BreakEven(None, None, None, "unsure")


def test_the_extra_cost_is_the_difference_and_its_interval_that_of_both():
    static, dynamic = Estimate(5.0, 4.0, 7.0), Estimate(2.0, 1.0, 3.0)
    assert extra_cost(static, dynamic) == pytest.approx((3.0, 3 - 2**0.5, 3 + 5**0.5))
    sure = Estimate(2.0, 2.0, 2.0)
    assert extra_cost(static, sure) == pytest.approx((3.0, 2.0, 5.0))


def test_a_single_repetition_has_the_interval_of_what_two_repetitions_differ_by():
    single, sure = Estimate(6.0, None, None), Estimate(5.0, 5.0, 5.0)
    spread = FIRST_CALLS_SPREAD
    assert extra_cost(sure, single) == pytest.approx((-1.0, 5 - 6 * spread, 5 - 6 / spread))
    assert extra_cost(sure, Estimate(0.0, None, None)) == Estimate(5.0, None, None)


@pytest.mark.parametrize("doubtful", [None, Location(log(0.5), None, None, 1)])
def test_without_an_interval_of_the_ratio_nothing_is_sure(doubtful):
    assert break_even(CERTAIN, STEP, doubtful).state == "unsure"


# --- runs of known truth ------------------------------------------------------------------------

# `nox -s simulate` takes five times as many.
RUNS = 150 * int(os.environ.get("DLBENCH_SIMULATE", "1"))
# A static mode that takes two seconds to compile, cold, and half of that, warm.
COLD_S, WARM_S, START_S = 1.5, 0.75, 0.5
DYNAMIC_S = 0.001
# What the first calls of the dynamic mode cost, in tests that say so.
EAGER_S = 0.8
CALLS = 3


NOISE, LUCK, SCATTER, COMMON, ROUNDS = 0.02, 0.004, 0.06, 0.03, 20
# Of which the first is looked at; the others tell how much compiling differs.
NETWORKS = ("iris", "ionosphere", "abalone")


class Costs(NamedTuple):
    """Seconds of the compiler's start and of a dynamic case's first calls.

    told: whether the start of its process is recorded.
    """

    start_s: float = START_S
    eager_s: float = 0.0
    told: bool = False


PLAIN = Costs()


def simulated(rng, static_s, generations=4, costs=PLAIN):
    """A run: rows of a dynamic and a static case each, and of the dynamic one's null.

    The static cases have one worker in each generation, whose compiler starts once.
    """
    groups = []
    for name in NETWORKS:
        workload = forward(name)
        dynamic, static = case(workload, TORCH), case(workload, COMPILED)
        groups.append(Group(workload, (dynamic, static), replace(dynamic, null=True)))
    lines = []
    for generation in range(generations):
        started_s = costs.start_s * float(np.exp(SCATTER * rng.standard_normal()))
        for group in groups:
            lines += _row(rng, group, static_s, generation, costs._replace(start_s=started_s))
    plan = Plan("told", 0, Sampling(), {}, tuple(groups))
    return Results(run_of([], plan=plan), tuple(lines))


def _row(rng, group, static_s, generation, costs):
    """The lines of a row in one generation, cold or warm."""
    beats, is_warm = COMMON * rng.standard_normal(ROUNDS), generation % 2
    for one in group.live:
        static = one.mode_kind == "static"
        own = float((static_s if static else DYNAMIC_S) * np.exp(LUCK * rng.standard_normal()))
        times = own * np.exp(NOISE * rng.standard_normal(ROUNDS) + beats)
        unlike = float(np.exp(SCATTER * rng.standard_normal()))
        compiling_s = unlike * ((WARM_S if is_warm else COLD_S) if static else costs.eager_s)
        how = Compiling("warm" if is_warm else "cold", costs.start_s, (0, 1, 1, 1))
        yield Measurement(
            one.id,
            "ok",
            generation=generation,
            calls_s=(own + compiling_s, *[own] * (CALLS - 1)),
            samples=tuple(
                Sample(10, 10 * float(t), float(i), round=i, generation=generation)
                for i, t in enumerate(times)
            ),
            compiling=how if static else None,
            start_s=0.1 if costs.told and not static else None,
        )


def judged(static_s, runs=RUNS, seed=0, network=0, **how):
    """The static row of a network of every run."""
    rng = np.random.default_rng(seed)
    return [rows_of(simulated(rng, static_s, **how))[2 * network + 1] for _ in range(runs)]


# The start of the compiler may be little beside the cost or, as PyTorch's, many times as much.
@pytest.mark.simulation
@pytest.mark.parametrize(
    ("generations", "share", "start_s", "eager_s"),
    [
        (3, 0.4, START_S, 0.0),
        (4, 0.8, START_S, EAGER_S),
        (6, 0.4, START_S, EAGER_S),
        (3, 0.4, 10 * COLD_S, EAGER_S),
        (6, 0.8, 10 * COLD_S, 0.0),
        (4, 0.8, 10 * COLD_S, 0.0),
    ],
)
def test_the_interval_holds_the_truth(generations, share, start_s, eager_s):
    truth = (COLD_S - eager_s) / (DYNAMIC_S * (1 - share))
    costs = Costs(start_s, eager_s, told=True)
    rows = judged(share * DYNAMIC_S, generations=generations, costs=costs)
    held = sum(
        row.break_even.low <= truth <= row.break_even.high
        for row in rows
        if row.break_even.state == "pays"
    )
    assert held >= 0.93 * RUNS  # what is unsure does not hold it


@pytest.mark.simulation
@pytest.mark.parametrize("eager_s", [COLD_S, 1.5 * COLD_S])
def test_a_mode_that_costs_no_more_is_said_to_pay_at_once_or_from_0_steps_on(eager_s):
    rows = judged(0.5 * DYNAMIC_S, costs=Costs(eager_s=eager_s, told=True))
    found = [row.break_even for row in rows]
    assert {one.state for one in found} <= {"pays", "at once"}
    assert sum(one.low == 0.0 for one in found) >= 0.93 * RUNS
    if eager_s > COLD_S:
        assert sum(one.state == "at once" for one in found) >= 0.8 * RUNS


@pytest.mark.simulation
def test_a_mode_that_costs_a_little_more_rarely_pays_at_once():
    rows = judged(0.5 * DYNAMIC_S, costs=Costs(eager_s=0.98 * COLD_S, told=True))
    assert sum(row.break_even.state == "at once" for row in rows) <= 0.05 * RUNS


@pytest.mark.parametrize(
    ("network", "told", "subtracted"),
    [(0, False, False), (0, True, True), (1, False, True), (2, False, True)],
)
def test_first_calls_that_may_contain_the_start_of_a_process_are_not_subtracted(
    network, told, subtracted
):
    """Of the first case of a process, unless the record tells its start apart."""
    rows = judged(0.5 * DYNAMIC_S, 40, network=network, costs=Costs(eager_s=EAGER_S, told=told))
    cost = COLD_S - EAGER_S * subtracted
    steps = np.median([row.break_even.steps for row in rows])
    assert steps == pytest.approx(cost / (0.5 * DYNAMIC_S), rel=0.1)


def test_a_process_may_have_ended_where_a_case_failed():
    found = simulated(np.random.default_rng(0), 0.5 * DYNAMIC_S, costs=Costs(eager_s=EAGER_S))
    torch = case(forward(NETWORKS[0]), TORCH).id
    lost = [replace(m, status="failed") if m.case == torch else m for m in found.measurements]
    dynamic = rows_of(replace(found, measurements=tuple(lost)))[2]
    assert dynamic.time.first_calls_s is None
    assert rows_of(found)[2].time.first_calls_s == pytest.approx(EAGER_S, rel=0.2)


def test_on_the_h200_jit_pays_at_once_where_its_record_says_so():
    """The first calls of `eager` took 5.0 and 7.8 s there, those of `jit` 1.7 and 5.1 s.

    One repetition: 7.8 and 5.1 s are too near to call.
    """
    [folder] = REFERENCE.glob("*-h200")
    run = read_run(folder)
    found = {
        (row.target.device, row.workload.params["batch"]): row.break_even
        for row in rows_of(run)
        if (row.target.backend, row.target.mode, row.workload.kind) == ("jax", "jit", "forward")
    }
    assert found["cuda", 32].state == found["cpu", 32].state == "at once"
    assert (found["cuda", 512].state, found["cuda", 512].steps) == ("pays", 0.0)
    assert found["cuda", 512].high > 0


def test_on_the_h200_what_may_be_the_start_of_a_process_is_not_subtracted():
    [folder] = REFERENCE.glob("*-h200")
    dynamic = [row for row in rows_of(read_run(folder)) if row.mode_kind == "dynamic"]
    first = [row for row in dynamic if row.workload.params.get("m") == 256]
    assert {row.time.first_calls_s for row in first} == {None}
    later = [row for row in dynamic if row.workload.params.get("batch") == 32]
    assert any(row.time.first_calls_s for row in later)


@pytest.mark.simulation
def test_the_interval_holds_the_truth_where_it_is_sure_of_a_small_gain():
    truth = COLD_S / (DYNAMIC_S * 0.1)
    rows = judged(0.9 * DYNAMIC_S)
    sure = [row for row in rows if row.break_even.state == "pays"]
    assert len(sure) >= 0.9 * RUNS
    held = sum(row.break_even.low <= truth <= row.break_even.high for row in sure)
    assert held >= 0.93 * len(sure)


@pytest.mark.simulation
def test_the_interval_is_no_wider_than_it_must_be():
    """An interval from 0 to infinity would hold every truth."""
    rows = judged(0.5 * DYNAMIC_S, runs=50)
    widths = [row.break_even.high / row.break_even.low for row in rows]
    assert np.median(widths) < 1.6


@pytest.mark.simulation
def test_slower_is_never_and_as_fast_is_unsure():
    slower = [row.break_even.state for row in judged(1.2 * DYNAMIC_S, runs=100)]
    assert slower.count("never") >= 97
    assert "pays" not in slower
    equal = [row.break_even.state for row in judged(DYNAMIC_S, runs=100)]
    assert equal.count("unsure") >= 85
    assert equal.count("pays") <= 6


def test_the_costs_are_those_that_the_processes_had():
    rows = judged(0.5 * DYNAMIC_S, runs=40)
    assert np.median([row.compile.seconds for row in rows]) == pytest.approx(COLD_S, rel=0.05)
    assert np.median([row.compile.warm_s for row in rows]) == pytest.approx(WARM_S, rel=0.05)
    assert np.median([row.compile.start_s for row in rows]) == pytest.approx(START_S, rel=0.05)
    assert {(row.compile.graphs, row.compile.recompiled) for row in rows} == {(1, 0)}


def test_one_generation_has_steps_and_no_interval():
    [row] = judged(0.5 * DYNAMIC_S, runs=1, generations=1)
    assert row.break_even.steps == pytest.approx(3000, rel=0.3)
    assert (row.break_even.low, row.break_even.high) == (None, None)
    assert row.compile.warm_s is None


def test_a_dynamic_row_has_no_break_even():
    dynamic, *_ = rows_of(simulated(np.random.default_rng(0), 0.0005))
    assert (dynamic.break_even.state, dynamic.compile.seconds, dynamic.compile.graphs) == (
        None,
        None,
        None,
    )
