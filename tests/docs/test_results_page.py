"""docs/results.md describes every column of a results table, every field of a sample, no other."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest

from dlbench import load
from fakes.terminal import dlbench

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "results" / "reference"
PAGE = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
RUNS = sorted(path.parent for path in REFERENCE.glob("*/run.json"))

ROW = re.compile(r"^\| `(\w+)` \| ([^|]+) \|[^|]*\| ([^|]+) \|$", re.MULTILINE)


def described(heading: str, level: str = "##") -> list[str]:
    """The names in the tables below a heading, up to the next one of its level or higher."""
    part = PAGE.partition(f"\n{level} {heading}\n")[2]
    part = re.split(rf"\n#{{2,{len(level)}}} ", part)[0]
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


def loaded(kind: str) -> Any:
    """The first stored run, or training, as the library reads it."""
    return load(next(REFERENCE.glob(f"*/{kind}.json")).parent)


def test_every_column_of_a_frame_is_described() -> None:
    own = described("Of cases", "###")
    columns = [*loaded("run").frame().columns]
    assert columns[: len(own)] == own
    assert {*columns[len(own) :]} <= {*described("Columns")}
    assert {*described("Columns")} - {*columns} == {"m", "n", "k", "pass", "shapes"}


def test_every_column_of_the_samples_is_described_and_no_other() -> None:
    names = [*described("Of samples", "###"), *described("Samples")]
    assert sorted(names) == sorted(loaded("run").samples().columns)


def test_every_column_of_a_comparison_is_one_of_the_frame() -> None:
    known = {*described("Of cases", "###"), *described("Columns")}
    assert {*loaded("run").compare().columns} <= known


def test_every_column_of_trainings_and_epochs_is_described_and_no_other() -> None:
    training = loaded("training")
    assert [*training.frame().columns] == described("Of trainings", "###")
    assert [*training.epochs().columns] == described("Of epochs", "###")
