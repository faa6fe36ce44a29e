"""What the samples say, case by case: one flat row each, for every table, chart and export.

Derived from the raw measurements whenever asked for, and never stored.
"""

from collections.abc import Sequence

from msgspec import Struct

from dlbench.model import Case, Measurement, ModeKind, ParityCheck, Status, StopReason
from dlbench.stats import median_with_interval
from dlbench.store import Results


class Row(Struct, frozen=True):
    """One case. Times in seconds of one iteration; None where unknown."""

    case: str
    workload: str
    params: dict[str, int | str]
    backend: str
    device: str
    mode: str
    mode_kind: ModeKind
    dtype: str
    threads: int
    status: Status
    reason: str | None
    time_s: float | None
    ci_low_s: float | None
    ci_high_s: float | None
    gflops: float | None
    samples_per_s: float | None
    first_call_s: float | None
    iterations: int | None
    blocks: int
    stop_reason: StopReason | None
    parity_error: float | None
    synthetic: bool


def rows_of(results: Results) -> list[Row]:
    """One row per case of the plan, in its order.

    A case without a measurement was not reached before the run was cut off.
    """
    measured = {measurement.case: measurement for measurement in results.measurements}
    cut_off = Measurement(case="", status="skipped", reason="the run ended before its turn")
    return [_row(case, measured.get(case.id, cut_off)) for case in results.run.plan.cases]


def _row(case: Case, measurement: Measurement) -> Row:
    samples = measurement.samples
    time = median_with_interval([sample.step_s for sample in samples]) if samples else None
    work, target = case.workload.work, case.target
    per_second = 1 / time.value if time and time.value > 0 else None
    return Row(
        case=case.id,
        workload=case.workload.kind,
        params=case.workload.params,
        backend=target.backend,
        device=target.device,
        mode=target.mode,
        mode_kind=case.mode_kind,
        dtype=target.dtype,
        threads=target.threads,
        status=measurement.status,
        reason=measurement.reason,
        time_s=time.value if time else None,
        ci_low_s=time.low if time else None,
        ci_high_s=time.high if time else None,
        gflops=work.flops * per_second / 1e9 if per_second else None,
        samples_per_s=work.samples * per_second if per_second and work.samples else None,
        first_call_s=measurement.calls_s[0] if measurement.calls_s else None,
        iterations=samples[0].iterations if samples else None,
        blocks=len(samples),
        stop_reason=measurement.stop_reason,
        parity_error=parity_error(measurement.parity),
        synthetic=case.workload.synthetic,
    )


def parity_error(checks: Sequence[ParityCheck]) -> float | None:
    """The error of the quantity that comes closest to, or furthest over, its tolerance."""
    if not checks or any(check.error is None for check in checks):
        return None
    shares = [(check.error or 0.0) / check.tolerance for check in checks]
    return checks[shares.index(max(shares))].error


def best(rows: Sequence[Row]) -> Row | None:
    """The fastest of the rows that were measured."""
    timed = [row for row in rows if row.status == "ok" and row.time_s]
    return min(timed, key=lambda row: row.time_s or 0, default=None)


def leaders(rows: Sequence[Row]) -> list[Row]:
    """The fastest, and what cannot be told from it: rows whose interval overlaps with its own.

    Nothing leads where there is nothing to be faster than, or no interval to say so.
    """
    timed = [row for row in rows if row.status == "ok" and row.time_s]
    fastest = best(timed)
    if fastest is None or timed == [fastest] or fastest.ci_high_s is None:
        return []
    reach = fastest.ci_high_s
    return [row for row in timed if row.ci_low_s is not None and row.ci_low_s <= reach]
