"""Flatten a row to one value per column, for CSV, JSON and data frames."""

from operator import attrgetter
from typing import Any

from dlbench.analysis.rows import Row

# Where each column lies in a row. Names and order are an interface: new ones go to the end.
COLUMNS: dict[str, str] = {
    "case": "case",
    "workload": "workload.kind",
    "params": "workload.params",
    "backend": "target.backend",
    "device": "target.device",
    "mode": "target.mode",
    "mode_kind": "mode_kind",
    "dtype": "target.dtype",
    "threads": "target.threads",
    "status": "status",
    "reason": "reason",
    "time_s": "time.seconds",
    "ci_low_s": "time.low_s",
    "ci_high_s": "time.high_s",
    "gflops": "time.gflops",
    "samples_per_s": "time.samples_per_s",
    "first_call_s": "time.first_call_s",
    "iterations": "blocks.iterations",
    "blocks": "blocks.count",
    "stop_reason": "blocks.stop_reason",
    "parity_error": "parity.error",
    "synthetic": "workload.synthetic",
    "generations": "blocks.generations",
    "busy": "busy",
    "left_out": "blocks.left_out",
    "autocorrelation": "shape.autocorrelation",
    "drift": "shape.drift",
    "modes": "shape.modes",
    "baseline": "comparison.baseline",
    "ratio": "comparison.ratio",
    "ratio_low": "comparison.low",
    "ratio_high": "comparison.high",
    "verdict": "comparison.verdict",
    "p": "comparison.p",
    "p_display": "comparison.p_display",
    "p_gate": "comparison.p_gate",
    "settle": "comparison.rerun",
    "loop": "target.loop",
    "callbacks": "target.callbacks",
    "utilisation": "efficiency.utilisation",
    "overhead": "efficiency.overhead",
    "compile_s": "compile.seconds",
    "compile_low_s": "compile.low_s",
    "compile_high_s": "compile.high_s",
    "compile_s_warm": "compile.warm_s",
    "compiler_start_s": "compile.start_s",
    "compile_peak_bytes": "compile.peak_bytes",
    "graphs": "compile.graphs",
    "recompiled": "compile.recompiled",
    "break_even_steps": "break_even.steps",
    "break_even_low": "break_even.low",
    "break_even_high": "break_even.high",
    "break_even_state": "break_even.state",
    "break_even_epochs": "break_even.epochs",
    "steps": "steps",
    "break_even_epochs_low": "break_even.epochs_low",
    "break_even_epochs_high": "break_even.epochs_high",
    "turn_penalty": "level.turn_penalty",
    "turn_penalty_low": "level.penalty_low",
    "turn_penalty_high": "level.penalty_high",
    "after_pause": "level.after_pause",
    "pause_s": "level.pause_s",
    "lead_s": "level.lead_s",
    "steady": "level.steady",
    "leads": "leads",
    "basis": "comparison.basis",
    "rank": "rank",
    "call": "target.call",
    "parity_tolerance": "parity.tolerance",
    "parity_quantity": "parity.quantity",
    "parity_note": "parity.note",
    "label": "workload.label",
    "workload_id": "workload.id",
    "target": "target.id",
    "first_calls_s": "time.first_calls_s",
    "start_s": "time.start_s",
}


_READ = {name: attrgetter(place) for name, place in COLUMNS.items()}


def flatten(row: Row) -> dict[str, Any]:
    """Return the value of every column of a row, in their order."""
    return {name: read(row) for name, read in _READ.items()}
