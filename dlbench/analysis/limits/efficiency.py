"""Shares of a row's time and speed: overhead of a floor, and utilisation of a ceiling.

Overhead: the time of the smallest step of the same kind, in the same mode on the same device and in
the same run, over the time of the step. The smallest step is nearly all dispatch, so this is the
share that the framework needs before it computes anything.

Utilisation: the FLOPs that a network needs, over the time, over the rate of the fastest matrix
product of the same run on the same device (model-FLOP utilisation of Chowdhery et al. 2022, PaLM,
section 4.1, with that rate in place of the vendor's peak).

Input: an epoch, or a call from an array, waits for the device by itself, so its blocks do not tell
what sets its time. But the run may have the same step on data that is on the device already.
"""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from dlbench.analysis.rows import Row, is_timed
from dlbench.records.case import Target
from dlbench.stats.device_use import CPU, Bound, waits_for_itself

FLOOR, CEILING = "floor", "matmul"

Place = tuple[str, ...]


def with_efficiency(rows: Sequence[Row]) -> list[Row]:
    """Return the rows, those of networks with their shares, where the run has floor or ceiling."""
    found, ceilings = floors(rows), _ceilings(rows)
    return [_with(row, found, ceilings) for row in rows]


def _with(row: Row, floors_s: dict[Place, float], ceilings: dict[Place, float]) -> Row:
    if "network" not in row.workload.params:
        return row
    overhead = _overhead(row, floors_s.get(dispatch(row, row.workload.kind)))
    utilisation = _utilisation(row, ceilings.get(_hardware(row)))
    efficiency = replace(row.efficiency, overhead=overhead, utilisation=utilisation)
    return replace(row, efficiency=efficiency)


def floors(rows: Sequence[Row]) -> dict[Place, float]:
    """Return the seconds of every smallest step of a run, by `dispatch`."""
    return {
        dispatch(row, str(row.workload.params["pass"])): row.time.seconds or 0.0
        for row in rows
        if row.workload.kind == FLOOR and is_timed(row)
    }


def _ceilings(rows: Sequence[Row]) -> dict[Place, float]:
    """The GFLOP/s of the fastest matrix product, of whatever backend."""
    ceilings: dict[Place, float] = {}
    for row in rows:
        if row.workload.kind == CEILING and is_timed(row) and row.time.gflops:
            place = _hardware(row)
            ceilings[place] = max(row.time.gflops, ceilings.get(place, 0.0))
    return ceilings


def _overhead(row: Row, floor_s: float | None) -> float | None:
    """At most 1, since a floor may come out a little longer than the step."""
    if floor_s is None or not row.time.seconds:
        return None
    return min(1.0, floor_s / row.time.seconds)


def _utilisation(row: Row, ceiling: float | None) -> float | None:
    if ceiling is None or row.time.gflops is None:
        return None
    return row.time.gflops / ceiling


def _hardware(row: Row) -> Place:
    return row.target.device, row.target.dtype, str(row.target.threads)


def dispatch(row: Row, kind: str) -> Place:
    """Return what the time of the smallest step depends on. kind: of the step."""
    return kind, row.target.backend, row.target.mode, row.target.call, *_hardware(row)


# The input sets the time if the bare step takes less than this share of it, as with the other
# bounds (stats/issue.py): between 0.8 and 1.25 nothing is told.
BARE_SHARE = 0.8

STEP, EPOCH = "train_step", "epoch"

Bare = tuple[str, Target]


def with_feeding(rows: Sequence[Row]) -> list[Row]:
    """Return the rows, those that bring their data along with their bound where it can be told."""
    bare = {
        (row.workload.id, row.target): row
        for row in rows
        if is_timed(row) and not waits_for_itself(row.target)
    }
    return [_with_bound(row, bare) for row in rows]


def _with_bound(row: Row, bare: Mapping[Bare, Row]) -> Row:
    if row.target.device == CPU or not waits_for_itself(row.target) or not is_timed(row):
        return row
    twin = _twin(row, bare)
    bound = None if twin is None else _bound(row, twin)
    return replace(row, device=replace(row.device, bound=bound))


def _twin(row: Row, bare: Mapping[Bare, Row]) -> Row | None:
    """Return the row of the same step without its input."""
    target = replace(row.target, loop="", callbacks="", call="")
    workload = row.workload
    if workload.kind == EPOCH:
        workload = replace(workload, kind=STEP)
    return bare.get((workload.id, target))


def _bound(row: Row, twin: Row) -> Bound | None:
    """Return `input`, or the bound of the bare step if that takes nearly all the time."""
    step_s = (row.time.seconds or 0.0) / (row.steps or 1)
    bare_s = twin.time.seconds or 0.0
    return "input" if bare_s < BARE_SHARE * step_s else twin.device.bound
