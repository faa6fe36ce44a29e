"""Name targets and workloads in words, for tables, charts and sentences.

A name tells what differs among the targets or workloads shown together; what they have in common is
said once, elsewhere.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

from dlbench import units
from dlbench.analysis.rows import Row, timed_rows
from dlbench.records.case import BARE, Target, Workload

TARGET_AXES = ("backend", "device", "mode", "dtype", "threads", "loop", "callbacks", "call")

# What stands beside the named values of an axis in place of an empty one.
UNNAMED = {"call": BARE}


# Longest label of a chart or table; longer names are cut.
MOST_CHARACTERS = 48


def words(target: Target, axes: Iterable[str]) -> tuple[str, ...]:
    """The target's value on each axis, as words; empty if it has none."""
    return tuple(_word(target, axis) for axis in axes)


def _word(target: Target, axis: str) -> str:
    if axis == "threads":
        return units.counted(target.threads, "thread")
    return str(getattr(target, axis)) or UNNAMED.get(axis, "")


def words_in_common(target: Target, varying: Iterable[str]) -> list[str]:
    """Return the target's words on all other axes, without those on which it has no value."""
    differing = set(varying)
    axes = [axis for axis in TARGET_AXES if axis not in differing and getattr(target, axis)]
    return list(words(target, axes))


def join_words(target: Target, axes: Iterable[str]) -> str:
    """Join the target's values on these axes, such as `torch eager 2 threads`."""
    return " ".join(filter(None, words(target, axes)))


def varying_axes(targets: Iterable[Target]) -> tuple[str, ...]:
    """The axes on which the targets differ; the backend if they do not differ."""
    return _differing(targets) or ("backend",)


def _differing(targets: Iterable[Target]) -> tuple[str, ...]:
    known = list(targets)
    return tuple(axis for axis in TARGET_AXES if len({getattr(t, axis) for t in known}) > 1)


def target_names(targets: Sequence[Target]) -> dict[Target, str]:
    """Give each target a short name that no other of them has."""
    axes = varying_axes(targets)
    return {target: shorten(join_words(target, axes)) for target in targets}


def names_by_case(rows: Sequence[Row]) -> dict[str, str]:
    """Name the target of each timed row, by the id of its case."""
    timed = timed_rows(rows)
    names = target_names([row.target for row in timed])
    return {row.case: names[row.target] for row in timed}


def shared(targets: Sequence[Target]) -> str:
    """Name what all targets have in common; empty if nothing."""
    return shorten(", ".join(words_in_common(targets[0], _differing(targets))))


class HasWorkload(Protocol):
    """A row of results, or of a plan."""

    @property
    def workload(self) -> Workload:
        """The workload of the row."""


def varying_params(rows: Sequence[HasWorkload]) -> tuple[str, ...]:
    """The names of parameters that differ among the rows, and `network`."""
    every = [row.workload.params for row in rows]
    names = dict.fromkeys(name for params in every for name in params if name not in "mnk")
    values = {name: {params.get(name) for params in every} - {None} for name in names}
    return tuple(name for name in names if len(values[name]) > 1 or name == "network")


def workload_name(workload: Workload, varying: Sequence[str]) -> str:
    """Name a row's workload, such as `matmul 1024` or `forward iris batch 32`.

    The batch is named only if it is among the varying parameters.
    """
    return workload.named(with_batch="batch" in varying)


def workload_names(rows: Sequence[Row]) -> list[str]:
    """Name each row's workload for a table of these rows."""
    varying = varying_params(rows)
    return [workload_name(row.workload, varying) for row in rows]


def one_line(text: str) -> str:
    """Replace line breaks and control characters in a text from results."""
    spaced = (" " if character.isspace() else character for character in text)
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in spaced)


def shorten(text: str, most: int = MOST_CHARACTERS) -> str:
    """Shorten a text from results to the length of a label."""
    line = one_line(text)
    return line if len(line) <= most else line[: most - 1] + "…"
