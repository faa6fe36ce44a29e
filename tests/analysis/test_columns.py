"""A row laid flat: the columns of CSV and JSON."""

from dlbench.analysis.columns import flatten
from dlbench.analysis.rows import Row
from dlbench.analysis.run import rows_of
from dlbench.records.measurement import Measurement
from fakes.runs import (
    case,
    matmul,
    measured,
    results_of,
)

PRODUCT = case(matmul(100, 20, 50))


KEYS = """case, workload, params, backend, device, mode, mode_kind, dtype, threads, status, reason,
    time_s, ci_low_s, ci_high_s, gflops, samples_per_s, first_call_s, iterations, blocks,
    stop_reason, parity_error, synthetic, generations, busy, left_out, autocorrelation, drift,
    modes, baseline, ratio, ratio_low, ratio_high, verdict, p, p_display, p_gate, settle, loop,
    callbacks, utilisation, overhead, compile_s, compile_low_s, compile_high_s, compile_s_warm,
    compiler_start_s, compile_peak_bytes, graphs, recompiled, break_even_steps, break_even_low,
    break_even_high, break_even_state, break_even_epochs, steps, break_even_epochs_low,
    break_even_epochs_high, turn_penalty, turn_penalty_low, turn_penalty_high, after_pause, pause_s,
    lead_s, steady, leads, basis, rank, call, parity_tolerance, parity_quantity, parity_note, label,
    workload_id, target, first_calls_s, start_s, base_case, arithmetic_intensity, roof, roof_gflops,
    roof_share, roof_reason, peak_resident_bytes, peak_device_bytes, bound, device_time_s,
    device_share, issue_s, sync_s, device_how, device_reason"""


def row_of(measurement: Measurement, of=PRODUCT) -> Row:
    (row,) = rows_of(results_of([of], [measurement]))
    return row


def test_the_keys_in_json_are_those_of_the_specification() -> None:
    row = row_of(measured(PRODUCT, 1e-3))
    assert list(flatten(row)) == KEYS.replace("\n", "").replace(" ", "").split(",")


def test_no_part_of_a_row_has_too_many_fields() -> None:
    row = row_of(measured(PRODUCT, 1e-3))
    parts = [row, *(getattr(row, name) for name in Row.__struct_fields__)]
    assert all(len(getattr(part, "__struct_fields__", ())) <= 20 for part in parts)
