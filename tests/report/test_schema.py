"""The JSON Schemas say what is written and printed: kept copies are current, and runs obey them."""

import json
from pathlib import Path

import jsonschema
import pytest

from dlbench.analysis.columns import COLUMNS
from dlbench.errors import UsageError
from dlbench.report import schema
from fakes.terminal import dlbench

ROOT = Path(__file__).parents[2]
# The others print nothing of a stored run; tests/report/test_checkup.py holds the doctor's.
OF_RUNS = [name for name in schema.PRINTED if name != "doctor"]
RUNS = sorted((ROOT / "results" / "reference").glob("*/run.json"))


@pytest.mark.parametrize("name", schema.NAMES)
def test_the_kept_copy_is_what_the_code_says(name: str) -> None:
    kept = (ROOT / "docs" / "schema" / f"{name}.json").read_text(encoding="utf-8")
    assert kept == schema.text(name), "run: nox -s schema"


@pytest.mark.parametrize("name", schema.NAMES)
def test_a_schema_is_itself_valid(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema.schema(name))


@pytest.mark.parametrize("command", OF_RUNS)
@pytest.mark.parametrize("run", RUNS, ids=lambda path: path.parent.name)
def test_what_a_command_prints_obeys_its_schema(run: Path, command: str) -> None:
    printed = json.loads(dlbench(command, str(run.parent), "--format", "json").out)
    jsonschema.Draft202012Validator(schema.schema(command)).validate(printed)


def test_every_column_is_described() -> None:
    assert list(schema.schema("show")["$defs"]["Columns"]["properties"]) == list(COLUMNS)


def test_an_unknown_schema_is_answered_with_those_that_there_are() -> None:
    with pytest.raises(
        UsageError, match="Allowed: plan, run, measurement, seam, show, answer, doctor"
    ):
        schema.schema("rows")
