"""JSON for programs: the run's head, its self-check, and a row for every case."""

import msgspec
from rich.console import Console

from dlbench.analysis.columns import flatten
from dlbench.formats.base import Document

DECLARATION = {"option": "json"}


def write(document: Document, _: Console, /) -> str:
    """Return an object with `run` (without the plan's cases), `nulls`, `answers` and `rows`.

    Of answers alone: with `run` and `answers`.
    """
    run, reading = msgspec.to_builtins(document.run), document.reading
    del run["plan"]["groups"]
    parts = {"run": run, "answers": document.answered}
    if not document.is_answer:
        rows = [flatten(row) for row in reading.rows]
        parts = {"run": run, "nulls": reading.nulls, "answers": document.answered, "rows": rows}
    text = msgspec.json.encode(parts)
    return f"{msgspec.json.format(text).decode()}\n"
