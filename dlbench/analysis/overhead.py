"""How much of a step is what the framework costs before it computes anything: the dispatch floor.

The time of the smallest step of the same kind (floor.py), in the same mode on the same device and
in the same run, over the time of the step.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from dlbench.analysis.rows import Row, is_timed

FLOOR = "floor"


Place = tuple[str, ...]


def with_overhead(rows: Sequence[Row]) -> list[Row]:
    """The rows of networks with their share of overhead, where the run measured the floor."""
    floors = {
        _place(row, str(row.workload.params["pass"])): row.time.seconds
        for row in rows
        if row.workload.kind == FLOOR and is_timed(row)
    }
    return [_with(row, _share(row, floors.get(_place(row, row.workload.kind)))) for row in rows]


def _with(row: Row, overhead: float | None) -> Row:
    return replace(row, efficiency=replace(row.efficiency, overhead=overhead))


def _share(row: Row, floor_s: float | None) -> float | None:
    """At most all of it: a floor may come out a little longer than the step."""
    if floor_s is None or not row.time.seconds or "network" not in row.workload.params:
        return None
    return min(1.0, floor_s / row.time.seconds)


def _place(row: Row, kind: str) -> Place:
    target = row.target
    return kind, target.backend, target.device, target.mode, target.dtype, str(target.threads)
