"""What the samples say, case by case: one flat row each, for every table, chart and export.

Derived from the raw measurements whenever asked for, and never stored.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from dlbench import nulls
from dlbench.compare import MARGIN, Comparison, Measured, Verdict, compare
from dlbench.errors import UsageError
from dlbench.histories import History, histories
from dlbench.model import Case, ModeKind, ParityCheck, Run, Status, StopReason
from dlbench.nulls import Nulls
from dlbench.paired import locate, paired
from dlbench.settle import Settling
from dlbench.store import Results
from dlbench.summary import summary

# A ratio that is measured badly is still one: competition has been seen to move ratios by 2.4
# (PyTorch to TensorFlow, matmul 256, half of the cores taken: 0.5 to 1.2 instead of 0.5).
OUT_OF_REACH = 3.0

UNREACHED = History("", "skipped", "the run ended before its turn", (), (), None, ())


class Row(Struct, frozen=True):
    """One case. Times in seconds of one iteration; None where unknown.

    reason: why it was not measured, or of its verdict; busy: too few blocks, or rounds with the
    baseline, were quiet; left_out: blocks under competition that do not count; autocorrelation: of
    successive blocks; drift: of the time, a share per minute, None where it may be 0; modes: where
    the times lie, if not around one place; baseline: the target that the ratio of times is to; p
    and its adjusted ones: see Comparison; settle: the command for an unsure verdict.
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

    @property
    def target(self) -> str:
        """The id of its target."""
        return f"{self.backend}/{self.device}/{self.mode}/{self.dtype}/t{self.threads}"


class Reading(NamedTuple):
    """All that a run says. baseline: the target's id, None for the fastest of each workload."""

    rows: list[Row]
    nulls: Nulls
    baseline: str | None


def rows_of(results: Results, baseline: str | None = None, margin: float = MARGIN) -> list[Row]:
    """One row per case of the plan, in its order, compared with the baseline's: see Known."""
    return Known(results, margin).against(baseline).rows


class Known:
    """What a run says of every case by itself, ready for comparisons with any baseline.

    A case without a measurement was not reached before the run was cut off. margin: smaller
    differences do not count, a share.
    """

    def __init__(self, results: Results, margin: float = MARGIN) -> None:
        self.run = results.run
        self.histories = histories(results.measurements)
        self.nulls, self.null_pairs = nulls.of(self.run.plan, self.histories, margin)
        self.rows = [
            _row(case, self.histories.get(case.id, UNREACHED)) for case in self.run.plan.cases
        ]

    def against(self, baseline: str | None = None) -> Reading:
        """Every row compared with the baseline's of its workload, all of them together.

        baseline: the id of a target, or some of its parts; None for the fastest of each workload.
        """
        target = None if baseline is None else named_target(self.run, baseline)
        bases = _bases(self.rows, target)
        luck = nulls.lucks(one.pair for one in self.null_pairs)
        pairs = [
            paired(self.histories[row.case], self.histories[base.case])
            for row, base in zip(self.rows, bases, strict=True)
            if base is not None and base is not row and is_timed(row)
        ]
        measured = [Measured(pair, locate(pair, luck)) for pair in pairs]
        verdicts = {one.case: one for one in compare(measured, self.nulls.margin)}
        return Reading(
            rows=_compared(self.run, self.rows, bases, target, verdicts),
            nulls=nulls.seen(self.nulls, [*self.null_pairs, *measured]),
            baseline=target,
        )


def _bases(rows: Sequence[Row], target: str | None) -> list[Row | None]:
    """What each row is compared with: the row of the target, or the fastest, of its workload."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(_workload(row), []).append(row)
    chosen = {
        workload: best(group)
        if target is None
        else next((row for row in group if row.target == target and is_timed(row)), None)
        for workload, group in groups.items()
    }
    return [chosen[_workload(row)] for row in rows]


def _workload(row: Row) -> str:
    return row.case.removesuffix(row.target)


def _compared(
    run: Run,
    rows: Sequence[Row],
    bases: Sequence[Row | None],
    target: str | None,
    verdicts: Mapping[str, Comparison],
) -> list[Row]:
    """The rows with their verdicts, and with what would settle those that are unsure."""
    cases = {case.id: case for case in run.plan.cases}
    settling = Settling(run)
    told = []
    for row, base in zip(rows, bases, strict=True):
        found = verdicts.get(row.case)
        if found is None:
            told.append(_alone(row, base, target))
        else:
            both = [cases[row.case], cases[found.baseline]]
            command = settling.command(both) if found.verdict == "unsure" else None
            told.append(_with(row, found, both[1].target.id, command))
    return told


def _alone(row: Row, base: Row | None, target: str | None) -> Row:
    """A row that is compared with nothing: it is the baseline, or there is none."""
    if base is not None or target is None or not is_timed(row):
        return replace(row, baseline=base.target if base else target)
    return replace(row, baseline=target, reason=f"no time of the baseline: {target}")


def _with(row: Row, found: Comparison, baseline: str, command: str | None) -> Row:
    return replace(
        row,
        reason=found.reason,
        busy=row.busy or found.busy,
        baseline=baseline,
        ratio=found.ratio,
        ratio_low=found.ratio_low,
        ratio_high=found.ratio_high,
        verdict=found.verdict,
        p=found.p,
        p_display=found.p_display,
        p_gate=found.p_gate,
        settle=command,
    )


def named_target(run: Run, text: str) -> str:
    """The id of the target of a run that has these parts, in their order; UsageError if not one."""
    targets = list(dict.fromkeys(case.target.id for case in run.plan.cases))
    matches = [target for target in targets if target == text] or [
        target for target in targets if _has_parts(target.split("/"), text.split("/"))
    ]
    if len(matches) == 1:
        return matches[0]
    raise UsageError(
        "several targets of the run match" if matches else "no target of the run matches",
        value=text,
        allowed=", ".join(matches or targets),
        hint="Some parts of one are enough if they match no other, such as torch/eager",
    )


def _has_parts(parts: Iterable[str], wanted: Sequence[str]) -> bool:
    left = iter(parts)
    return all(word in left for word in wanted)


def _row(case: Case, history: History) -> Row:
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
        status=history.status,
        reason=history.reason,
        time_s=time.value if time else None,
        ci_low_s=time.low if time else None,
        ci_high_s=time.high if time else None,
        gflops=work.flops * per_second / 1e9 if per_second else None,
        samples_per_s=work.samples * per_second if per_second and work.samples else None,
        first_call_s=history.calls_s[0] if history.calls_s else None,
        iterations=history.samples[0].iterations if history.samples else None,
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
    )


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

    Nothing leads without a rival, nor where one that might be faster could not be judged.
    """
    fastest = best(rows)
    rivals = [row for row in rows if is_timed(row) and row is not fastest]
    level = [row for row in rivals if not is_behind(row)]
    if not rivals or any(row.p is None for row in level):
        return []
    return [row for row in rows if row is fastest or row in level]


def is_behind(row: Row) -> bool:
    """Whether a row is slower than its baseline: by its verdict, or by far without one."""
    if row.p is None:
        return (row.ratio or 0) >= OUT_OF_REACH
    return row.verdict == "slower"
