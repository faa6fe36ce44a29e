"""A cell of the live table: the time so far, or why there is none."""

import pytest
from msgspec.structs import replace

from dlbench.records.measurement import Flag
from dlbench.report.watching.cells import Cell
from fakes.runs import samples


def cell(*steps_s: float, flags: tuple[Flag, ...] = ()) -> Cell:
    found = Cell()
    found.take(tuple(replace(one, flags=flags) for one in samples(*steps_s)))
    return found


def test_it_sharpens() -> None:
    found = Cell()
    assert found.text == "…"
    texts = []
    for step_s in (1.234e-3, 1.111e-3, 1.171e-3):
        found.take(samples(step_s))
        texts.append(found.text)
    assert texts == ["about 1.2 ms", "about 1.2 ms", "1.17 ms"]


@pytest.mark.parametrize(
    ("seconds", "text"), [(2.5, "2.50 s"), (4.2e-6, "4.20 µs"), (0.0123, "12.3 ms")]
)
def test_every_cell_has_its_own_unit(seconds, text) -> None:
    assert cell(*[seconds] * 3).text == text


def test_disturbed_samples_are_left_out_where_enough_are_quiet() -> None:
    found = cell(*[1.0] * 6)
    found.take(tuple(replace(one, flags=("busy",)) for one in samples(*[5.0] * 9)))
    assert (found.text, found.is_busy) == ("1.00 s", False)


def test_it_says_so_where_most_samples_are_disturbed() -> None:
    assert cell(1.0, 1.0, 1.0, flags=("busy",)).text == "1.00 s (busy)"
    assert cell(1.0, 1.0, 1.0, flags=("throttled",)).text == "1.00 s"


@pytest.mark.parametrize(
    ("status", "text"),
    [
        ("failed", "failed: ValueError: [bold] two words"),
        ("timed_out", "hung: ValueError: [bold] two words"),
        ("parity_failed", "wrong: ValueError: [bold] two words"),
        ("skipped", "skipped: ValueError: [bold] two words"),
    ],
)
def test_failures_and_skips_are_named_and_stay(status, text) -> None:
    found = cell(1.0)
    found.end(status, "ValueError:\n[bold]\ttwo words")
    assert found.text.replace("  ", " ") == text
    assert found.is_failed == (status != "skipped")
    found.end("ok", None)
    assert found.text.replace("  ", " ") == text


def test_an_outcome_without_a_reason_is_a_word() -> None:
    found = Cell()
    found.end("out_of_memory", None)
    assert found.text == "no memory"
