"""What compiling cost, read off first calls of known seconds."""

from math import exp, log, sqrt

import pytest
from msgspec.structs import replace

from dlbench.analysis.compiling.cost import (
    ProcessCost,
    estimate_compiling,
    first_calls_cost,
    process_costs,
    scatter_of_others,
)
from dlbench.analysis.run import rows_of
from dlbench.analysis.samples import join_generations
from dlbench.networks.base import every
from dlbench.records.measurement import Compiling
from dlbench.results.folder import Results
from dlbench.stats.location import Variance
from fakes.runs import COMPILED, TORCH, case, forward, measured, plan_of, run_of, samples

CASE = case(forward("iris"), COMPILED)
STEP_S = 0.01


def told(*generations, of=CASE):
    """The samples of a case. Each generation: its first calls, and what was compiled."""
    lines = [
        measured(
            of,
            generation=number,
            calls_s=calls_s,
            compiling=compiling,
            samples=tuple(replace(one, generation=number) for one in samples(*[STEP_S] * 6)),
        )
        for number, (calls_s, compiling) in enumerate(generations)
    ]
    return join_generations(lines)[of.id]


def how(caches="cold", start_s=0.0, graphs=(0, 1, 1, 1), peak_bytes=None):
    return Compiling(caches, start_s, graphs, peak_bytes)


def test_compiling_is_what_the_first_calls_take_beyond_steady_state():
    samples = told(((2.01, 0.51, 0.01), how()))
    assert process_costs(samples, "cold") == [ProcessCost(pytest.approx(2.5), is_bound=False)]


@pytest.mark.parametrize("graphs", [(0, 1, 1, 1), (2, 3, 3, 3)])
def test_the_compilers_start_is_told_apart_and_no_part_of_it(graphs):
    samples = told(((2.01, 0.01, 0.01), how(start_s=3.0, graphs=graphs)))
    assert process_costs(samples, "cold")[0].seconds == pytest.approx(2.0)
    found = estimate_compiling(samples, {})
    assert (found.start_s, found.graphs) == (3.0, 1)
    assert exp(found.cold.value) == pytest.approx(2.0)


def test_cold_and_warm_are_told_apart():
    samples = told(((2.01, 0.01), how()), ((0.51, 0.01), how("warm")), ((2.01, 0.01), how()))
    assert [one.seconds for one in process_costs(samples, "cold")] == pytest.approx([2.0, 2.0])
    assert [one.seconds for one in process_costs(samples, "warm")] == pytest.approx([0.5])


def test_less_than_a_step_cannot_be_told():
    samples = told(((0.009, 0.01), how()))
    assert process_costs(samples, "cold") == [ProcessCost(STEP_S, is_bound=True)]


def test_later_graphs_and_the_highest_peak_are_kept():
    calls = (2.0, 1.0, 0.01)
    samples = told(
        (calls, how(graphs=(0, 2, 3, 3), peak_bytes=5)),
        (calls, how("warm", graphs=(0, 2, 3, 3), peak_bytes=7)),
    )
    found = estimate_compiling(samples, {})
    assert (found.graphs, found.again, found.peak_bytes) == (2, 1, 7)


def test_a_dynamic_case_was_not_compiled():
    assert estimate_compiling(told(((0.02, 0.01), None)), {}) is None


def test_scatter_is_what_the_same_compiling_differs_by():
    """Two cases, each cold twice, a factor of two and of four apart."""
    one = told(((1.01,), how()), ((0.5,), how("warm")), ((2.01,), how()))
    other = told(((1.01,), how()), ((0.5,), how("warm")), ((4.01,), how()))
    last = told(((3.01,), how()))
    *_, found = scatter_of_others([one, other, last], "cold")
    assert found.value == pytest.approx((log(2) ** 2 / 2 + log(4) ** 2 / 2) / 2)
    assert found.df == 2
    assert scatter_of_others([one, other], "warm") == [None, None]


def test_the_scatter_of_a_case_is_that_of_the_others():
    factors = (2, 4, 8, 16)
    cases = [told(((1.01,), how()), ((factor + STEP_S,), how())) for factor in factors]
    squares = [log(factor) ** 2 / 2 for factor in factors]
    assert scatter_of_others(cases, "cold") == [
        Variance(pytest.approx((sum(squares) - own) / 3), 3) for own in squares
    ]
    assert scatter_of_others(cases[:1], "cold") == [None]
    assert scatter_of_others([], "cold") == []


def test_a_case_that_was_compiled_once_has_the_interval_of_the_others():
    several = told(((1.01,), how()), ((0.5,), how("warm")), ((2.01,), how()))
    once = told(((3.01,), how()))
    assert estimate_compiling(once, {}).cold.interval().low is None
    cold = estimate_compiling(once, {"cold": scatter_of_others([several, once], "cold")[1]}).cold
    assert exp(cold.value) == pytest.approx(3.0)
    assert cold.error == pytest.approx(log(2) / sqrt(2))


def test_what_the_first_calls_of_a_dynamic_mode_cost_is_read_off_alike():
    found = first_calls_cost(told(((1.01, 0.01), None), ((4.01, 0.01), None)), None)
    assert exp(found.value) == pytest.approx(2.0)
    assert found.groups == 2
    lent = first_calls_cost(told(((1.01, 0.01), None)), Variance(0.04, 4))
    assert lent.error == pytest.approx(0.2)


def test_a_cost_that_cannot_be_detected_is_none():
    assert first_calls_cost(told(((0.012, 0.01), None), ((4.01, 0.01), None)), None) is None
    assert first_calls_cost(told(((1.01, 0.01), how())), None) is None


def test_steps_are_told_in_epochs_too():
    dynamic = measured(case(forward("iris"), TORCH), samples=samples(*[0.02] * 6))
    both = [
        replace(
            one,
            generation=g,
            samples=tuple(replace(block, generation=g) for block in one.samples),
        )
        for g in range(2)
        for one in (
            dynamic,
            measured(
                CASE,
                samples=samples(*[STEP_S] * 6),
                calls_s=(1.01, STEP_S),
                compiling=how(graphs=(0, 1, 1)),
            ),
        )
    ]
    cases = [case(forward("iris"), TORCH), CASE]
    run = run_of([], plan=plan_of(cases, networks={"iris": every()["iris"]}))
    _, row = rows_of(Results(run, tuple(both)))
    assert row.break_even.steps == pytest.approx(100)
    epochs = row.break_even.epochs, row.break_even.epochs_low, row.break_even.epochs_high
    steps = row.break_even.steps, row.break_even.low, row.break_even.high
    assert epochs == pytest.approx([count / 4 for count in steps])  # of 32, 32, 32 and 4 rows
