"""JSON Schemas of the files that dlbench writes, for other programs."""

from typing import Any, Final

import msgspec

from dlbench.errors import unknown
from dlbench.records.measurement import Measurement
from dlbench.records.plan import Plan
from dlbench.records.run import Run

SCHEMAS: Final = {"plan": Plan, "run": Run, "measurement": Measurement}


def schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of `run.json`, a line of `measurements.jsonl`, or a plan."""
    if name not in SCHEMAS:
        raise unknown("schema", name, SCHEMAS)
    dialect = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": dialect, **msgspec.json.schema(SCHEMAS[name])}


def text(name: str) -> str:
    """Return the schema as text, as in docs/schema/."""
    return msgspec.json.format(msgspec.json.encode(schema(name))).decode() + "\n"
