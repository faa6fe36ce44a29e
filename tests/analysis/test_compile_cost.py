"""What compiling cost, read off first calls of known seconds."""

from math import exp, log, sqrt

import pytest
from msgspec.structs import replace

from dlbench.analysis.compile_cost import Cost, Scatter, compiled, costs, scatter, scatter_of_starts
from dlbench.analysis.run import rows_of
from dlbench.analysis.samples import histories
from dlbench.networks.base import every
from dlbench.records.measurement import Compiling
from dlbench.results.folder import Results
from fakes.runs import COMPILED, TORCH, case, forward, measured, plan_of, run_of, samples

CASE = case(forward("iris"), COMPILED)
STEP_S = 0.01


def told(*generations, of=CASE):
    """A history. Each generation: its first calls, and what was compiled."""
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
    return histories(lines)[of.id]


def how(caches="cold", start_s=0.0, graphs=(0, 1, 1, 1), peak_bytes=None):
    return Compiling(caches, start_s, graphs, peak_bytes)


def test_compiling_is_what_the_first_calls_take_beyond_steady_state():
    history = told(((2.01, 0.51, 0.01), how()))
    assert costs(history, "cold") == [Cost(pytest.approx(2.5), 0.0, is_bound=False)]


def test_the_compilers_start_is_a_part_of_it():
    history = told(((2.01, 0.01, 0.01), how(start_s=3.0)))
    assert costs(history, "cold")[0].seconds == pytest.approx(5.0)
    assert compiled(history, {}).start_s == 3.0


def test_where_the_compiler_was_at_work_before_its_start_is_no_part_of_it():
    history = told(((2.01, 0.01, 0.01), how(start_s=3.0, graphs=(2, 3, 3, 3))))
    assert costs(history, "cold")[0].seconds == pytest.approx(2.0)
    assert compiled(history, {}).graphs == 1


def test_cold_and_warm_are_told_apart():
    history = told(((2.01, 0.01), how()), ((0.51, 0.01), how("warm")), ((2.01, 0.01), how()))
    assert [one.seconds for one in costs(history, "cold")] == pytest.approx([2.0, 2.0])
    assert [one.seconds for one in costs(history, "warm")] == pytest.approx([0.5])


def test_less_than_a_step_cannot_be_told():
    history = told(((0.009, 0.01), how()))
    assert costs(history, "cold") == [Cost(STEP_S, 0.0, is_bound=True)]


def test_later_graphs_and_the_highest_peak_are_kept():
    calls = (2.0, 1.0, 0.01)
    history = told(
        (calls, how(graphs=(0, 2, 3, 3), peak_bytes=5)),
        (calls, how("warm", graphs=(0, 2, 3, 3), peak_bytes=7)),
    )
    found = compiled(history, {})
    assert (found.graphs, found.again, found.peak_bytes) == (2, 1, 7)


def test_a_dynamic_case_was_not_compiled():
    assert compiled(told(((0.02, 0.01), None)), {}) is None


def test_scatter_is_what_the_same_compiling_differs_by():
    """Two cases, each cold twice, a factor of two and of four apart."""
    one = told(((1.01,), how()), ((0.5,), how("warm")), ((2.01,), how()))
    other = told(((1.01,), how()), ((0.5,), how("warm")), ((4.01,), how()))
    found = scatter([one, other], "cold")
    assert found.variance == pytest.approx((log(2) ** 2 / 2 + log(4) ** 2 / 2) / 2)
    assert found.count == 2
    assert scatter([one, other], "warm") is None


def test_a_case_that_was_compiled_once_has_the_interval_of_the_others():
    several = told(((1.01,), how()), ((0.5,), how("warm")), ((2.01,), how()))
    once = told(((3.01,), how()))
    assert compiled(once, {}).cold.interval().low is None
    cold = compiled(once, {"cold": Scatter(own=scatter([several, once], "cold"))}).cold
    assert exp(cold.value) == pytest.approx(3.0)
    assert cold.error == pytest.approx(log(2) / sqrt(2))


def started(*starts_s):
    """A case that compiles for a second in each of as many cold processes."""
    return told(*(((1 + STEP_S, STEP_S, STEP_S), how(start_s=start)) for start in starts_s))


def test_a_start_counts_once_however_many_cases_share_it():
    one_target = [started(3.0, 6.0), started(3.0, 6.0), started(3.0, 6.0)]
    found = scatter_of_starts([one_target], "cold")
    assert (found.variance, found.count) == (pytest.approx(log(2) ** 2 / 2), 1)
    assert scatter(one_target, "cold").variance == pytest.approx(0.0)
    assert scatter_of_starts([one_target, [started(1.0, 1.0)]], "cold").count == 2


def test_the_start_widens_the_interval_by_its_share():
    case = started(3.0, 3.0)
    own = scatter([started(0.0, 0.0)], "cold")
    starts = scatter_of_starts([[started(3.0, 6.0)]], "cold")
    cold = compiled(case, {"cold": Scatter(own, starts)}).cold
    assert cold.error == pytest.approx(0.75 * log(2) / 2)  # of two processes
    assert cold.df == pytest.approx(1.0)  # all of it is what two starts say


def test_without_a_second_start_there_is_no_interval():
    case = started(3.0)
    own = scatter([started(0.0, 0.0)], "cold")
    assert compiled(case, {"cold": Scatter(own, None)}).cold.interval().low is None


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
