"""Matrix product: GFLOP/s by size, a line per target."""

from collections.abc import Sequence
from math import prod

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dlbench.charts import _axes, _targets
from dlbench.charts._targets import Look
from dlbench.rows import Row

HEIGHT = 3.2
MILLION = 1_000_000


def draw(rows: Sequence[Row]) -> Figure | None:
    """Both axes logarithmic; square products by n, others by m·n·k."""
    products = [row for row in _targets.measured(rows) if _sizes(row) and row.gflops]
    if not products:
        return None
    square = all(len(set(_sizes(row))) == 1 for row in products)
    size = "size n of n × n matrices" if square else "m·n·k"
    looks = _targets.looks(rows, products)
    title = f"Matrix product: GFLOP/s by {size}"
    figure, (axes,) = _axes.figure(title, [HEIGHT], looks, _axes.common(rows))
    for target, look in looks.items():
        _line(axes, look, [row for row in products if _targets.key(row) == target], square)
    _scales(axes, products, square)
    return figure


def _sizes(row: Row) -> list[int]:
    """m, n and k; empty for what is no matrix product."""
    sizes = [row.params.get(axis) for axis in "mnk"] if row.workload == "matmul" else []
    known = [size for size in sizes if isinstance(size, int) and size > 0]
    return known if len(known) == len(sizes) else []


def _place(row: Row, square: bool) -> float:
    return _sizes(row)[0] if square else prod(_sizes(row)) / MILLION


def _line(axes: Axes, look: Look, rows: Sequence[Row], square: bool) -> None:
    ordered = sorted(rows, key=lambda row: _place(row, square))
    rates, places = _rates(ordered), [_place(row, square) for row in ordered]
    axes.errorbar(places, rates, yerr=_axes.intervals(ordered, rates), **look.style)


def _rates(rows: Sequence[Row]) -> list[float]:
    return [row.gflops or 0.0 for row in rows]


def _scales(axes: Axes, rows: Sequence[Row], square: bool) -> None:
    if square:
        _axes.log_scale_at(axes, "x", [_sizes(row)[0] for row in rows])
    else:
        _axes.log_scale(axes, "x", [_place(row, square) for row in rows])
    _axes.log_scale(axes, "y", _rates(rows))
    axes.set(xlabel="n" if square else "m·n·k, millions", ylabel="GFLOP/s, more is better")
