"""Which mode for how many steps, read off rows of known times and costs."""

import pytest
from msgspec.structs import replace

from dlbench.analysis.break_even import BreakEven
from dlbench.records.case import Work, Workload
from dlbench.report.sentences import advice
from fakes import runs
from fakes.runs import COMPILED, NUMPY, TORCH, case, changed

STEP = Workload("train_step", {"network": "iris", "batch": 32}, Work(6, 3, 32))


def told(*rows):
    """Of (target, seconds of a step, seconds of compiling, state)."""
    outcomes = [(case(STEP, target), step_s) for target, step_s, _, _ in rows]
    return advice(
        [
            changed(row, compile_s=compile_s, break_even_state=state)
            for row, (_, _, compile_s, state) in zip(runs.rows(*outcomes), rows, strict=True)
        ]
    )


def test_the_lowest_total_changes_where_the_lines_cross():
    [sentence] = told(
        (NUMPY, 0.003, None, None), (TORCH, 0.004, None, None), (COMPILED, 0.001, 2.0, "pays")
    )
    assert sentence == (
        "train_step iris (batch 32), compiling included: fastest is numpy eager, "
        "torch compile from about 1000 steps on"
    )


def test_who_starts_at_once_and_is_fastest_is_best_for_ever():
    [sentence] = told(
        (NUMPY, 0.001, None, None), (TORCH, 0.004, None, None), (COMPILED, 0.002, 2.0, "pays")
    )
    assert sentence.endswith("fastest is numpy eager")


def test_a_line_that_is_never_lowest_is_left_out():
    """The middle one would be best where it is too late for it."""
    middle = replace(COMPILED, mode="trace")
    [sentence] = told(
        (TORCH, 0.010, None, None), (middle, 0.009, 5.0, "pays"), (COMPILED, 0.001, 2.0, "pays")
    )
    assert "trace" not in sentence


@pytest.mark.parametrize(
    ("state", "words"),
    [("never", "compiling never pays off: "), ("unsure", "no measurable gain over eager: ")],
)
def test_what_does_not_pay_is_named(state, words):
    [sentence] = told((TORCH, 0.001, None, None), (COMPILED, 0.001, 2.0, state))
    assert sentence.endswith(f"; {words}compile")


def test_without_a_static_mode_beside_its_dynamic_there_is_no_advice():
    assert told((NUMPY, 0.001, None, None), (TORCH, 0.004, None, None)) == []


def test_a_second_dtype_is_named():
    one = replace(STEP, params={"network": "iris", "batch": 1})
    double = replace(TORCH, dtype="float64")
    targets = [TORCH, COMPILED, double, replace(COMPILED, dtype="float64")]
    found = runs.rows(*((case(one, target), 0.001) for target in targets))
    sentences = advice(
        [
            changed(row, break_even_state="never") if row.target.mode != "eager" else row
            for row in found
        ]
    )
    assert [sentence.partition(":")[0] for sentence in sentences] == [
        "train_step iris (batch 1, float32), compiling included",
        "train_step iris (batch 1, float64), compiling included",
    ]


def test_steps_are_told_in_epochs_where_it_is_known_how_long_one_is():
    outcomes = [
        (case(STEP, target), step_s) for target, step_s in ((TORCH, 0.003), (COMPILED, 0.001))
    ]
    eager, compiled = runs.rows(*outcomes)
    pays = BreakEven(1000.0, state="pays", epoch_steps=4.0)
    [sentence] = advice([eager, replace(changed(compiled, compile_s=2.0), break_even=pays)])
    assert "from about 1000 steps (250 epochs) on" in sentence
