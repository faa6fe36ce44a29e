"""JSON Schemas of the files that dlbench writes, for other programs."""

from typing import Any, Final

import msgspec

from dlbench.records.measurement import Measurement
from dlbench.records.plan import Plan
from dlbench.records.run import Run
from dlbench.records.seam import Seam

DIALECT = "https://json-schema.org/draft/2020-12/schema"
SCHEMAS: Final = {"plan": Plan, "run": Run, "measurement": Measurement, "seam": Seam}


def schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a file, or of a line of it, or of a plan."""
    return {"$schema": DIALECT, **msgspec.json.schema(SCHEMAS[name])}
