"""Threads: how many times as fast as with the fewest threads, a line per target."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from msgspec.structs import replace

from dlbench import units
from dlbench.analysis.labels import shorten, workload_name
from dlbench.analysis.rows import Row, timed_rows
from dlbench.charts import base
from dlbench.charts.base import MUTED, Look
from dlbench.grouping import grouped
from dlbench.records.case import Target

# Inches of a panel, and panels of a figure; the tables have the others.
HEIGHT, MOST_PANELS = 2.6, 6

# A single number of threads is no line.
FEWEST_COUNTS = 2


def draw(rows: Sequence[Row]) -> Figure | None:
    """Draw a panel per workload, for the targets on a CPU with several numbers of threads."""
    by_workload = grouped(timed_rows(rows), lambda row: row.workload.id).values()
    every = [panel for those in by_workload if (panel := _lines(those))]
    panels = every[:MOST_PANELS]
    if not panels:
        return None
    drawn = [row for panel in panels for line in panel for row in line]
    looks = base.looks([*map(_any, rows)], [*map(_any, drawn)])
    title = "Threads: how many times as fast as with the fewest"
    left = len(every) - len(panels)
    more = f"; not drawn: {units.counted(left, 'more workload')}" if left else ""
    note = f"{base.common(rows)}; dotted: as many times as fast as there are threads{more}"
    figure, all_axes = base.figure(title, [HEIGHT] * len(panels), looks, note)
    for axes, panel in zip(all_axes, panels, strict=True):
        _panel(axes, panel, looks)
        axes.set_title(shorten(workload_name(panel[0][0].workload, ("batch",))), loc="left")
    base.log_scale_at(all_axes[-1], "x", [row.target.threads for row in drawn])
    all_axes[-1].set_xlabel("threads")
    return figure


def _any(row: Row) -> Row:
    """Return the row without its threads, so that a line has one look."""
    return replace(row, target=_target(row))


def _target(row: Row) -> Target:
    return replace(row.target, threads=0)


def _lines(rows: Sequence[Row]) -> list[list[Row]]:
    """Return the rows of every target that has several numbers of threads, the fewest first."""
    on_cpu = [row for row in rows if row.target.device == "cpu" and row.target.threads > 0]
    lines = grouped(on_cpu, _target).values()
    return [
        sorted(line, key=lambda row: row.target.threads)
        for line in lines
        if len({row.target.threads for row in line}) >= FEWEST_COUNTS
    ]


def _panel(axes: Axes, lines: Sequence[Sequence[Row]], looks: Mapping[Target, Look]) -> None:
    every = [rate for line in lines for rate in _rates(line)]
    counts = [row.target.threads for line in lines for row in line]
    ideal = [count / min(counts) for count in (min(counts), max(counts))]
    axes.plot([min(counts), max(counts)], ideal, ":", color=MUTED, zorder=1)
    for line in lines:
        whiskers = base.intervals(line, _rates(line))
        places = [row.target.threads for row in line]
        look = looks[_target(line[0])]
        axes.errorbar(places, _rates(line), yerr=whiskers, linestyle="-", **look.style)
    base.log_scale(axes, "y", [*every, *ideal])
    axes.set_ylabel("times as fast")


def _rates(line: Sequence[Row]) -> list[float]:
    """Return the speed with each number of threads, by that with the fewest."""
    first = line[0].time.seconds or 0.0
    return [first / row.time.seconds for row in line if row.time.seconds]
