"""The parts of a row: what is told of a case, by subject; what is unknown is None."""

from typing import Literal

from msgspec import Struct

from dlbench.analysis.pairing.located import Basis
from dlbench.analysis.verdicts import Verdict
from dlbench.records.measurement import Status, StopReason

# `implausible`: far above its roof, so not ranked (limits/roof.py).
RowStatus = Literal[Status, "implausible"]


class Time(Struct, frozen=True):
    """Seconds of one iteration with their interval, and the rates computed from them.

    first_call_s: seconds of the very first call; first_calls_s: of a dynamic mode beside a static
    one, seconds of its first calls beyond as many later steps; start_s: seconds that a process of a
    dynamic mode takes to start computing, which no other time contains.
    """

    seconds: float | None = None
    low_s: float | None = None
    high_s: float | None = None
    gflops: float | None = None
    samples_per_s: float | None = None
    first_call_s: float | None = None
    first_calls_s: float | None = None
    start_s: float | None = None


class Shape(Struct, frozen=True):
    """Irregularities of the times. autocorrelation: of successive samples.

    drift: change from the first to the last sample of a process, a share, None if it is not
    significant; modes: the two places of the times, None if there is one.
    """

    autocorrelation: float | None = None
    drift: float | None = None
    modes: str | None = None


class BlockCounts(Struct, frozen=True):
    """The numbers of a case's samples. iterations: the most frequent number of steps in a sample.

    count: number of samples; left_out: number of disturbed samples that do not count; busy:
    disturbed samples count, because too few were quiet; throttled: number of samples that the
    cgroup's quota stopped; shape: irregularities of their times.
    """

    count: int = 0
    iterations: int | None = None
    generations: int = 0
    stop_reason: StopReason | None = None
    left_out: int = 0
    busy: bool = False
    throttled: int = 0
    shape: Shape = Shape()


class Parity(Struct, frozen=True):
    """The error of a quantity and its tolerance, shares of its largest magnitude.

    note: where frameworks differ in it by definition, what differs.
    """

    error: float | None = None
    tolerance: float | None = None
    quantity: str | None = None
    note: str | None = None


class Efficiency(Struct, frozen=True):
    """Shares: utilisation of the ceiling, overhead of the time (limits/efficiency.py)."""

    utilisation: float | None = None
    overhead: float | None = None


RoofKind = Literal["compute", "memory", "launch"]


class Roof(Struct, frozen=True):
    """What a case could reach at most on its machine (limits/roof.py).

    intensity: FLOPs per byte of the least traffic; ceiling_gflops, bandwidth_gb_s, floor_s: the
    measured limits of device and mode; kind: the limit that is the roof; gflops: the rate there;
    share: of the least time in the time; reason: why share and roof are not known.
    """

    intensity: float | None = None
    ceiling_gflops: float | None = None
    bandwidth_gb_s: float | None = None
    floor_s: float | None = None
    kind: RoofKind | None = None
    gflops: float | None = None
    share: float | None = None
    reason: str | None = None


class PeakMemory(Struct, frozen=True):
    """The most bytes that a case held: its process on the host, its tensors on a device."""

    resident_bytes: int | None = None
    device_bytes: int | None = None


class RowComparison(Struct, frozen=True):
    """A row compared with its baseline.

    baseline: the id of its target; base_case: its own id; ratio: the row's time divided by the
    baseline's; p, p_display and p_gate: see verdicts.Comparison; reason: why this verdict, or why
    there is none; basis: what the interval rests on; busy: whether too few rounds with the baseline
    were quiet; rerun: the command that measures more, to decide an unsure verdict.
    """

    baseline: str | None = None
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    verdict: Verdict | None = None
    reason: str | None = None
    p: float | None = None
    p_display: float | None = None
    p_gate: float | None = None
    basis: Basis | None = None
    busy: bool = False
    rerun: str | None = None
    base_case: str | None = None
