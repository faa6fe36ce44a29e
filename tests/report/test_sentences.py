"""Which mode for how many steps, read off rows of known times and costs."""

from typing import get_args

import pytest
from msgspec.structs import replace

from dlbench.analysis.compiling.break_even import BreakEven, State
from dlbench.records.case import Work, Workload
from dlbench.report.sentences import advice, paid_once
from fakes import runs
from fakes.runs import COMPILED, NUMPY, TORCH, case, changed, forward

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


def test_nothing_is_called_the_fastest():
    [sentence] = told(
        (NUMPY, 0.003, None, None), (TORCH, 0.004, None, None), (COMPILED, 0.001, 2.0, "pays")
    )
    assert "fastest" not in sentence
    assert "numpy" not in sentence


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("pays", "compiling pays off for compile after an unknown number of steps"),
        ("at once", "compiling pays off for compile at once"),
        ("never", "compiling never pays off for compile"),
        ("unsure", "whether compiling pays off cannot be told for compile"),
    ],
)
def test_each_compiled_mode_is_named_with_its_outcome(state, words):
    [sentence] = told((TORCH, 0.001, None, None), (COMPILED, 0.001, 2.0, state))
    assert sentence == f"train_step iris (batch 32): {words}"


def test_every_state_is_told():
    for state in get_args(State):
        assert (
            told((TORCH, 0.001, None, None), (COMPILED, 0.001, 2.0, state))[0].count("compile") > 0
        )


def test_what_may_pay_at_once_has_the_largest_number_of_steps():
    eager, compiled = runs.rows((case(STEP, TORCH), 0.003), (case(STEP, COMPILED), 0.001))
    pays = BreakEven(0.0, 0.0, 120.0, "pays", epoch_steps=4.0)
    [sentence] = advice([eager, replace(compiled, break_even=pays)])
    assert sentence.endswith("compiling pays off for compile after at most 120 steps (30 epochs)")


def test_what_a_process_pays_once_is_told_once_for_all_of_its_cases():
    cases = [case(forward(name), one) for name in ("iris", "abalone") for one in (TORCH, COMPILED)]
    found = runs.rows(*((one, 0.001) for one in cases))
    started = [
        changed(row, **({"start_s": 0.2} if row.target == TORCH else {"compiler_start_s": 19.2}))
        for row in found
    ]
    once = "Each process also takes, once and in no number above"
    assert paid_once(started) == [f"{once}: 19.2 s to start torch's compiler"]
    gpu = replace(TORCH, device="cuda")
    [slow] = runs.rows((case(STEP, gpu), 0.001))
    [sentence] = paid_once([*started, changed(slow, start_s=2.5)])
    assert (
        sentence
        == f"{once}: 19.2 s to start torch's compiler on cpu, 2.50 s to start torch on cuda"
    )
    assert paid_once(found) == []


def test_who_pays_is_named_first():
    middle = replace(COMPILED, mode="trace")
    [sentence] = told(
        (TORCH, 0.010, None, None), (middle, 0.009, 5.0, "never"), (COMPILED, 0.001, 2.0, "pays")
    )
    assert sentence.endswith("steps; compiling never pays off for trace")


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
        "train_step iris (batch 1, float32)",
        "train_step iris (batch 1, float64)",
    ]


def test_steps_are_told_in_epochs_where_it_is_known_how_long_one_is():
    outcomes = [
        (case(STEP, target), step_s) for target, step_s in ((TORCH, 0.003), (COMPILED, 0.001))
    ]
    eager, compiled = runs.rows(*outcomes)
    pays = BreakEven(1000.0, state="pays", epoch_steps=4.0)
    [sentence] = advice([eager, replace(changed(compiled, compile_s=2.0), break_even=pays)])
    assert sentence.endswith("for compile after about 1000 steps (250 epochs)")
