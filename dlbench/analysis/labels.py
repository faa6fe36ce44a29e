"""What a target and a workload are called, in words: the same in tables, charts and sentences.

A name says what differs among those beside it; what all have in common is said once, elsewhere.
"""

from collections.abc import Iterable, Sequence

from dlbench import units
from dlbench.analysis.rows import Row, timed_rows
from dlbench.records.case import Target, Workload

TARGET_AXES = ("backend", "device", "mode", "dtype", "threads", "loop", "callbacks")


# Parameters that have a place of their own in the name of a workload.
PLACED = {"network", "batch", *"mnk"}


MOST_CHARACTERS = 48


def words(target: Target, axes: Iterable[str]) -> tuple[str, ...]:
    """The target's value on each axis; empty where it has none."""
    return tuple(
        units.counted(target.threads, "thread") if axis == "threads" else getattr(target, axis)
        for axis in axes
    )


def joined(target: Target, axes: Iterable[str]) -> str:
    """Such as `torch eager 2 threads`: what the target has on these axes."""
    return " ".join(filter(None, words(target, axes)))


def varying_axes(targets: Iterable[Target]) -> tuple[str, ...]:
    """The axes on which the targets differ; the backend, if they are all the same."""
    return _differing(targets) or ("backend",)


def _differing(targets: Iterable[Target]) -> tuple[str, ...]:
    known = list(targets)
    return tuple(axis for axis in TARGET_AXES if len({getattr(t, axis) for t in known}) > 1)


def target_names(targets: Sequence[Target]) -> dict[Target, str]:
    """A short name for each target, which tells it from the others."""
    axes = varying_axes(targets)
    return {target: shortened(joined(target, axes)) for target in targets}


def names_by_case(rows: Sequence[Row]) -> dict[str, str]:
    """What the target of each timed row is called among the timed ones."""
    timed = timed_rows(rows)
    names = target_names([row.target for row in timed])
    return {row.case: names[row.target] for row in timed}


def shared(targets: Sequence[Target]) -> str:
    """What all the targets have in common; empty if nothing."""
    differing = _differing(targets)
    axes = [axis for axis in TARGET_AXES if axis not in differing]
    return shortened(", ".join(filter(None, words(targets[0], axes))))


def varying_params(rows: Sequence[Row]) -> tuple[str, ...]:
    """Parameters that are not the same in all rows that have them, and the network's name."""
    every = [row.workload.params for row in rows]
    names = dict.fromkeys(name for params in every for name in params if name not in "mnk")
    values = {name: {params.get(name) for params in every} - {None} for name in names}
    return tuple(name for name in names if len(values[name]) > 1 or name == "network")


def workload_name(workload: Workload, varying: Sequence[str]) -> str:
    """Such as `matmul 1024` or `forward iris batch 32`; the batch only where it varies."""
    params = workload.params
    batch = f"batch {params['batch']}" if "batch" in varying and "batch" in params else ""
    others = (str(value) for name, value in params.items() if name not in PLACED)
    parts = (workload.kind, _sizes(params), str(params.get("network", "")), batch, *others)
    return " ".join(filter(None, parts))


def workload_names(rows: Sequence[Row]) -> list[str]:
    """The name of each row's workload in a table of these rows."""
    varying = varying_params(rows)
    return [workload_name(row.workload, varying) for row in rows]


def _sizes(params: dict[str, int | str]) -> str:
    """`1024` for a square product, `64×32×16` for another, nothing for other workloads."""
    sizes = [str(params[axis]) for axis in "mnk" if axis in params]
    return sizes[0] if len(set(sizes)) == 1 else "×".join(sizes)


def one_line(text: str) -> str:
    """Text from results without line breaks and control characters."""
    spaced = (" " if character.isspace() else character for character in text)
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in spaced)


def shortened(text: str, most: int = MOST_CHARACTERS) -> str:
    """Text from results, fit for a label."""
    line = one_line(text)
    return line if len(line) <= most else line[: most - 1] + "…"
