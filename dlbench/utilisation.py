"""How much of what the machine can do a network makes of it: model-FLOP utilisation.

The FLOPs that the network needs, over the time, over the rate of the fastest matrix product that
the same run measured on the same device (Chowdhery et al. 2022, PaLM, section 4.1, with that
rate in place of the vendor's peak).
"""

from collections.abc import Sequence

from msgspec.structs import replace

from dlbench.rows import Row, is_timed

Place = tuple[str, str, int]

CEILING = "matmul"


def with_utilisation(rows: Sequence[Row]) -> list[Row]:
    """The rows of networks with their share of the ceiling, where the run measured one."""
    ceilings: dict[Place, float] = {}
    for row in rows:
        if row.workload == CEILING and is_timed(row) and row.gflops:
            ceilings[_place(row)] = max(row.gflops, ceilings.get(_place(row), 0.0))
    return [replace(row, utilisation=_share(row, ceilings.get(_place(row)))) for row in rows]


def _share(row: Row, ceiling: float | None) -> float | None:
    if ceiling is None or row.gflops is None or "network" not in row.params:
        return None
    return row.gflops / ceiling


def _place(row: Row) -> Place:
    """Every backend is measured against the fastest of them."""
    return row.device, row.dtype, row.threads
