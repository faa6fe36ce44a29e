"""A crossover on a page: on a terminal, in Markdown, in JSON."""

import io
import json

import pytest
from msgspec.structs import replace
from rich.console import Console

from dlbench.report.crossing import page
from fakes.crossings import GPU, PLACES, subject
from fakes.runs import TORCH


def written(form: str = "table", found=None, width: int = 80, *, terminal: bool = False) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=terminal, color_system=None)
    return page.write(found or subject(), console, form)


def test_the_page_begins_with_the_answer() -> None:
    lines = written().splitlines()
    assert lines[1:6] == [
        "forward iris by batch: numpy against torch",
        "cpu, eager, float32, 2 threads, data on the device",
        "",
        "Below batch 96 [80–116] use numpy, from there on torch",
        "[ ]: 95 % interval",
    ]


def test_every_value_has_a_line() -> None:
    words = [line.split() for line in written().splitlines() if line]
    lines = {head: rest for head, *rest in words}
    assert lines["1"] == ["10.0", "µs", "90.0", "µs", "9.0x", "8.2–9.9", "numpy"]
    assert lines["96"][-1] == "unsure"
    assert lines["4,096"][-1] == "torch"


def test_nothing_is_wider_than_a_terminal() -> None:
    assert max(map(len, written(terminal=True).splitlines())) <= 80


def test_what_was_not_measured_is_a_dash() -> None:
    places = (replace(PLACES[0], right_s=None, ratio=None, low=None, high=None, faster=None),)
    found = subject(places=places, sure=(), change=None, left_cost=None, right_cost=None)
    (line,) = [line for line in written(found=found).splitlines() if line.startswith("1 ")]
    assert line.split() == ["1", "10.0", "µs", "–", "–", "–", "–"]


def test_a_ratio_without_an_interval_is_shown_alone() -> None:
    places = (replace(PLACES[0], low=None, high=None, faster=None),)
    found = subject(places=places, sure=(), change=None)
    assert ["9.00x", "–", "unsure"] in [
        line.split()[-3:] for line in written(found=found).splitlines()
    ]


def test_markdown_has_the_same() -> None:
    text = written("md")
    assert "**Below batch 96 \\[80–116\\] use numpy, from there on torch**" in text
    assert "| 1 | **10.0 µs** | 90.0 µs | 9.0x | 8.2–9.9 | numpy |" in text
    assert "- numpy: a step takes about" in text


def test_json_has_the_comparison_as_data() -> None:
    told = json.loads(written("json"))
    assert told["answer"] == "Below batch 96 [80–116] use numpy, from there on torch"
    assert told["crossover"]["change"] == {
        "value": 95.6,
        "low": 80.4,
        "high": 115.2,
        "below": "left",
        "last_below": 64,
        "first_above": 128,
        "how": "line",
    }
    assert [one["value"] for one in told["crossover"]["places"]] == [1, 64, 96, 128, 4096]
    assert "groups" not in told["run"]["plan"]
    assert told["run"]["id"]


@pytest.mark.parametrize("form", ["table", "md", "json"])
def test_names_from_results_are_escaped(form: str) -> None:
    nasty = replace(TORCH, backend="<b>\x1b[31m|x")
    text = written(form, subject(nasty, GPU))
    assert "\x1b" not in text
    assert "<b>" not in text or form != "md"
