"""JSON Schemas of everything that dlbench writes or prints as JSON, for other programs."""

from typing import Any, Final, get_type_hints

import msgspec

from dlbench.analysis.columns import COLUMNS
from dlbench.analysis.nulls import Nulls
from dlbench.analysis.rows import Row
from dlbench.answers.answer import Answers
from dlbench.errors import unknown
from dlbench.records.machine.checkup import Checkup
from dlbench.results import schema as stored


def _column(place: str) -> Any:
    """Return the type of a column by its place in a row."""
    kind: Any = Row
    for name in place.split("."):
        found = getattr(kind, name, None)
        getter = found.fget if isinstance(found, property) else None
        kind = get_type_hints(getter)["return"] if getter else get_type_hints(kind)[name]
    return kind


# One case in `dlbench show --format json`.
Columns = msgspec.defstruct("Columns", [(name, _column(place)) for name, place in COLUMNS.items()])

# What `dlbench show --format json` prints; `run` is the head of the run without the plan's cases.
Shown = msgspec.defstruct(
    "Shown",
    [
        ("run", dict[str, Any]),
        ("nulls", Nulls),
        ("answers", Answers),
        ("rows", list[Columns]),  # type: ignore[valid-type]
    ],
)

# What `dlbench answer --format json` prints.
Answered = msgspec.defstruct("Answered", [("run", dict[str, Any]), ("answers", Answers)])

PRINTED: Final[dict[str, type]] = {"show": Shown, "answer": Answered, "doctor": Checkup}
NAMES: Final = (*stored.SCHEMAS, *PRINTED)


def schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a file of a results folder, or of a command's JSON."""
    if name in stored.SCHEMAS:
        return stored.schema(name)
    if name not in PRINTED:
        raise unknown("schema", name, NAMES)
    return {"$schema": stored.DIALECT, **msgspec.json.schema(PRINTED[name])}


def text(name: str) -> str:
    """Return the schema as text, as in docs/schema/."""
    return msgspec.json.format(msgspec.json.encode(schema(name))).decode() + "\n"
