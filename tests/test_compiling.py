"""What compiling cost, read off first calls of known seconds."""

from math import exp, log, sqrt

import pytest
from msgspec.structs import replace

from dlbench.compiling import Cost, compiled, costs, scatter
from dlbench.histories import histories
from dlbench.model import Compiling
from dlbench.networks import CATALOGUE
from dlbench.reading import rows_of
from dlbench.store import Results
from fakes.results import COMPILED, TORCH, case, forward, measured, plan_of, run_of, samples

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
    assert costs(history, "cold") == [Cost(pytest.approx(2.5), is_bound=False)]


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
    assert costs(history, "cold") == [Cost(STEP_S, is_bound=True)]


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
    cold = compiled(once, {"cold": scatter([several, once], "cold")}).cold
    assert exp(cold.value) == pytest.approx(3.0)
    assert cold.error == pytest.approx(log(2) / sqrt(2))


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
    run = run_of([], plan=plan_of(cases, networks={"iris": CATALOGUE["iris"]}))
    _, row = rows_of(Results(run, tuple(both)))
    assert row.break_even_steps == pytest.approx(100)
    assert row.break_even_epochs == pytest.approx(100 * 32 / 100)
