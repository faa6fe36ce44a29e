"""The JSON Schemas say what is written: kept copies are current, and a kept run obeys them."""

import json
from pathlib import Path

import jsonschema
import pytest

from dlbench.errors import UsageError
from dlbench.results import schema

ROOT = Path(__file__).parents[2]
RUN = ROOT / "tests" / "data" / "run-v1"


def validator(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(schema.schema(name))


@pytest.mark.parametrize("name", schema.SCHEMAS)
def test_the_kept_copy_is_what_the_code_says(name: str) -> None:
    kept = (ROOT / "docs" / "schema" / f"{name}.json").read_text(encoding="utf-8")
    assert kept == schema.text(name), "run: nox -s schema"


@pytest.mark.parametrize("name", schema.SCHEMAS)
def test_a_schema_is_itself_valid(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema.schema(name))


def test_the_head_of_a_run_obeys_its_schema() -> None:
    run = json.loads((RUN / "run.json").read_bytes())
    validator("run").validate(run)
    validator("plan").validate(run["plan"])


def test_every_measurement_obeys_its_schema() -> None:
    lines = (RUN / "measurements.jsonl").read_bytes().splitlines()
    assert lines
    for line in lines:
        validator("measurement").validate(json.loads(line))


def test_a_schema_refuses_what_the_code_refuses() -> None:
    line = json.loads((RUN / "measurements.jsonl").read_bytes().splitlines()[0])
    for broken in ({**line, "status": "fine"}, {**line, "extra": 1}, {"status": "ok"}):
        assert not validator("measurement").is_valid(broken)


def test_an_unknown_schema_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match=r"'rows'.*plan, run, measurement"):
        schema.schema("rows")
