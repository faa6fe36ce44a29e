"""Figures and axes as all charts have them: a title, a legend, logarithmic scales, intervals.

Numbers come from the rows as they are; the only computing here is of units and of places on the
paper. It must not know what a chart is about.
"""

from collections.abc import Mapping, Sequence
from math import ceil, inf, log10
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

from dlbench import units
from dlbench.charts import _targets
from dlbench.charts._targets import Look
from dlbench.model import Target
from dlbench.rows import Row, timed_rows
from dlbench.stats import CONFIDENCE

Which = Literal["x", "y"]

# Inches.
WIDTH = 7.0
TITLE_HEIGHT, LEGEND_LINE_HEIGHT = 0.8, 0.2
# Characters that fit in a line of the legend, and those that a marker takes.
LEGEND_CHARACTERS, MARKER_CHARACTERS = 108, 9
# Room beyond the outermost points, as a factor: wide enough for two labels at least.
MARGIN = 1.6
# What is labelled of every power of ten, while an axis covers fewer powers than the first number.
SUBS = ((0.9, (1.0, 2.0, 3.0, 4.0, 6.0, 8.0)), (2.5, (1.0, 2.0, 5.0)), (inf, (1.0,)))
# Labels of given places are at least this share of the axis apart.
LABEL_SHARE = 0.07


def figure(
    title: str, heights: Sequence[float], looks: Mapping[Target, Look], note: str
) -> tuple[Figure, list[Axes]]:
    """Panels of these heights, one below the other over one x axis, and a legend headed by note."""
    columns = _columns([look.label for look in looks.values()])
    lines = ceil(len(looks) / columns) + 1
    size = (WIDTH, sum(heights) + TITLE_HEIGHT + LEGEND_LINE_HEIGHT * lines)
    drawn = Figure(figsize=size, layout="constrained")
    drawn.suptitle(title, x=0.01, horizontalalignment="left")
    ratios = {"height_ratios": heights}
    panels = drawn.subplots(len(heights), sharex=True, squeeze=False, gridspec_kw=ratios)
    handles = [Line2D([], [], label=look.label, **look.style) for look in looks.values()]
    drawn.legend(
        handles=handles, loc="outside lower left", ncols=columns, title=note, alignment="left"
    )
    return drawn, list(panels[:, 0])


def _columns(labels: Sequence[str]) -> int:
    widest = max(map(len, labels)) + MARKER_CHARACTERS
    return min(len(labels), max(1, LEGEND_CHARACTERS // widest))


def common(rows: Sequence[Row]) -> str:
    """What is true of all points: the heading of the legend."""
    percent = units.significant(100 * CONFIDENCE, digits=2)
    known = any(row.time.low_s and row.time.high_s for row in timed_rows(rows))
    points = f"medians with {percent} % intervals" if known else "medians"
    return "; ".join(filter(None, (_targets.shared(rows), points)))


def intervals(rows: Sequence[Row], rates: Sequence[float]) -> list[tuple[float, ...]]:
    """How far the intervals of rates reach below and above them; 0 where they are not known."""
    reaches = [_reach(row, rate) for row, rate in zip(rows, rates, strict=True)]
    return list(zip(*reaches, strict=True))


def _reach(row: Row, rate: float) -> tuple[float, float]:
    if not (row.time.seconds and row.time.low_s and row.time.high_s):
        return 0.0, 0.0
    work = rate * row.time.seconds
    return max(0.0, rate - work / row.time.high_s), max(0.0, work / row.time.low_s - rate)


def log_scale(axes: Axes, which: Which, values: Sequence[float]) -> None:
    """A logarithmic axis around the values, with plain numbers at round places."""
    axis, decades = _log_scale(axes, which, values)
    subs = next(subs for most, subs in SUBS if decades < most)
    axis.set_major_locator(LogLocator(subs=subs, numticks=20))
    axis.set_major_formatter(FuncFormatter(lambda value, _: units.significant(value, digits=1)))


def log_scale_at(axes: Axes, which: Which, values: Sequence[int]) -> None:
    """A logarithmic axis labelled with the values themselves, as many as there is room for."""
    axis, decades = _log_scale(axes, which, values)
    kept: list[int] = []
    for value in sorted(set(values)):
        if not kept or log10(value / kept[-1]) >= LABEL_SHARE * decades:
            kept.append(value)
    axis.set_major_locator(FixedLocator(kept))
    axis.set_major_formatter(FuncFormatter(lambda value, _: str(round(value))))


def _log_scale(axes: Axes, which: Which, values: Sequence[float]) -> tuple[Axis, float]:
    """The axis, and how many powers of ten it covers."""
    low, high = min(values) / MARGIN, max(values) * MARGIN
    axes.set(**{f"{which}scale": "log", f"{which}lim": (low, high)})
    axis: Axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_minor_locator(NullLocator())
    return axis, log10(high) - log10(low)
