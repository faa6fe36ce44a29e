"""Make one row per case, for every table, chart and export.

Rows are computed from the raw measurements on demand and never stored. Parts that depend on other
cases too are set elsewhere: static.py, the efficiency, run.py.
"""

from collections.abc import Iterable, Sequence
from statistics import mode

from msgspec import Struct
from msgspec.structs import replace

from dlbench.analysis.compiling.break_even import BreakEven
from dlbench.analysis.compiling.cost import CompileCost
from dlbench.analysis.level import Level, level_of
from dlbench.analysis.pairing.pairs import THROTTLED_SHARE
from dlbench.analysis.parts import (
    BlockCounts,
    Efficiency,
    Parity,
    PeakMemory,
    Roof,
    RowComparison,
    RowStatus,
    Shape,
    Time,
)
from dlbench.analysis.samples import CaseSamples
from dlbench.analysis.summary import Summary, summary
from dlbench.records.case import Case, ModeKind, Target, Workload
from dlbench.records.measurement import ParityCheck
from dlbench.records.network import steps_in
from dlbench.records.run import Run
from dlbench.stats.device_use import DeviceUse, Told, device_use


class Row(Struct, frozen=True):
    """One case in parts; what is unknown is None.

    case: its id; failure: why it was not measured; parity: of the quantity nearest its tolerance;
    steps: training steps of an epoch, a smaller last batch included; leads: whether no other target
    is surely faster, or only by less than the margin; None if it was judged with none; rank: among
    the targets of its workload, equal for those that cannot be told apart.
    """

    case: str
    workload: Workload
    target: Target
    mode_kind: ModeKind
    status: RowStatus
    failure: str | None
    parity: Parity
    steps: int | None
    time: Time
    blocks: BlockCounts
    efficiency: Efficiency = Efficiency()
    roof: Roof = Roof()
    compile: CompileCost = CompileCost()
    break_even: BreakEven = BreakEven()
    comparison: RowComparison = RowComparison()
    memory: PeakMemory = PeakMemory()
    level: Level = Level()
    device: DeviceUse = DeviceUse()
    leads: bool | None = None
    rank: int | None = None

    @property
    def reason(self) -> str | None:
        """Return the reason of the verdict or of the failure."""
        return self.comparison.reason or self.failure

    @property
    def busy(self) -> bool:
        """Return whether too few samples, or too few rounds with the baseline, were quiet."""
        return self.blocks.busy or self.comparison.busy

    @property
    def is_throttled(self) -> bool:
        """Return whether the cgroup's quota stopped so many samples that it changed the time."""
        return self.blocks.throttled > THROTTLED_SHARE * self.blocks.count


def row_of(case: Case, samples: CaseSamples) -> Row:
    """Make the row of a case, without the parts that depend on other cases."""
    found = summary(samples)
    return Row(
        case=case.id,
        workload=case.workload,
        target=case.target,
        mode_kind=case.mode_kind,
        status=samples.status,
        failure=samples.reason,
        parity=_parity(samples.parity),
        steps=_steps(case),
        time=_time(case.workload, samples, found),
        blocks=_blocks(samples, found),
        level=level_of(samples),
        memory=PeakMemory(samples.memory.resident_bytes, samples.memory.device_bytes),
        device=_device(case, samples, found),
    )


def _time(workload: Workload, samples: CaseSamples, found: Summary) -> Time:
    first_call_s = samples.calls_s[0] if samples.calls_s else None
    if found.time is None:
        return Time(first_call_s=first_call_s, start_s=samples.start_s)
    work, (seconds, low, high) = workload.work, found.time
    per_second = 1 / seconds if seconds > 0 else None
    return Time(
        seconds=seconds,
        low_s=low,
        high_s=high,
        gflops=work.flops * per_second / 1e9 if per_second and work.flops else None,
        samples_per_s=work.samples * per_second if per_second and work.samples else None,
        first_call_s=first_call_s,
        start_s=samples.start_s,
    )


def _device(case: Case, samples: CaseSamples, found: Summary) -> DeviceUse:
    told = Told(samples.selection.samples, samples.warmup, samples.devices)
    return device_use(case.target, told, found.time.value if found.time else None)


def _blocks(samples: CaseSamples, found: Summary) -> BlockCounts:
    return BlockCounts(
        count=len(samples.samples),
        iterations=_iterations(samples),
        generations=found.generations,
        stop_reason=samples.stop_reason,
        left_out=samples.selection.left_out,
        busy=samples.selection.busy,
        throttled=sum("throttled" in sample.flags for sample in samples.samples),
        shape=Shape(found.autocorrelation, found.drift, found.modes),
    )


def _iterations(samples: CaseSamples) -> int | None:
    """The most frequent number: a disturbed sample has fewer, and the first may be too short."""
    return mode([sample.iterations for sample in samples.samples]) if samples.samples else None


def _steps(case: Case) -> int | None:
    """Training steps in one iteration of a case; None unless that is an epoch."""
    rows = case.workload.work.samples
    if not case.target.loop or rows is None:
        return None
    return steps_in(rows, int(case.workload.params["batch"]))


def _parity(checks: Sequence[ParityCheck]) -> Parity:
    worst = worst_check(checks)
    return Parity() if worst is None else Parity(worst.error, worst.tolerance, worst.quantity)


def worst_check(checks: Sequence[ParityCheck]) -> ParityCheck | None:
    """Return the check whose error is largest relative to its tolerance."""
    return max(checks, key=lambda check: check.share) if checks else None


def with_notes(rows: Sequence[Row], run: Run) -> list[Row]:
    """Return the rows with what their checked quantity differs by, as the run has recorded it."""
    return [replace(row, parity=replace(row.parity, note=_note(row, run))) for row in rows]


def _note(row: Row, run: Run) -> str | None:
    network = run.plan.networks.get(str(row.workload.params.get("network")))
    quantity = row.parity.quantity
    if network is None or quantity is None:
        return None
    optimizer = str(type(network.optimizer).__struct_config__.tag)
    return next(
        (
            one.note
            for one in run.differences.get(row.target.backend, ())
            if quantity.startswith(one.quantity) and optimizer in one.optimizers
        ),
        None,
    )


def is_timed(row: Row) -> bool:
    """Return whether the case succeeded and has a time."""
    return row.status == "ok" and bool(row.time.seconds)


def timed_rows(rows: Iterable[Row]) -> list[Row]:
    """Return the rows with valid times."""
    return [row for row in rows if is_timed(row)]


def leaders(rows: Sequence[Row]) -> list[Row]:
    """Return those of a workload's rows that lead, as far as they were judged."""
    return [row for row in timed_rows(rows) if row.leads]
