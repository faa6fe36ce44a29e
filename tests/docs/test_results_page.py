"""docs/results.md describes every column of a results table, every field of a sample, no other."""

import csv
import json
import re
from pathlib import Path

import pytest

from fakes.terminal import dlbench

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
RUNS = sorted(path.parent for path in (ROOT / "results" / "reference").glob("*/run.json"))

ROW = re.compile(r"^\| `(\w+)` \| ([^|]+) \|[^|]*\| ([^|]+) \|$", re.MULTILINE)


def described(heading: str) -> list[str]:
    """The names in the tables below a heading, up to the next one of its level."""
    part = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return [name for name, _, _ in ROW.findall(part)]


def columns(run: Path) -> list[str]:
    """The first line of the CSV of a run."""
    return next(csv.reader(dlbench("show", str(run), "--format", "csv").out.splitlines()))


@pytest.fixture(scope="module")
def written() -> set[str]:
    assert RUNS
    return {name for run in RUNS for name in columns(run)}


def test_every_column_is_described_and_no_other(written: set[str]) -> None:
    assert set(described("Columns")) == written


def test_nothing_is_described_twice() -> None:
    names = described("Columns")
    assert len(names) == len(set(names))


def test_every_field_of_a_sample_is_described_and_no_other() -> None:
    schema = json.loads(dlbench("schema", "measurement").out)
    assert described("Samples") == list(schema["$defs"]["Sample"]["properties"])
