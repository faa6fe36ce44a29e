"""What the samples of a case say: one flat row each, for every table, chart and export.

Derived from the raw measurements whenever asked for, and never stored. What a row says of other
cases (baseline, ratio, verdict) is put in by reading.py.
"""

from collections.abc import Sequence
from statistics import mode

from msgspec import Struct

from dlbench import flops
from dlbench.break_even import State
from dlbench.compare import Verdict
from dlbench.histories import History
from dlbench.model import Case, ModeKind, ParityCheck, Status, StopReason, Target
from dlbench.summary import summary


class Row(Struct, frozen=True):
    """One case. Times in seconds of one iteration; None where unknown.

    reason: why it was not measured, or of its verdict; iterations: the commonest; busy: too few
    blocks, or rounds with the baseline, were quiet; left_out: blocks under competition that do not
    count; autocorrelation: of successive blocks; drift: of the time, a share per minute, None where
    it may be 0; modes: where the times lie, if not around one place; baseline: the target that the
    ratio of times is to; p and its adjusted ones: see Comparison; settle: the command for an unsure
    verdict; loop and callbacks: of an epoch; utilisation: see utilisation.py, overhead: see
    overhead.py, shares; compile_s: seconds of compiling with cold caches, with an interval, and
    compile_s_warm with warm ones, start included (compiler_start_s); graphs: made by the first
    call, recompiled: by those right after it; break_even: see break_even.py, in steps, and in
    epochs of the network's data; steps: training steps of an epoch, a smaller last batch included.
    """

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
    generations: int = 0
    busy: bool = False
    left_out: int = 0
    autocorrelation: float | None = None
    drift: float | None = None
    modes: str | None = None
    baseline: str | None = None
    ratio: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None
    verdict: Verdict | None = None
    p: float | None = None
    p_display: float | None = None
    p_gate: float | None = None
    settle: str | None = None
    loop: str = ""
    callbacks: str = ""
    utilisation: float | None = None
    overhead: float | None = None
    compile_s: float | None = None
    compile_low_s: float | None = None
    compile_high_s: float | None = None
    compile_s_warm: float | None = None
    compiler_start_s: float | None = None
    compile_peak_bytes: int | None = None
    graphs: int | None = None
    recompiled: int | None = None
    break_even_steps: float | None = None
    break_even_low: float | None = None
    break_even_high: float | None = None
    break_even_state: State | None = None
    break_even_epochs: float | None = None
    steps: int | None = None
    break_even_epochs_low: float | None = None
    break_even_epochs_high: float | None = None

    @property
    def target(self) -> str:
        """The id of its target."""
        place = (self.backend, self.device, self.mode, self.dtype, self.threads)
        return Target(*place, self.loop, self.callbacks).id


def row_of(case: Case, history: History) -> Row:
    """What is known of a case by itself."""
    found = summary(history)
    work, target, time = case.workload.work, case.target, found.time
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
        loop=target.loop,
        callbacks=target.callbacks,
        status=history.status,
        reason=history.reason,
        time_s=time.value if time else None,
        ci_low_s=time.low if time else None,
        ci_high_s=time.high if time else None,
        gflops=work.flops * per_second / 1e9 if per_second else None,
        samples_per_s=work.samples * per_second if per_second and work.samples else None,
        first_call_s=history.calls_s[0] if history.calls_s else None,
        iterations=_iterations(history),
        blocks=len(history.samples),
        stop_reason=history.stop_reason,
        parity_error=parity_error(history.parity),
        synthetic=case.workload.synthetic,
        generations=found.generations,
        busy=history.chosen.busy,
        left_out=history.chosen.left_out,
        autocorrelation=found.autocorrelation,
        drift=found.drift,
        modes=found.modes,
        steps=_steps(case),
    )


def _iterations(history: History) -> int | None:
    """The commonest: one that others disturbed has fewer, and after one too short they grow."""
    return mode([sample.iterations for sample in history.samples]) if history.samples else None


def _steps(case: Case) -> int | None:
    """How many training steps one iteration of a case is; None where it is no epoch."""
    rows = case.workload.work.samples
    if not case.target.loop or rows is None:
        return None
    return flops.batches(rows, int(case.workload.params["batch"]))


def parity_error(checks: Sequence[ParityCheck]) -> float | None:
    """The error of the quantity that comes closest to, or furthest over, its tolerance."""
    if not checks or any(check.error is None for check in checks):
        return None
    shares = [(check.error or 0.0) / check.tolerance for check in checks]
    return checks[shares.index(max(shares))].error


def is_timed(row: Row) -> bool:
    """Whether the row went well and has a time."""
    return row.status == "ok" and bool(row.time_s)


def best(rows: Sequence[Row]) -> Row | None:
    """The fastest of the rows that were measured."""
    return min(filter(is_timed, rows), key=lambda row: row.time_s or 0, default=None)


def leaders(rows: Sequence[Row]) -> list[Row]:
    """The fastest of a workload's rows, and those that are not slower beyond doubt.

    Nothing leads without a rival, nor where one could not be judged.
    """
    timed = [row for row in rows if is_timed(row)]
    rivals = [row for row in timed if row.verdict is not None]
    if not rivals or any(row.p is None for row in rivals):
        return []
    return [row for row in timed if not is_behind(row)]


def is_behind(row: Row) -> bool:
    """Whether a row is slower than its baseline, beyond doubt."""
    return row.verdict == "slower"
