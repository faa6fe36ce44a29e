"""The roof of a case: the least time that it needs on its machine, and the share of it in its time.

The roofline of Williams, Waterman & Patterson (2009), Communications of the ACM 52(4), with a
third limit, the launch:

    compute   FLOPs over the fastest matrix product that was measured on the device
    memory    the least bytes (traffic.py) over the measured bandwidth; only where they are more
              than the caches hold, as blocks repeat a step and caches keep what fits
    launch    the smallest step of the same framework and mode: of the same run where it has the
              workload `floor`, or as `dlbench hardware` measured it

The longest of them is the roof. A case far above it was not measured: work was left out, or not
waited for.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from dlbench import units
from dlbench.analysis.limits.efficiency import FLOOR, dispatch, floors
from dlbench.analysis.limits.traffic import least_bytes
from dlbench.analysis.parts import Roof, RoofKind
from dlbench.analysis.rows import Row, is_timed, row_of
from dlbench.analysis.samples import CaseSamples
from dlbench.records.case import Target
from dlbench.records.images import Conv2D
from dlbench.records.machine.roofs import Roofs
from dlbench.records.network import Network
from dlbench.records.run import Run

# A rate may exceed ceiling and bandwidth by so much. They come from another minute, when clocks and
# the neighbours of a virtual machine may have differed; the search may miss 3 %. What this has to
# find, work left out or not waited for, mostly changes a rate by a factor of two and more.
TOLERANCE = 1.25

# A convolution may need so many times fewer multiplications than its definition, which is counted:
# Winograd's F(4x4, 3x3) needs 36 in place of 144 (Lavin & Gray 2016, section 4.3).
FAST_CONVOLUTION = 4.0

# A step may be so many times as fast as the smallest one. Seen on an H200: steps that only wait for
# their framework took twice as long for seconds.
FLOOR_TOLERANCE = 2.0

# The passes through a network that take no less than the smallest `predict`.
PASSES = {"predict", "forward", "backward", "train_step"}

CPU = "cpu"
COMMAND = "dlbench hardware"
NO_ROOFS = (
    f"the ceilings of its machine were not known; measure them with: {COMMAND}, then run again"
)


DISTURBED = (
    "other programs disturbed the measurement of its ceiling; repeat it with: "
    f"{COMMAND}, then run again"
)


class Limit(NamedTuple):
    """A limit of a case. least_s: no step is shorter; tolerance: a factor; text: such as a rate."""

    kind: RoofKind
    least_s: float
    tolerance: float
    text: str


def with_roofs(rows: Sequence[Row], run: Run) -> list[Row]:
    """Return the rows with their roofs; those far above them are `implausible`, with the reason."""
    own = floors([row for row in rows if not row.busy])
    known = _Known(run.roofs, own)
    return [_judged(row, run, known) for row in rows]


def implausible(run: Run, samples: Mapping[str, CaseSamples]) -> dict[str, str]:
    """Return why cases are implausible, by their ids. samples: of the cases of the run."""
    cases = run.plan.cases
    if run.roofs is None and not any(case.workload.kind == FLOOR for case in cases):
        return {}  # nothing to judge by, and a row takes its time
    rows = [row_of(case, samples[case.id]) for case in cases if case.id in samples]
    judged = with_roofs(rows, run)
    return {row.case: row.failure or "" for row in judged if row.status == "implausible"}


def _judged(row: Row, run: Run, known: "_Known") -> Row:
    seconds, gflops = row.time.seconds, row.time.gflops
    if not is_timed(row) or not seconds or not gflops or row.workload.kind == FLOOR:
        return row
    network = run.plan.networks.get(str(row.workload.params.get("network")))
    moved = least_bytes(row.workload, row.target, network)
    roof = Roof(
        intensity=row.workload.work.flops / moved if moved else None,
        ceiling_gflops=known.ceiling(row.target),
        bandwidth_gb_s=known.bandwidth(row.target),
        floor_s=known.floor_s(row),
    )
    fewer = FAST_CONVOLUTION if network is not None and _convolves(network) else 1.0
    limits = [*_limits(roof, seconds * gflops, fewer, moved, known.cache_bytes)]
    judged = replace(row, roof=_highest(roof, limits, seconds, seconds * gflops, known.why(row)))
    broken = next((one for one in limits if seconds * one.tolerance < one.least_s), None)
    if broken is None:
        return judged
    return replace(judged, status="implausible", failure=_why_implausible(broken, row))


def _convolves(network: Network) -> bool:
    return any(isinstance(layer, Conv2D) for layer in network.layers)


def _limits(
    roof: Roof, gflop: float, fewer: float, moved: int | None, cache_bytes: int | None
) -> Iterator[Limit]:
    """Yield the limits that are known.

    gflop: the work of a step, in 1e9 operations; fewer: how many times fewer may do.
    """
    if roof.ceiling_gflops is not None:
        text = f"{units.thousands(roof.ceiling_gflops)} GFLOP/s"
        yield Limit("compute", gflop / roof.ceiling_gflops, fewer * TOLERANCE, text)
    if roof.bandwidth_gb_s is not None and moved and cache_bytes and moved > cache_bytes:
        text = f"{units.significant(roof.bandwidth_gb_s)} GB/s"
        yield Limit("memory", 1e-9 * moved / roof.bandwidth_gb_s, TOLERANCE, text)
    if roof.floor_s is not None:
        yield Limit("launch", roof.floor_s, FLOOR_TOLERANCE, units.duration(roof.floor_s))


def _highest(
    roof: Roof, limits: Sequence[Limit], seconds: float, gflop: float, why: str | None
) -> Roof:
    """Return the roof with the longest of its limits; without a ceiling it is not known."""
    if roof.ceiling_gflops is None:
        return replace(roof, reason=why)
    highest = max(limits, key=lambda one: one.least_s)
    return replace(
        roof,
        kind=highest.kind,
        gflops=gflop / highest.least_s,
        share=highest.least_s / seconds,
    )


def _why_implausible(limit: Limit, row: Row) -> str:
    """Say which limit the time of a row breaks, with the figures in parentheses."""
    seconds, gflops = row.time.seconds or 0.0, row.time.gflops or 0.0
    if limit.kind == "launch":
        took = units.duration(seconds)
        return f"shorter than the smallest step of its mode ({took}, where that takes {limit.text})"
    what = "ceiling" if limit.kind == "compute" else "memory bandwidth"
    rate = f"{units.thousands(gflops)} GFLOP/s, {units.significant(limit.least_s / seconds)} times"
    return f"faster than the measured {what} allows ({rate} what {limit.text} make possible)"


class _Known:
    """What is known of a machine. own: the seconds of the smallest steps of the run itself.

    What other programs disturbed shows less than the machine can do, so it judges nobody.
    """

    def __init__(self, roofs: Roofs | None, own: Mapping[tuple[str, ...], float]) -> None:
        self.own = own
        self.roofs = roofs or Roofs("")
        self.is_measured = roofs is not None
        self.cache_bytes = self.roofs.cache_bytes
        self.ceilings = {_place(one.target): one for one in self.roofs.ceilings}
        self.bandwidths = {
            one.threads: one.gb_s for one in self.roofs.bandwidths if one.blocks.are_quiet
        }
        self.floors: dict[tuple[object, ...], float] = {
            (*_mode(one.target), one.step): one.step_s
            for one in self.roofs.floors
            if one.blocks.are_quiet
        }

    def ceiling(self, target: Target) -> float | None:
        """Return the rate of the fastest product, in GFLOP/s."""
        found = self.ceilings.get(_place(target))
        return found.gflops if found and found.blocks.are_quiet else None

    def bandwidth(self, target: Target) -> float | None:
        """Return the rate of the main memory, in GB/s; that of a GPU is not measured."""
        return self.bandwidths.get(target.threads) if target.device == CPU else None

    def floor_s(self, row: Row) -> float | None:
        """Return the time of the smallest step of its kind; the shorter one of two."""
        known = [self.own.get(dispatch(row, row.workload.kind)), self._measured_floor_s(row)]
        return min((one for one in known if one), default=None)

    def _measured_floor_s(self, row: Row) -> float | None:
        """Return that of `dlbench hardware`, which measured bare calls."""
        if row.target.call or row.target.loop:
            return None
        step = "predict" if row.workload.kind in PASSES else row.workload.kind
        return self.floors.get((*_mode(row.target), step))

    def why(self, row: Row) -> str | None:
        """Return why there is no ceiling; None if there is one."""
        if not self.is_measured:
            return NO_ROOFS
        if self.ceiling(row.target) is not None:
            return None
        if _place(row.target) in self.ceilings:
            return DISTURBED
        target = row.target
        where = f"{target.dtype} on {target.device}"
        options = f"--device {target.device} --dtype {target.dtype}"
        if target.device == CPU:
            where += f" with {units.counted(target.threads, 'thread')}"
            options += f" --threads {target.threads}"
        return (
            f"no ceiling was known for {where}; measure it with: {COMMAND} {options}, "
            "then run again"
        )


def _place(target: Target) -> tuple[str, str, int]:
    """Return what a ceiling depends on; threads of the host do not matter to a GPU."""
    return target.device, target.dtype, target.threads if target.device == CPU else 0


def _mode(target: Target) -> tuple[str, str, str, int]:
    """Return what a call costs by; the dtype does not matter to it."""
    threads = target.threads if target.device == CPU else 0
    return target.backend, target.device, target.mode, threads
