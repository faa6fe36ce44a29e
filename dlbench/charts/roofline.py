"""Roofline: GFLOP/s by FLOPs per byte, below what the machine can reach."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dlbench import units
from dlbench.analysis.rows import Row, timed_rows
from dlbench.charts import base
from dlbench.charts.base import MUTED, Look
from dlbench.grouping import grouped
from dlbench.records.case import Target

# Inches of a panel, and panels of a figure; the tables have the others.
HEIGHT, MOST_PANELS = 3.0, 4

# Points: the width of a bar at the launch floor.
BAR_SIZE = 9

NOTE = (
    "line: the fastest matrix product, and the memory left of its bend (data that fit into the "
    "caches may lie above); bar in a target's colour: its launch floor"
)

Place = tuple[str, str, str]


def draw(rows: Sequence[Row]) -> Figure | None:
    """Draw a panel for every device, dtype and number of threads whose ceiling is known."""
    known = [row for row in timed_rows(rows) if _intensity(row) > 0 and _rate(row) > 0]
    panels = dict(list(grouped(known, _place).items())[:MOST_PANELS])
    shown = [row for panel in panels.values() for row in panel if row.roof.ceiling_gflops]
    if not shown:
        return None
    looks = base.looks(rows, shown)
    note = f"{base.common(rows)}; {NOTE}"
    figure, every = base.figure(
        "Roofline: GFLOP/s by FLOPs per byte", [HEIGHT] * len(panels), looks, note
    )
    base.log_scale(every[-1], "x", [_intensity(row) for row in shown])
    for axes, panel in zip(every, panels.values(), strict=True):
        _panel(axes, panel, looks)
        if len(panels) > 1:
            axes.set_title(" ".join(filter(None, _place(panel[0]))), loc="left")
    every[-1].set_xlabel("FLOPs per byte of inputs, weights and results (log scale)")
    return figure


def _intensity(row: Row) -> float:
    return (row.roof.intensity or 0.0) if row.roof.ceiling_gflops else 0.0


def _rate(row: Row) -> float:
    return row.time.gflops or 0.0


def _place(row: Row) -> Place:
    target = row.target
    threads = units.counted(target.threads, "thread") if target.device == "cpu" else ""
    return target.device, target.dtype, threads


def _panel(axes: Axes, panel: Sequence[Row], looks: Mapping[Target, Look]) -> None:
    """Draw the roofs of one device, dtype and number of threads, and its cases below them."""
    ceiling = max(row.roof.ceiling_gflops or 0.0 for row in panel)
    base.log_scale(axes, "y", [*map(_rate, panel), ceiling])
    axes.set_ylabel("GFLOP/s (log scale)")
    _roofs(axes, ceiling, next((row.roof.bandwidth_gb_s for row in panel), None))
    for target, look in looks.items():
        those = [row for row in panel if row.target == target]
        if those:
            _launches(axes, look, those, ceiling)
            _points(axes, look, those)


def _points(axes: Axes, look: Look, rows: Sequence[Row]) -> None:
    places, rates = [*map(_intensity, rows)], [*map(_rate, rows)]
    whiskers = base.intervals(rows, rates)
    axes.errorbar(places, rates, yerr=whiskers, linestyle="none", **look.style)


def _launches(axes: Axes, look: Look, rows: Sequence[Row], ceiling: float) -> None:
    """Draw a bar at the rate of a case whose step takes no longer than the smallest one."""
    bars = [(_intensity(row), _launch_rate(row)) for row in rows if row.roof.floor_s]
    lower = [(place, rate) for place, rate in bars if rate < ceiling]
    if lower:
        axes.plot(*zip(*lower, strict=True), "_", color=look.colour, markersize=BAR_SIZE)


def _launch_rate(row: Row) -> float:
    return 1e-9 * row.workload.work.flops / (row.roof.floor_s or 1.0)


def _roofs(axes: Axes, ceiling: float, bandwidth: float | None) -> None:
    """Draw the ceiling, and left of their bend the slope of the memory where it is known."""
    (left, right), (bottom, _) = axes.get_xlim(), axes.get_ylim()
    bend = max(left, ceiling / bandwidth) if bandwidth else left
    axes.plot([bend, right], [ceiling, ceiling], color=MUTED, zorder=1)
    text = f"  {units.thousands(ceiling)} GFLOP/s"
    # below its left end: above it is the frame, and cases crowd at its right end
    axes.text(bend, ceiling, text, ha="left", va="top", color=MUTED)
    if bandwidth and bend > left:
        start = max(left, bottom / bandwidth)
        axes.plot([start, bend], [start * bandwidth, ceiling], color=MUTED, zorder=1)
        text = f"{units.significant(bandwidth)} GB/s"
        middle = (start * bend) ** 0.5
        axes.text(middle, middle * bandwidth, text, ha="right", va="bottom", color=MUTED)
