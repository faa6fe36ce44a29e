"""What was measured of a machine, as tables."""

from msgspec.structs import replace

from dlbench.formats.base import Table
from dlbench.records.machine.roofs import Bandwidth, Blocks, Floor, Roofs, Transfer
from dlbench.report.machine import reach
from fakes.hardware import QUIET, found, target


def texts(table: Table) -> list[list[str]]:
    return [[label, *(cell.text for cell in cells)] for label, cells in table.rows]


def test_a_ceiling_stands_beside_its_peak() -> None:
    assert texts(reach.products(found().ceilings, found().peaks)) == [
        ["float32", "2", "180", "192", "94 %", "1024", "alpha eager"],
        ["float32", "1", "91.0", "-", "-", "512×1024×2048", "beta eager"],
    ]


def test_where_no_peaks_are_kept_there_are_no_columns_of_them() -> None:
    table = reach.products(found().ceilings)
    assert table.heads == (("threads",), ("GFLOP/s",), ("product",), ("reached by",))
    assert texts(table)[0] == ["float32", "2", "180", "1024", "alpha eager"]
    assert table.title == "Matrix products: measured ceiling"


def test_the_smallest_steps_of_a_mode_stand_in_a_line_and_are_ordered_by_their_time() -> None:
    measured = (*found().floors, Floor(target("alpha"), 1e-6, QUIET, "matmul"))
    assert texts(reach.floors(measured)) == [
        ["alpha eager", "2.00 µs", "1.00 µs"],
        ["beta graph", "50.0 µs", "-"],
    ]


def test_a_device_that_is_no_cpu_is_named() -> None:
    there = Floor(target("beta", device="cuda"), 1e-5, QUIET)
    assert reach.floors((there,)).rows[0][0] == "beta eager cuda"


def test_bandwidths_are_of_threads() -> None:
    assert texts(reach.bandwidths((Bandwidth(1, 12.5, 2**28, QUIET),))) == [
        ["1 thread", "12.5", "256 MiB"]
    ]


def test_what_was_not_measured_has_no_table() -> None:
    assert [table.title for table in reach.tables_of(found().roofs)] == [
        "Matrix products: measured ceiling",
        "Memory bandwidth",
        "Dispatch floor",
    ]
    assert reach.tables_of(Roofs("2026-01-01")) == []


def copy(direction, start_s, gb_s, worst, *, pinned):
    there = target("alpha", device="cuda")
    return Transfer(there, direction, pinned, start_s, gb_s, (4096,), worst, QUIET)


def test_copies_have_a_line_for_every_kind_of_memory_and_direction() -> None:
    measured = (
        copy("up", 1e-5, 6.0, 0.03, pinned=False),
        copy("down", 9e-6, 26.0, 0.01, pinned=True),
    )
    assert texts(reach.transfers(measured)) == [
        ["cuda, pageable memory", "to the device", "10.0 µs", "6.00", "3 %"],
        ["cuda, pinned memory", "to the host", "9.00 µs", "26.0", "1 %"],
    ]


def test_disturbed_measurements_are_told() -> None:
    quiet = found().roofs
    assert reach.doubts(quiet) == []
    busy = replace(quiet.ceilings[0], blocks=Blocks(8, 5))
    [text] = reach.doubts(replace(quiet, ceilings=(busy, *quiet.ceilings[1:])))
    assert text.startswith("Other programs disturbed 1 of these 6 measurements")
