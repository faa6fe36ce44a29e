"""How much of what the machine can do a network makes of it: model-FLOP utilisation.

The FLOPs that the network needs, over the time, over the rate of the fastest matrix product that
the same run measured on the same device (Chowdhery et al. 2022, PaLM, section 4.1, with that
rate in place of the vendor's peak).
"""

from collections.abc import Sequence

from msgspec.structs import replace

from dlbench.analysis.rows import Row, is_timed

Place = tuple[str, str, int]


CEILING = "matmul"


def with_utilisation(rows: Sequence[Row]) -> list[Row]:
    """The rows of networks with their share of the ceiling, where the run measured one."""
    ceilings: dict[Place, float] = {}
    for row in rows:
        if row.workload.kind == CEILING and is_timed(row) and row.time.gflops:
            ceilings[_place(row)] = max(row.time.gflops, ceilings.get(_place(row), 0.0))
    return [_with(row, _share(row, ceilings.get(_place(row)))) for row in rows]


def _with(row: Row, utilisation: float | None) -> Row:
    return replace(row, efficiency=replace(row.efficiency, utilisation=utilisation))


def _share(row: Row, ceiling: float | None) -> float | None:
    if ceiling is None or row.time.gflops is None or "network" not in row.workload.params:
        return None
    return row.time.gflops / ceiling


def _place(row: Row) -> Place:
    """Every backend is measured against the fastest of them."""
    return row.target.device, row.target.dtype, row.target.threads
