"""One flat row per case, with what its samples say and nothing that they do not say."""

import msgspec
import pytest

from dlbench.model import Measurement
from dlbench.rows import Row, best, rows_of
from fakes.results import (
    NUMPY,
    TORCH,
    case,
    forward,
    matmul,
    measured,
    parity,
    results_of,
    rows,
    samples,
)

PRODUCT = case(matmul(100, 20, 50))
KEYS = """case, workload, params, backend, device, mode, mode_kind, dtype, threads, status, reason,
    time_s, ci_low_s, ci_high_s, gflops, samples_per_s, first_call_s, iterations, blocks,
    stop_reason, parity_error, synthetic"""
DERIVED = ("time_s", "ci_low_s", "ci_high_s", "gflops", "samples_per_s")
FAILURES = ["skipped", "parity_failed", "failed", "timed_out", "out_of_memory"]


def row_of(measurement: Measurement, of=PRODUCT) -> Row:
    (row,) = rows_of(results_of([of], [measurement]))
    return row


def test_the_keys_in_json_are_those_of_the_specification() -> None:
    row = row_of(measured(PRODUCT, 1e-3))
    assert list(msgspec.json.decode(msgspec.json.encode(row))) == KEYS.replace("\n", "").replace(
        " ", ""
    ).split(",")


def test_a_row_tells_the_case_and_what_was_measured() -> None:
    steps = (2e-3, 1e-3, 4e-3, 6e-3, 3e-3, 5e-3, 7e-3)
    measurement = measured(PRODUCT, *steps, parity=parity(1e-7))
    assert row_of(measurement) == Row(
        case="matmul/100x20x50/numpy/cpu/eager/float32/t2",
        workload="matmul",
        params={"m": 100, "n": 20, "k": 50},
        backend="numpy",
        device="cpu",
        mode="eager",
        mode_kind="dynamic",
        dtype="float32",
        threads=2,
        status="ok",
        reason=None,
        time_s=pytest.approx(4e-3),
        ci_low_s=pytest.approx(1e-3),
        ci_high_s=pytest.approx(7e-3),
        gflops=pytest.approx(2 * 100 * 20 * 50 / 4e-3 / 1e9),
        samples_per_s=None,
        first_call_s=0.5,
        iterations=10,
        blocks=7,
        stop_reason="blocks",
        parity_error=1e-7,
        synthetic=False,
    )


def test_a_batch_gives_samples_per_second_and_synthetic_data_is_told() -> None:
    of = case(forward("iris", 32, synthetic=True))
    row = row_of(measured(of, 1e-3), of)
    assert row.samples_per_s == pytest.approx(32_000)
    assert row.gflops == pytest.approx(2 * 32 * (4 * 10 + 10 * 8 + 8 * 3) / 1e-3 / 1e9)
    assert row.synthetic


def test_few_blocks_have_a_time_and_no_interval() -> None:
    row = row_of(measured(PRODUCT, 1e-3, 3e-3))
    assert (row.time_s, row.ci_low_s, row.ci_high_s) == (pytest.approx(2e-3), None, None)


@pytest.mark.parametrize("status", FAILURES)
def test_what_was_not_measured_is_unknown(status: str) -> None:
    row = row_of(Measurement(PRODUCT.id, status, "for a reason"))
    assert (row.status, row.reason) == (status, "for a reason")
    unknown = (*DERIVED, "first_call_s", "iterations", "stop_reason", "parity_error")
    assert {name: getattr(row, name) for name in unknown} == dict.fromkeys(unknown)
    assert row.blocks == 0


def test_a_case_that_failed_half_way_keeps_what_it_had() -> None:
    failed = Measurement(
        PRODUCT.id, "failed", "it died", calls_s=(0.5,), samples=samples(1e-3), parity=parity(1e-7)
    )
    row = row_of(failed)
    assert (row.status, row.first_call_s, row.blocks, row.parity_error) == ("failed", 0.5, 1, 1e-7)


def test_a_clock_that_did_not_move_gives_no_rate() -> None:
    row = row_of(measured(PRODUCT, 0.0))
    assert (row.time_s, row.gflops, row.samples_per_s) == (0.0, None, None)


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
    assert row_of(measured(PRODUCT, 1e-3, parity=checks)).parity_error == error


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


def test_the_best_is_the_fastest_of_those_that_went_well() -> None:
    failed = Measurement(PRODUCT.id, "parity_failed", "wrong", samples=samples(1e-9))
    slow, fast = case(matmul(8), NUMPY), case(matmul(8), TORCH)
    found = rows((PRODUCT, failed), (slow, 2e-3), (fast, 1e-3))
    assert best(found) is found[2]
    assert best(found[:1]) is None
    assert best([]) is None
