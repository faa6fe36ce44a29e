"""The tables of a machine, as a person and as a program read them."""

import io
import json

import pytest
from msgspec.structs import replace
from rich.console import Console
from rich.text import Text

from dlbench.records.machine.roofs import Blocks
from dlbench.report.machine import hardware
from fakes.hardware import found


def shown(one, width: int = 80, **options) -> str:
    out = io.StringIO()
    hardware.show(one, Console(file=out, width=width, **options))
    return out.getvalue()


def test_this_machine_stands_beside_the_rows_of_the_lecture() -> None:
    rows = dict(hardware.processors(found()).rows)
    texts = {label: [cell.text for cell in cells] for label, cells in rows.items()}
    assert texts == {
        "this machine: Made-up CPU 9000": ["2", "2", "3.00", "24.0 GiB", "400 USD", "180", "0.450"],
        "Intel Core i7-7700K": ["4", "8", "4.2", "system RAM", "385 USD", "540", "1.40"],
        "NVIDIA RTX 2080 Ti": [
            "3584",
            "-",
            "1.6",
            "11 GB GDDR6",
            "1199 USD",
            "13,400",
            "11.2",
        ],
    }


def test_what_is_not_known_is_a_dash() -> None:
    nothing = replace(found().processors[0], clock_ghz=None, price=None, memory_bytes=None)
    rows = hardware.processors(found(processors=(nothing,), ceilings=())).rows
    assert [cell.text for cell in rows[0][1]] == ["2", "2", "-", "-", "-", "-", "-"]


@pytest.mark.parametrize("is_terminal", [False, True])
def test_tables_fit_into_80_columns(*, is_terminal: bool) -> None:
    name = "13th Gen Intel(R) Core(TM) i9-13900KS with Radeon Graphics 96-Core"
    long = replace(found().processors[0], name=name, cores=192, threads=384)
    text = Text.from_ansi(shown(found(processors=(long,)), force_terminal=is_terminal)).plain
    tables = text.partition("Lecture:")[0].splitlines()
    assert len(tables) > 20
    assert max(map(len, tables)) <= 80


def test_what_was_not_measured_has_no_table() -> None:
    titles = [table.title for table in hardware.tables(found(bandwidths=(), floors=()))]
    assert titles == [
        "This machine, and the CPU and GPU of the lecture",
        "Matrix products: measured ceiling and theoretical peak",
        "The lecture's chart: forward and backward pass of 16 images, ms",
    ]


def test_it_says_where_a_peak_comes_from() -> None:
    notes = hardware.notes_of(found())
    assert "Peak of float32: 2 cores x 3.00 GHz x 32" in notes
    assert "Peak of float32, checked another way: 160 by another clock" in notes


def test_an_unknown_processor_is_measured_only() -> None:
    notes = hardware.notes_of(found(peaks=()))
    assert "No published peak is known for Made-up CPU 9000: its speed is measured only" in notes


def test_a_ceiling_above_its_peak_is_told() -> None:
    low = replace(found().peaks[0], gflops=100.0)
    assert any("above its peak" in note for note in hardware.notes_of(found(peaks=(low,))))
    assert not any("above its peak" in note for note in hardware.notes_of(found()))


def test_a_busy_machine_is_told() -> None:
    busy = tuple(replace(one, blocks=Blocks(8, 7)) for one in found().ceilings)
    others = {"bandwidths": (), "floors": ()}
    notes = hardware.notes_of(found(ceilings=busy, **others))
    assert any("Other programs disturbed 14 of 16 blocks" in note for note in notes)
    assert not any("Other programs" in note for note in hardware.notes_of(found(**others)))


def test_reasons_stand_below() -> None:
    assert hardware.notes_of(found(notes=("Not measured: x",)))[-1] == "Not measured: x"


def test_json_has_every_number_and_the_lecture() -> None:
    given = json.loads(hardware.to_json(found()))
    assert given["hardware"]["ceilings"][0]["gflops"] == 180.0
    assert given["hardware"]["processors"][0]["price"] == {"amount": 400.0, "currency": "USD"}
    assert given["convolutional"][0]["network"] == "VGG-16"
    assert [one["name"] for one in given["lecture"]] == [
        "Intel Core i7-7700K",
        "NVIDIA RTX 2080 Ti",
    ]


def test_markdown_has_the_tables_and_is_escaped() -> None:
    strange = replace(found().processors[0], name="a|b <script> `c`")
    text = hardware.to_markdown(found(processors=(strange,)))
    assert "**This machine, and the CPU and GPU of the lecture**" in text
    assert "| this machine: a\\|b &lt;script&gt; \\`c\\` | 2 |" in text
    assert "| float32 | 2 | 180 | 192 | 94 % | 1024 | alpha eager |" in text
    assert "<script>" not in text


def test_a_terminal_prints_names_as_they_are() -> None:
    strange = replace(found().processors[0], name="[bold]CPU[/bold] \x1b[31m")
    text = shown(found(processors=(strange,)))
    assert "[bold]CPU[/bold]" in text
    assert "\x1b" not in text
