"""Questions: the axes on which the targets of a run differ."""

from collections.abc import Iterable

from dlbench.analysis.labels import UNNAMED
from dlbench.analysis.rows import Row
from dlbench.records.base import Record

# Axes of a target, and the kind of its mode, which is an axis too. In the order in which people
# ask; later ones are asked where the earlier ones are the same on both sides.
AXES = (
    "device",
    "backend",
    "mode_kind",
    "mode",
    "dtype",
    "threads",
    "loop",
    "callbacks",
    "call",
)

TITLES = {
    "device": "CPU or GPU?",
    "backend": "Which framework?",
    "mode_kind": "Eager or compiled?",
    "mode": "Which mode?",
    "dtype": "Which precision?",
    "threads": "How many threads?",
    "loop": "Which loop?",
    "callbacks": "What do callbacks cost?",
    "call": "Which call?",
}


# What users call a side, and its name in the records.
SIDES = {"CPU": "cpu", "GPU": "cuda", "gpu": "cuda", "eager": "dynamic", "compiled": "static"}


class Question(Record, frozen=True):
    """An axis, and the values that it takes in a run."""

    axis: str
    values: tuple[str, ...]


def value(row: Row, axis: str) -> str:
    """Return the value of a row's target on an axis."""
    if axis == "mode_kind":
        return row.mode_kind
    return str(getattr(row.target, axis)) or UNNAMED.get(axis, "")


def questions(rows: Iterable[Row]) -> list[Question]:
    """Return the questions that timed rows can answer: the axes with several values.

    The mode is asked for only where one backend has several of the same kind.
    """
    known = list(rows)
    found = []
    for axis in AXES:
        values = tuple(dict.fromkeys(value(row, axis) for row in known))
        if len(values) > 1 and (axis != "mode" or _has_several_modes(known)):
            found.append(Question(axis, values))
    return found


def _has_several_modes(rows: Iterable[Row]) -> bool:
    modes: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        modes.setdefault((row.target.backend, row.mode_kind), set()).add(row.target.mode)
    return any(len(those) > 1 for those in modes.values())


def others(row: Row, axis: str) -> tuple[str, ...]:
    """Return the values of a row's target on all other axes: equal for like and like."""
    return tuple(value(row, other) for other in other_axes(axis))


def other_axes(axis: str) -> tuple[str, ...]:
    """Return the axes of `others`; a mode and its kind are one."""
    left_out = {"mode", "mode_kind"} if axis in {"mode", "mode_kind"} else {axis}
    return tuple(other for other in AXES if other not in left_out)
