"""A run as CSV: every field, exact, and no formula for a spreadsheet."""

import csv
import io

import pytest

from dlbench.analysis.columns import COLUMNS, flatten
from dlbench.analysis.rows import Row
from dlbench.formats.csv import of_rows
from dlbench.records.case import Target, Workload
from dlbench.records.measurement import Measurement
from fakes.runs import (
    NUMPY,
    TORCH,
    case,
    forward,
    matmul,
    measured,
    rows,
    samples,
)

SMALL, LARGE = matmul(100), matmul(1000)


BOTH = [
    (case(SMALL, NUMPY), 1e-3),
    (case(SMALL, TORCH), 2e-3),
    (case(LARGE, NUMPY), 0.5),
    (case(LARGE, TORCH), 0.1),
]


def failed(workload: Workload, target: Target, status: str = "failed", reason: str = "it died"):
    of = case(workload, target)
    return of, Measurement(of.id, status, reason, samples=samples(1e-9))


def parsed(found: list[Row]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(of_rows(found), newline="")))


def test_csv_holds_every_field_and_every_parameter() -> None:
    found = rows(*BOTH[:1], (case(forward(), TORCH), 1e-3))
    product, pass_ = parsed(found)
    fields = [name for name in COLUMNS if name != "params"]
    assert list(product) == [*fields[:2], "m", "n", "k", "network", "batch", *fields[2:]]
    assert (product["m"], product["network"], product["batch"]) == ("100", "", "")
    assert (pass_["m"], pass_["network"], pass_["batch"]) == ("", "iris", "32")
    assert product["synthetic"] == "False"


def test_csv_numbers_are_exact_and_what_is_unknown_is_empty() -> None:
    of = case(SMALL)
    (row,) = rows((of, measured(of, 1 / 3)))
    (line,) = parsed([row])
    numbers = [name for name, value in flatten(row).items() if isinstance(value, float)]
    assert {name: float(line[name]) for name in numbers} == {
        name: flatten(row)[name] for name in numbers
    }
    assert {line[name] for name in ("reason", "ci_low_s", "verdict", "parity_error")} == {""}


@pytest.mark.parametrize(
    "reason", ['say "no", or', "two\nlines", "semi;colon", "µs × – é", " padded "]
)
def test_csv_brings_back_any_text(reason: str) -> None:
    (line,) = parsed(rows(failed(SMALL, NUMPY, reason=reason)))
    assert line["reason"] == reason


@pytest.mark.parametrize("reason", ["=1+1", "+1", "-1", "@cmd", "\t=1+1", "\r=1+1", "\r"])
def test_csv_gives_no_formula_to_a_spreadsheet(reason: str) -> None:
    (line,) = parsed(rows(failed(SMALL, NUMPY, reason=reason)))
    assert line["reason"] == f"'{reason}".replace("\r", " ")


def test_csv_of_nothing_is_its_head() -> None:
    assert of_rows([]).count("\n") == 1


def test_a_pivot_table_averages_no_two_workloads() -> None:
    """The kind alone would: `matmul 256` and `matmul 1024` are both `matmul`."""
    steps = ((case(matmul(256), NUMPY), 1e-3), (case(matmul(1024), NUMPY), 9e-3))
    found = parsed(rows(*steps, (case(matmul(256), TORCH), 2e-3)))
    for name in ("label", "workload_id"):
        cells = [(line[name], line["target"]) for line in found]
        assert len(set(cells)) == len(found)
    assert {line["label"] for line in found} == {"matmul 256", "matmul 1024"}
