"""Runs whose data set is not installed here: they are shown, and what needs it comes from them."""

import csv
import io
import json
import shutil
from pathlib import Path

import pytest

from fakes.terminal import Answer, dlbench

REFERENCE = Path(__file__).parents[2] / "results/reference/20261126-064255-graphs"
ELSEWHERE = "of-a-plug-in"
ROWS = 60_000
EPOCHS = "break_even_epochs"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A copy of a run, with all of its data from elsewhere."""
    folder = shutil.copytree(REFERENCE, tmp_path / "run")
    _rewrite(folder, lambda network: network.update(dataset=ELSEWHERE))
    return folder


def _rewrite(folder: Path, change, rows: int | None = None) -> None:
    head = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    networks = head["plan"]["networks"]
    for network in networks.values():
        change(network)
    if rows is not None:
        head["plan"]["rows"] = dict.fromkeys(networks, rows)
    (folder / "run.json").write_text(json.dumps(head), encoding="utf-8")


def _shown(folder: Path, *words: str) -> Answer:
    answer = dlbench("show", str(folder), *words)
    assert (answer.code, answer.err) == (0, "")
    return answer


def _by_case(folder: Path) -> dict[str, str]:
    lines = csv.DictReader(io.StringIO(_shown(folder, "--format", "csv").out))
    return {line["case"]: line[EPOCHS] for line in lines}


def _epochs(folder: Path) -> set[str]:
    return set(_by_case(folder).values())


def test_steps_are_known_without_the_data_and_epochs_are_not(run: Path) -> None:
    rows = json.loads(_shown(run, "--format", "json").out)["rows"]
    assert any(row["break_even_steps"] for row in rows)
    assert {row[EPOCHS] for row in rows} == {None}
    assert _epochs(run) == {""}
    assert _epochs(REFERENCE) > {""}


@pytest.mark.parametrize("form", ["table", "md"])
def test_the_tables_are_shown(run: Path, form: str) -> None:
    assert "mnist-512" in _shown(run, "--format", form, "--metric", "all").out


def test_the_report_is_written(run: Path) -> None:
    assert dlbench("report", str(run)).code == 0
    assert (run / "report/index.html").exists()


def test_the_rows_of_the_plan_are_enough(run: Path) -> None:
    _rewrite(run, lambda network: None, rows=ROWS)
    assert _epochs(run) > {""}


def test_the_rows_of_the_plan_come_before_those_installed_here(run: Path) -> None:
    _rewrite(run, lambda network: network.update(dataset="mnist"), rows=2 * ROWS)
    ours, theirs = (_by_case(folder) for folder in (run, REFERENCE))
    of_digits = [case for case in ours if "/mnist-" in case and ours[case]]
    assert of_digits
    for case in of_digits:
        assert float(theirs[case]) == pytest.approx(2 * float(ours[case]))
