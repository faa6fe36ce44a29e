"""Shares of a row's time and speed: overhead of a floor, and utilisation of a ceiling.

Overhead: the time of the smallest step of the same kind, in the same mode on the same device and in
the same run, over the time of the step. The smallest step is nearly all dispatch, so this is the
share that the framework needs before it computes anything.

Utilisation: the FLOPs that a network needs, over the time, over the rate of the fastest matrix
product of the same run on the same device (model-FLOP utilisation of Chowdhery et al. 2022, PaLM,
section 4.1, with that rate in place of the vendor's peak).
"""

from collections.abc import Sequence

from msgspec.structs import replace

from dlbench.analysis.rows import Row, is_timed

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
