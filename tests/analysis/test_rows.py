"""One flat row per case, with what its samples say and nothing that they do not say."""

from math import exp, log

import pytest
from msgspec.structs import replace

from dlbench.analysis.columns import COLUMNS, flatten
from dlbench.analysis.limits.roof import NO_ROOFS
from dlbench.analysis.rows import Row, is_timed, leaders
from dlbench.analysis.run import rows_of
from dlbench.networks.base import named
from dlbench.records.layers import SGD
from dlbench.records.measurement import Measurement, ParityCheck
from dlbench.records.settings import Difference
from dlbench.results.folder import Results
from dlbench.stats.location import lag1, location
from fakes.runs import (
    COMPILED,
    NUMPY,
    TORCH,
    case,
    forward,
    matmul,
    measured,
    parity,
    results_of,
    samples,
)
from fakes.samples import flagged, slower, turns

PRODUCT = case(matmul(100, 20, 50))


DERIVED = ("time_s", "ci_low_s", "ci_high_s", "gflops", "samples_per_s")


FAILURES = ["skipped", "parity_failed", "failed", "timed_out", "out_of_memory"]


def row_of(measurement: Measurement, of=PRODUCT) -> Row:
    (row,) = rows_of(results_of([of], [measurement]))
    return row


def test_a_row_tells_the_case_and_what_was_measured() -> None:
    steps = (2e-3, 1e-3, 4e-3, 6e-3, 3e-3, 5e-3, 7e-3)
    measurement = measured(PRODUCT, *steps, parity=parity(1e-7))
    _, low, high = location([[log(step) for step in steps]]).interval()
    assert flatten(row_of(measurement)) == dict.fromkeys(COLUMNS) | {
        "case": "matmul/100x20x50/numpy/cpu/eager/float32/t2",
        "workload": "matmul",
        "params": {"m": 100, "n": 20, "k": 50},
        "label": "matmul 100×20×50",
        "workload_id": "matmul/100x20x50",
        "target": "numpy/cpu/eager/float32/t2",
        "backend": "numpy",
        "device": "cpu",
        "mode": "eager",
        "mode_kind": "dynamic",
        "dtype": "float32",
        "threads": 2,
        "status": "ok",
        "time_s": pytest.approx(4e-3),
        "ci_low_s": pytest.approx(exp(low)),
        "ci_high_s": pytest.approx(exp(high)),
        "gflops": pytest.approx(2 * 100 * 20 * 50 / 4e-3 / 1e9),
        "first_call_s": 0.5,
        "iterations": 10,
        "blocks": 7,
        "stop_reason": "blocks",
        "parity_error": 1e-7,
        "parity_tolerance": 1e-5,
        "parity_quantity": "q0",
        "call": "",
        "synthetic": False,
        "generations": 1,
        "busy": False,
        "left_out": 0,
        "loop": "",
        "callbacks": "",
        "autocorrelation": pytest.approx(lag1([log(step) for step in steps])),
        "baseline": "numpy/cpu/eager/float32/t2",
        "arithmetic_intensity": 6.25,  # 2 * 100 * 20 * 50 FLOPs, 4 * (2000 + 1000 + 5000) bytes
        "roof_reason": NO_ROOFS,
    }


def test_a_batch_gives_samples_per_second_and_synthetic_data_is_told() -> None:
    of = case(forward("iris", 32, synthetic=True))
    row = row_of(measured(of, 1e-3), of)
    assert row.time.samples_per_s == pytest.approx(32_000)
    assert row.time.gflops == pytest.approx(2 * 32 * (4 * 10 + 10 * 8 + 8 * 3) / 1e-3 / 1e9)
    assert row.workload.synthetic


def test_few_blocks_have_a_time_and_no_interval() -> None:
    row = row_of(measured(PRODUCT, 1e-3, 3e-3))
    assert (row.time.seconds, row.time.low_s, row.time.high_s) == (pytest.approx(2e-3), None, None)


@pytest.mark.parametrize("status", FAILURES)
def test_what_was_not_measured_is_unknown(status: str) -> None:
    row = row_of(Measurement(PRODUCT.id, status, "for a reason"))
    assert (row.status, row.reason) == (status, "for a reason")
    unknown = (*DERIVED, "first_call_s", "iterations", "stop_reason", "parity_error")
    assert {name: flatten(row)[name] for name in unknown} == dict.fromkeys(unknown)
    assert row.blocks.count == 0


def test_a_case_that_failed_half_way_keeps_what_it_had() -> None:
    failed = Measurement(
        PRODUCT.id, "failed", "it died", calls_s=(0.5,), samples=samples(1e-3), parity=parity(1e-7)
    )
    row = row_of(failed)
    assert (row.status, row.time.first_call_s, row.blocks.count, row.parity.error) == (
        "failed",
        0.5,
        1,
        1e-7,
    )


def test_a_clock_that_did_not_move_gives_no_rate() -> None:
    row = row_of(measured(PRODUCT, 0.0))
    assert (row.time.seconds, row.time.gflops, row.time.samples_per_s) == (0.0, None, None)


@pytest.mark.parametrize(
    ("checks", "error"),
    [
        ((), None),
        (parity(1e-7, 3e-6, 2e-7), 3e-6),
        (parity(1e-7, None), None),
        ((*parity(3e-6), *parity(1e-2, tolerance=1.0)), 3e-6),
        ((*parity(3e-6), *parity(2.0, tolerance=1.0)), 2.0),
    ],
)
def test_the_parity_error_is_that_of_the_quantity_nearest_to_its_tolerance(checks, error) -> None:
    assert row_of(measured(PRODUCT, 1e-3, parity=checks)).parity.error == error


def test_beside_the_error_stand_its_quantity_and_tolerance() -> None:
    checks = (
        ParityCheck("loss", 1e-7, 1e-6),
        ParityCheck("weight/layer0.bias", 6e-3, 7e-3),
        ParityCheck("weight/layer0.kernel", 6e-3, 8e-3),
    )
    row = row_of(measured(PRODUCT, 1e-3, parity=checks))
    found = {name: value for name, value in flatten(row).items() if name.startswith("parity")}
    assert found == {
        "parity_error": 6e-3,
        "parity_tolerance": 7e-3,
        "parity_quantity": "weight/layer0.bias",
        "parity_note": None,
    }


@pytest.mark.parametrize(
    ("quantity", "optimizers", "backend", "note"),
    [
        ("weight/layer0.bias", ("adam", "sgd"), "numpy", "epsilon"),
        ("loss", ("adam", "sgd"), "numpy", None),
        ("weight/layer0.bias", ("adam",), "numpy", None),
        ("weight/layer0.bias", ("adam", "sgd"), "other", None),
    ],
)
def test_where_frameworks_differ_by_definition_the_row_says_so(
    quantity: str, optimizers: tuple[str, ...], backend: str, note: str | None
) -> None:
    step = case(forward("iris"))
    checks = (ParityCheck(quantity, 6e-3, 7e-3),)
    found = results_of([step], [measured(step, 1e-3, parity=checks)])
    iris = replace(named("iris"), optimizer=SGD())
    plan = replace(found.run.plan, networks={"iris": iris})
    differences = {backend: (Difference("weight/", optimizers, "epsilon"),)}
    run = replace(found.run, plan=plan, differences=differences)
    [row] = rows_of(replace(found, run=run))
    assert row.parity.note == note


def test_cases_that_were_never_reached_are_rows_in_their_place() -> None:
    reached, missed = case(matmul(8)), case(matmul(16))
    found = rows_of(results_of([missed, reached], [measured(reached, 1e-3)]))
    assert [(row.case, row.status) for row in found] == [
        (missed.id, "skipped"),
        (reached.id, "ok"),
    ]
    assert found[0].reason == "the run ended before its turn"


def test_rows_come_in_the_order_of_the_plan_whatever_the_order_of_measuring() -> None:
    cases = [case(matmul(size), target) for size in (8, 16) for target in (NUMPY, TORCH)]
    measurements = [measured(one, 1e-3) for one in reversed(cases)]
    assert [row.case for row in rows_of(results_of(cases, measurements))] == [c.id for c in cases]


def generation(number: int, *steps_s: float, **fields: object) -> Measurement:
    """A line of one generation."""
    blocks = (replace(block, generation=number) for block in samples(*steps_s))
    return measured(PRODUCT, samples=tuple(blocks), generation=number, **fields)


def row_over(*lines: Measurement) -> Row:
    (row,) = rows_of(results_of([PRODUCT], lines))
    return row


def test_a_case_is_one_row_over_all_generations() -> None:
    row = row_over(
        generation(0, 1e-3, 2e-3, calls_s=(5.0,), parity=parity(1e-7), stop_reason="blocks"),
        generation(1, 3e-3, 4e-3, calls_s=(4.0,), parity=parity(1e-6), stop_reason="budget"),
    )
    assert (row.blocks.generations, row.blocks.count, row.time.seconds) == (
        2,
        4,
        pytest.approx(2.5e-3),
    )
    assert (row.time.first_call_s, row.parity.error, row.blocks.stop_reason) == (
        5.0,
        1e-7,
        "budget",
    )


@pytest.mark.parametrize("broken", [0, 1, 2])
def test_a_case_that_went_wrong_in_any_generation_is_not_ranked(broken: int) -> None:
    lines = [generation(number, 1e-3, 1e-3) for number in range(3)]
    lines[broken] = replace(lines[broken], status="failed", reason="it died")
    row = row_over(*lines)
    assert (row.status, row.reason, is_timed(row)) == ("failed", "it died", False)


def test_a_line_that_was_written_twice_counts_once() -> None:
    lines = [generation(0, 1e-3, 2e-3), generation(1, 3e-3)]
    assert row_over(*lines, lines[1]).blocks.count == 3


def test_the_first_thing_that_went_wrong_counts() -> None:
    lines = [
        generation(0),
        Measurement(PRODUCT.id, "timed_out", "silent", generation=1),
        Measurement(PRODUCT.id, "skipped", "late", generation=2),
    ]
    assert row_over(*lines).status == "timed_out"


def test_from_three_generations_on_the_interval_is_that_of_generations() -> None:
    """Blocks that agree within a generation say nothing of the next."""
    steps = [[level * (1 + 1e-4 * n) for n in range(8)] for level in (1e-3, 1.1e-3, 1.2e-3)]
    row = row_over(*(generation(number, *one) for number, one in enumerate(steps)))
    value, low, high = location([[log(step) for step in one] for one in steps]).interval()
    assert (row.time.seconds, row.time.low_s, row.time.high_s) == pytest.approx(
        tuple(map(exp, (value, low, high)))
    )
    assert row.time.high_s - row.time.low_s > 0.2e-3


def test_disturbed_blocks_are_left_out_and_counted() -> None:
    busy = [replace(block, flags=("busy",)) for block in samples(9.0, 9.0)]
    row = row_of(measured(PRODUCT, samples=(*samples(*[1e-3] * 6), *busy)))
    assert (row.time.seconds, row.blocks.left_out, row.busy, row.blocks.count) == (
        pytest.approx(1e-3),
        2,
        False,
        8,
    )


def test_where_too_few_are_quiet_all_count_and_the_row_says_so() -> None:
    busy = [replace(block, flags=("busy",)) for block in samples(*[2e-3] * 6)]
    row = row_of(measured(PRODUCT, samples=(*samples(*[1e-3] * 5), *busy)))
    assert (row.time.seconds, row.blocks.left_out, row.busy) == (pytest.approx(2e-3), 0, True)


def test_what_is_odd_about_the_blocks_is_told() -> None:
    steps = [1e-3 * (1 + 0.001 * n) for n in range(40)]
    odd = row_of(measured(PRODUCT, *steps))
    assert odd.blocks.shape.drift == pytest.approx(0.039, rel=0.05)  # of all 40 blocks
    assert odd.blocks.shape.autocorrelation > 0.9
    assert odd.blocks.shape.modes is None
    two = row_of(measured(PRODUCT, *[1e-3, 1.0001e-3, 1e-3, 2e-3] * 10))
    assert (two.blocks.shape.modes, two.blocks.shape.drift) == ("1.00 ms (75 %) and 2.00 ms", None)


MATMUL = matmul(256)


THREE = {NUMPY: 1.0e-3, TORCH: 1.2e-3, COMPILED: 1.01e-3}


def told(found: Results, *args: object) -> dict[str, Row]:
    """Rows by backend and mode."""
    return {f"{row.target.backend} {row.target.mode}": row for row in rows_of(found, *args)}


def leading(found: Results) -> list[str]:
    return [f"{row.target.backend} {row.target.mode}" for row in leaders(rows_of(found))]


def test_leaders_are_those_that_may_be_the_fastest() -> None:
    near = {COMPILED: 1.002e-3}
    assert leading(turns((MATMUL, THREE | near), luck=0.01)) == ["numpy eager", "torch compile"]
    assert leading(turns((MATMUL, THREE | {COMPILED: 1.2e-3}))) == ["numpy eager"]
    assert leading(turns((MATMUL, {NUMPY: 1.0}))) == []


def test_one_that_could_not_be_judged_takes_the_star_from_nobody() -> None:
    steps = {NUMPY: 1e-3, TORCH: 10e-3, COMPILED: 1.5e-3}
    found = turns((MATMUL, steps), change={TORCH: flagged(1, factor=1.0)})
    assert leading(found) == ["numpy eager"]
    assert told(found)["torch eager"].leads is None


def test_odd_blocks_of_a_target_are_its_own() -> None:
    found = told(turns((MATMUL, THREE), change={TORCH: slower(2.0)}))
    assert found["torch eager"].comparison.ratio == pytest.approx(2.4, rel=0.01)


def test_absurd_times_are_no_reason_to_fail() -> None:
    row = row_over(*(generation(n, step) for n, step in enumerate((1e-300, 1.0, 1e300))))
    assert (row.time.seconds, row.time.high_s) == (pytest.approx(1.0), None)
