"""The JSON Schemas say what is written: a kept run obeys them."""

import json
from pathlib import Path

import jsonschema
import msgspec

from dlbench.records.seam import Seam
from dlbench.results import schema
from fakes.runs import case, matmul, results

ROOT = Path(__file__).parents[2]
RUN = ROOT / "tests" / "data" / "run-v1"


def validator(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(schema.schema(name))


def test_the_head_of_a_run_obeys_its_schema() -> None:
    run = json.loads((RUN / "run.json").read_bytes())
    validator("run").validate(run)
    validator("plan").validate(run["plan"])


def test_every_measurement_obeys_its_schema() -> None:
    lines = (RUN / "measurements.jsonl").read_bytes().splitlines()
    assert lines
    for line in lines:
        validator("measurement").validate(json.loads(line))


def test_every_seam_obeys_its_schema() -> None:
    check = results((case(matmul(8)), 0.001)).measurements[0]
    for seam in (Seam("2026-11-28T21:50:00+00:00", 3), Seam("2026", 3, 1, check, 1)):
        validator("seam").validate(json.loads(msgspec.json.encode(seam)))


def test_a_schema_refuses_what_the_code_refuses() -> None:
    line = json.loads((RUN / "measurements.jsonl").read_bytes().splitlines()[0])
    for broken in ({**line, "status": "fine"}, {**line, "extra": 1}, {"status": "ok"}):
        assert not validator("measurement").is_valid(broken)
