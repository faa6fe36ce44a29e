"""JSON for programs: the head of a run, and its rows or trainings."""

from typing import Any

import msgspec
from rich.console import Console

from dlbench.analysis.columns import flatten
from dlbench.formats.base import Document, Sheet, TrainingDocument

DECLARATION = {"option": "json", "export": "json"}


def write(document: Document, _: Console, /) -> str:
    """Return an object with `run` (without the plan's cases), `nulls`, `answers` and `rows`.

    Of answers alone: with `run` and `answers`.
    """
    run, reading = msgspec.to_builtins(document.run), document.reading
    del run["plan"]["groups"]
    if document.is_answer:
        return _text({"run": run, "answers": document.answered})
    rows = [flatten(row) for row in reading.rows]
    parts = {"run": run, "nulls": reading.nulls, "answers": document.answered, "rows": rows}
    return _text(parts)


def write_trainings(document: TrainingDocument, _: Console, /) -> str:
    """Return an object with `run`, `paces`, and `trainings` with all of their epochs."""
    trained = document.trained
    return _text({"run": trained.run, "paces": document.paces, "trainings": trained.results})


def write_sheet(sheet: Sheet, _: Console, /) -> str:
    """Return an object with all that is known."""
    return _text({**sheet.data})


def _text(parts: dict[str, Any]) -> str:
    return f"{msgspec.json.format(msgspec.json.encode(parts)).decode()}\n"
