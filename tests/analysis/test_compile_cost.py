"""What compiling cost, read off first calls of known seconds."""

from math import exp, log, sqrt

import pytest
from msgspec.structs import replace

from dlbench.analysis.compile_cost import (
    ProcessCost,
    Scatter,
    estimate_compiling,
    pooled_scatter,
    pooled_start_scatter,
    process_costs,
)
from dlbench.analysis.run import rows_of
from dlbench.analysis.samples import join_generations
from dlbench.networks.base import every
from dlbench.records.measurement import Compiling
from dlbench.results.folder import Results
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
    assert process_costs(samples, "cold") == [ProcessCost(pytest.approx(2.5), 0.0, is_bound=False)]


def test_the_compilers_start_is_a_part_of_it():
    samples = told(((2.01, 0.01, 0.01), how(start_s=3.0)))
    assert process_costs(samples, "cold")[0].seconds == pytest.approx(5.0)
    assert estimate_compiling(samples, {}).start_s == 3.0


def test_where_the_compiler_was_at_work_before_its_start_is_no_part_of_it():
    samples = told(((2.01, 0.01, 0.01), how(start_s=3.0, graphs=(2, 3, 3, 3))))
    assert process_costs(samples, "cold")[0].seconds == pytest.approx(2.0)
    assert estimate_compiling(samples, {}).graphs == 1


def test_cold_and_warm_are_told_apart():
    samples = told(((2.01, 0.01), how()), ((0.51, 0.01), how("warm")), ((2.01, 0.01), how()))
    assert [one.seconds for one in process_costs(samples, "cold")] == pytest.approx([2.0, 2.0])
    assert [one.seconds for one in process_costs(samples, "warm")] == pytest.approx([0.5])


def test_less_than_a_step_cannot_be_told():
    samples = told(((0.009, 0.01), how()))
    assert process_costs(samples, "cold") == [ProcessCost(STEP_S, 0.0, is_bound=True)]


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
    found = pooled_scatter([one, other], "cold")
    assert found.value == pytest.approx((log(2) ** 2 / 2 + log(4) ** 2 / 2) / 2)
    assert found.df == 2
    assert pooled_scatter([one, other], "warm") is None


def test_a_case_that_was_compiled_once_has_the_interval_of_the_others():
    several = told(((1.01,), how()), ((0.5,), how("warm")), ((2.01,), how()))
    once = told(((3.01,), how()))
    assert estimate_compiling(once, {}).cold.interval().low is None
    cold = estimate_compiling(
        once, {"cold": Scatter(own=pooled_scatter([several, once], "cold"))}
    ).cold
    assert exp(cold.value) == pytest.approx(3.0)
    assert cold.error == pytest.approx(log(2) / sqrt(2))


def started(*starts_s):
    """A case that compiles for a second in each of as many cold processes."""
    return told(*(((1 + STEP_S, STEP_S, STEP_S), how(start_s=start)) for start in starts_s))


def test_a_start_counts_once_however_many_cases_share_it():
    one_target = [started(3.0, 6.0), started(3.0, 6.0), started(3.0, 6.0)]
    found = pooled_start_scatter([one_target], "cold")
    assert (found.value, found.df) == (pytest.approx(log(2) ** 2 / 2), 1)
    assert pooled_scatter(one_target, "cold").value == pytest.approx(0.0)
    assert pooled_start_scatter([one_target, [started(1.0, 1.0)]], "cold").df == 2


def test_the_start_widens_the_interval_by_its_share():
    case = started(3.0, 3.0)
    own = pooled_scatter([started(0.0, 0.0)], "cold")
    starts = pooled_start_scatter([[started(3.0, 6.0)]], "cold")
    cold = estimate_compiling(case, {"cold": Scatter(own, starts)}).cold
    assert cold.error == pytest.approx(0.75 * log(2) / 2)  # of two processes
    assert cold.df == pytest.approx(1.0)  # all of it is what two starts say


def test_without_a_second_start_there_is_no_interval():
    case = started(3.0)
    own = pooled_scatter([started(0.0, 0.0)], "cold")
    assert estimate_compiling(case, {"cold": Scatter(own, None)}).cold.interval().low is None


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
