"""Matrix product: GFLOP/s by size, a line per target."""

from collections.abc import Callable, Sequence
from math import prod

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dlbench.analysis.rows import Row, timed_rows
from dlbench.charts import base
from dlbench.charts.base import Look

# Inches.
HEIGHT = 3.2
MILLION = 1_000_000
# A single size is no line; the rankings show it better.
FEWEST_SIZES = 2


def draw(rows: Sequence[Row]) -> Figure | None:
    """Draw rates on logarithmic axes: square products by n, others by m·n·k."""
    timed = timed_rows(rows)
    products = [row for row in timed if _sizes(row) and (row.time.gflops or 0) > 0]
    if len({row.workload.id for row in products}) < FEWEST_SIZES:
        return None
    square = all(len(set(_sizes(row))) == 1 for row in products)
    place, size = (_edge, "size n of n × n matrices") if square else (_volume, "m·n·k")
    looks = base.looks(rows, products)
    title = f"Matrix product: GFLOP/s by {size}"
    kinds = {row.mode_kind for row in products}
    dashes = "; solid: compiled, dashed: eager" if len(kinds) > 1 else ""
    figure, (axes,) = base.figure(title, [HEIGHT], looks, f"{base.common(rows)}{dashes}")
    for target, look in looks.items():
        _line(axes, look, [row for row in products if row.target == target], place)
    if square:
        base.log_scale_at(axes, "x", [_edge(row) for row in products])
    else:
        base.log_scale(axes, "x", [_volume(row) for row in products])
    base.log_scale(axes, "y", _rates(products))
    axes.set(
        xlabel="n" if square else "m·n·k, millions", ylabel="GFLOP/s (log scale), more is better"
    )
    return figure


def _sizes(row: Row) -> list[int]:
    """m, n and k; empty if the row is not a matrix product."""
    workload = row.workload
    sizes = [workload.params.get(axis) for axis in "mnk"] if workload.kind == "matmul" else []
    known = [size for size in sizes if isinstance(size, int) and size > 0]
    return known if len(known) == len(sizes) else []


def _edge(row: Row) -> int:
    return _sizes(row)[0]


def _volume(row: Row) -> float:
    return prod(_sizes(row)) / MILLION


def _rates(rows: Sequence[Row]) -> list[float]:
    return [row.time.gflops or 0.0 for row in rows]


def _line(axes: Axes, look: Look, rows: Sequence[Row], place: Callable[[Row], float]) -> None:
    ordered = sorted(rows, key=place)
    rates = _rates(ordered)
    whiskers = base.intervals(ordered, rates)
    dashes = "--" if ordered[0].mode_kind == "dynamic" else "-"
    places = [place(row) for row in ordered]
    axes.errorbar(places, rates, yerr=whiskers, linestyle=dashes, **look.style)
