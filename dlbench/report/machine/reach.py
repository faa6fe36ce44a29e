"""What was measured of a machine, as tables: products, memory, and the smallest steps."""

from collections.abc import Callable, Mapping, Sequence

from dlbench import units
from dlbench.formats.base import Cell, Table
from dlbench.records.case import Target
from dlbench.records.machine.hardware import Peak
from dlbench.records.machine.roofs import (
    Bandwidth,
    Ceiling,
    Direction,
    Floor,
    Roofs,
    SmallestStep,
    Transfer,
)

UNKNOWN = "-"

# The smallest steps, and the heads of their columns.
STEPS: Mapping[SmallestStep, tuple[str, ...]] = {
    "predict": ("predict",),
    "matmul": ("matrix", "product"),
}

WAYS: Mapping[Direction, str] = {"up": "to the device", "down": "to the host"}

CEILING_NOTE = "Ceiling: the fastest block of the fastest product that the search found"
BANDWIDTH_NOTE = (
    "Memory: a = b + c in float64, 24 bytes for each element, as STREAM counts; its triad moves "
    "the same bytes"
)
TRANSFER_NOTE = (
    "Copies: one at a time, each waited for; the line is fitted to four sizes, 4 KiB to 256 MiB"
)
FLOOR_NOTE = (
    "Dispatch floor: the smallest steps, predict on one row of a network with one weight, and the "
    "product of two numbers"
)


def tables_of(roofs: Roofs) -> list[Table]:
    """Return the tables that have rows."""
    every = (
        products(roofs.ceilings),
        bandwidths(roofs.bandwidths),
        transfers(roofs.transfers),
        floors(roofs.floors),
    )
    return [table for table in every if table.rows]


def doubts(roofs: Roofs) -> list[str]:
    """Say that other programs disturbed a measurement, if they did."""
    every = [
        *(one.blocks for one in roofs.ceilings),
        *(one.blocks for one in roofs.bandwidths),
        *(one.blocks for one in roofs.floors),
        *(one.blocks for one in roofs.transfers),
    ]
    bad = sum(not one.are_quiet for one in every)
    if not bad:
        return []
    text = f"Other programs disturbed {bad} of these {len(every)} measurements"
    advice = "End them and repeat: dlbench hardware"
    return [f"{text}, so the machine can probably do more. {advice}"]


def cell(value: float | None, write: Callable[[float], str]) -> Cell:
    """Return a cell with a value; with a dash if it is not known."""
    return Cell(UNKNOWN if value is None else write(value))


def products(ceilings: Sequence[Ceiling], peaks: Sequence[Peak] | None = None) -> Table:
    """Return a line for every ceiling, beside its theoretical peak where peaks are given."""
    known = {(one.device, one.dtype, one.threads): one for one in peaks or ()}
    beside = (("peak",), ("of peak",))
    heads: tuple[tuple[str, ...], ...]
    heads = (("threads",), ("GFLOP/s",), *beside, ("product",), ("reached by",))
    lines = [_ceiling(one, peak_of(one, known)) for one in ceilings]
    title = "Matrix products: measured ceiling and theoretical peak"
    if peaks is None:
        heads = tuple(head for head in heads if head not in beside)
        lines = [(label, (*cells[:2], *cells[4:])) for label, cells in lines]
        title = "Matrix products: measured ceiling"
    return Table(
        title=title, heads=heads, rows=tuple(lines), notes=(), label="dtype", starred=False
    )


def peak_of(one: Ceiling, known: Mapping[tuple[str, str, int], Peak]) -> Peak | None:
    """Return the theoretical peak of a ceiling; None if it is not known."""
    return known.get((one.target.device, one.target.dtype, one.target.threads))


def _ceiling(one: Ceiling, peak: Peak | None) -> tuple[str, tuple[Cell, ...]]:
    target = one.target
    device = "" if target.device == "cpu" else f"{target.device} "
    sides = (one.m, one.n, one.k)
    shape = str(one.m) if len(set(sides)) == 1 else "×".join(map(str, sides))
    return f"{device}{target.dtype}", (
        Cell(str(target.threads)),
        Cell(units.thousands(one.gflops)),
        cell(peak.gflops if peak else None, units.thousands),
        cell(one.gflops / peak.gflops if peak else None, units.percent),
        Cell(shape),
        Cell(f"{target.backend} {target.mode}"),
    )


def bandwidths(measured: Sequence[Bandwidth]) -> Table:
    """Return a line for every number of threads."""
    rows = tuple(
        (
            units.counted(one.threads, "thread"),
            (Cell(units.significant(one.gb_s)), Cell(units.size(one.array_bytes))),
        )
        for one in measured
    )
    return Table(
        title="Memory bandwidth",
        heads=(("GB/s",), ("each array",)),
        rows=rows,
        notes=(),
        label="a = b + c",
        starred=False,
    )


def transfers(measured: Sequence[Transfer]) -> Table:
    """Return a line for every device, kind of memory and direction."""
    rows = tuple(
        (
            f"{one.target.device}, {'pinned' if one.pinned else 'pageable'} memory",
            (
                Cell(WAYS[one.direction]),
                Cell(units.duration(one.start_s)),
                Cell(units.significant(one.gb_s)),
                Cell(units.percent(one.worst)),
            ),
        )
        for one in measured
    )
    return Table(
        title="Copies between host and GPU: start + bytes / rate",
        heads=(("direction",), ("start",), ("GB/s",), ("off the", "line")),
        rows=rows,
        notes=(),
        label="device",
        starred=False,
    )


def floors(measured: Sequence[Floor]) -> Table:
    """Return a line for every framework, mode and device, the fastest first."""
    known = {(one.target, one.step): one.step_s for one in measured}
    lines = {
        one.target: [known.get((one.target, step)) for step in STEPS]
        for one in sorted(measured, key=lambda one: one.step_s)
    }
    return Table(
        title="Dispatch floor",
        heads=tuple(STEPS.values()),
        rows=tuple(
            (_name(target), tuple(cell(one, units.duration) for one in times))
            for target, times in lines.items()
        ),
        notes=(),
        label="framework",
        starred=False,
    )


def _name(target: Target) -> str:
    device = "" if target.device == "cpu" else f" {target.device}"
    return f"{target.backend} {target.mode}{device}"
