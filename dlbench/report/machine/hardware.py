"""The hardware of this machine as tables beside the lecture's, as Markdown, or as JSON."""

from collections.abc import Iterator

import msgspec
from rich.console import Console

from dlbench import units
from dlbench.analysis.labels import one_line
from dlbench.formats import markdown, terminal
from dlbench.formats.base import Cell, Table
from dlbench.machine import peaks
from dlbench.machine.peaks import Told
from dlbench.records.machine.hardware import Hardware, Processor
from dlbench.report.machine import cnn, reach
from dlbench.report.machine.reach import (
    BANDWIDTH_NOTE,
    CEILING_NOTE,
    FLOOR_NOTE,
    TRANSFER_NOTE,
    UNKNOWN,
    cell,
)

# Measured above its peak by more than this: the clock of both differs a little from second to
# second.
ABOVE = 1.02

# With fewer undisturbed blocks than this share, the machine could probably do more.
LEAST_QUIET = 0.5

LECTURE_NOTE = (
    "Lecture: the speed is the maker's, not measured; it prints 3584 cores for the RTX 2080 Ti, "
    "the maker says 4352"
)
FLOP_NOTE = "GFLOP/s: 1e9 floating-point operations a second, 2mnk for a product (m, k) by (k, n)"


def to_json(found: Hardware) -> str:
    """Return all that is known, the lecture's rows, and the networks of its chart, as JSON."""
    chart = peaks.convolutional()
    parts = {"hardware": found, "lecture": peaks.lecture(), "convolutional": chart}
    return f"{msgspec.json.format(msgspec.json.encode(parts)).decode()}\n"


def to_markdown(found: Hardware) -> str:
    """Return the tables and notes as Markdown."""
    notes = "".join(f"- {markdown.escaped(note)}\n" for note in notes_of(found))
    return "\n".join([*map(markdown.of_table, tables(found)), notes])


def show(found: Hardware, console: Console) -> None:
    """Print the tables and notes."""
    for table in tables(found):
        console.print(f"\n{table.title}", style="bold", highlight=False, markup=False)
        for drawing in terminal.to_rich(table, console.width):
            console.print(drawing)
    console.print()
    for note in notes_of(found):
        console.print(
            one_line(note), highlight=False, markup=False, soft_wrap=not console.is_terminal
        )


def tables(found: Hardware) -> list[Table]:
    """Return the tables that have rows."""
    every = (
        processors(found),
        reach.products(found.ceilings, found.peaks),
        reach.bandwidths(found.bandwidths),
        reach.transfers(found.transfers or ()),
        reach.floors(found.floors),
        cnn.table(found.ceilings),
    )
    return [table for table in every if table.rows]


# --- the lecture's table ------------------------------------------------------------------------
def processors(found: Hardware) -> Table:
    """Return the lecture's table: this machine first, then the lecture's two rows."""
    heads = (
        ("cores",),
        ("threads",),
        ("clock", "GHz"),
        ("memory",),
        ("price",),
        ("float32", "GFLOP/s"),
        ("GFLOP/s", "per unit", "of price"),
    )
    here = [_here(one, _speed(found, one.device)) for one in found.processors]
    return Table(
        title="This machine, and the CPU and GPU of the lecture",
        heads=heads,
        rows=(*here, *map(_told, peaks.lecture())),
        notes=(),
        label="processor",
        starred=False,
    )


def _speed(found: Hardware, device: str) -> float | None:
    """Return the highest measured float32 rate of a device."""
    rates = (
        one.gflops
        for one in found.ceilings
        if one.target.device == device and one.target.dtype == "float32"
    )
    return max(rates, default=None)


def _here(one: Processor, gflops: float | None) -> tuple[str, tuple[Cell, ...]]:
    price = one.price
    return f"this machine: {one_line(one.name or one.device)}", (
        cell(one.cores, str),
        cell(one.threads, str),
        cell(one.clock_ghz, units.significant),
        cell(one.memory_bytes, units.size),
        Cell(price.text if price else UNKNOWN),
        cell(gflops, units.thousands),
        cell(gflops / price.amount if price and gflops else None, units.significant),
    )


def _told(one: Told) -> tuple[str, tuple[Cell, ...]]:
    amount = float(one.price.split()[0])
    return one.name, (
        Cell(str(one.cores)),
        cell(one.threads, str),
        Cell(f"{one.clock_ghz:g}"),
        Cell(one.memory),
        Cell(one.price),
        Cell(units.thousands(one.speed_gflops)),
        Cell(units.significant(one.speed_gflops / amount)),
    )


# --- what stands below --------------------------------------------------------------------------
def notes_of(found: Hardware) -> list[str]:
    """Return the lines below the tables, one idea each."""
    return [*_meanings(found), *_of_peaks(found), *_warnings(found), *found.notes]


def _meanings(found: Hardware) -> Iterator[str]:
    yield LECTURE_NOTE
    for one in found.processors:
        if one.clock_source:
            yield f"Clock of {one.name or one.device}: {one.clock_source}"
    if found.ceilings:
        yield FLOP_NOTE
        yield CEILING_NOTE
    if found.bandwidths:
        yield BANDWIDTH_NOTE
    if cnn.table(found.ceilings).rows:
        yield cnn.NOTE
    if found.transfers:
        yield TRANSFER_NOTE
    if found.floors:
        yield FLOOR_NOTE


def _of_peaks(found: Hardware) -> Iterator[str]:
    """Yield where each device's first peak comes from, and which devices have none."""
    devices = dict.fromkeys(one.device for one in found.processors)
    for device in devices:
        first = next((one for one in found.peaks if one.device == device), None)
        if first is None:
            name = next(one.name for one in found.processors if one.device == device) or device
            yield f"No published peak is known for {name}: its speed is measured only"
            continue
        yield f"Peak of {first.dtype}: {first.how}"
        if first.check:
            yield f"Peak of {first.dtype}, checked another way: {first.check}"


def _warnings(found: Hardware) -> Iterator[str]:
    known = {(one.device, one.dtype, one.threads): one for one in found.peaks}
    if any(
        (peak := reach.peak_of(one, known)) is not None and one.gflops > ABOVE * peak.gflops
        for one in found.ceilings
    ):
        yield (
            "A ceiling above its peak: the machine has more cores, units or clock than the system "
            "and the table say; trust the measured value"
        )
    blocks = [
        *(one.blocks for one in found.ceilings),
        *(one.blocks for one in found.bandwidths),
        *(one.blocks for one in found.floors),
    ]
    disturbed, count = sum(one.disturbed for one in blocks), sum(one.count for one in blocks)
    if count and 1 - disturbed / count < LEAST_QUIET:
        yield (
            f"Other programs disturbed {disturbed} of {count} blocks: the machine can probably do "
            "more. End them and repeat: dlbench hardware"
        )
