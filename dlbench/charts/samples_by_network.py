"""Networks: samples/s by network and kind of pass, a mark per target."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dlbench.analysis.labels import shorten, workload_name
from dlbench.analysis.rows import Row, timed_rows
from dlbench.charts import base
from dlbench.charts.base import Look
from dlbench.grouping import grouped
from dlbench.records.case import Target

# Height of a network in inches: per target, and at least that of a line of text.
MARK_HEIGHT, LEAST_HEIGHT = 0.07, 0.24
# Height in inches of a panel's heading and of the numbers below it.
PANEL_MARGIN = 0.5
# Share of a network's height that the marks of its targets take.
SPREAD = 0.8


def draw(rows: Sequence[Row]) -> Figure | None:
    """Draw a panel per kind of pass and a line per network over one logarithmic axis of speed."""
    passes = [row for row in timed_rows(rows) if _is_pass(row)]
    if not passes:
        return None
    looks = base.looks(rows, passes)
    panels = grouped(passes, lambda row: row.workload.kind)
    heights = [_height(panel, looks) for panel in panels.values()]
    title = "Networks: samples/s by kind of pass"
    figure, all_axes = base.figure(title, heights, looks, base.common(rows))
    for axes, (kind, panel) in zip(all_axes, panels.items(), strict=True):
        _panel(axes, kind, panel, looks)
    base.log_scale(all_axes[-1], "x", _rates(passes))
    all_axes[-1].set_xlabel("samples/s (log scale), more is better")
    return figure


def _is_pass(row: Row) -> bool:
    return "network" in row.workload.params and (row.time.samples_per_s or 0) > 0


def _names(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(map(_name, rows)))


def _name(row: Row) -> str:
    """The workload without its kind, which is the panel's title."""
    name = workload_name(row.workload, ["batch"])
    return shorten(name.removeprefix(f"{row.workload.kind} "))


def _rates(rows: Sequence[Row]) -> list[float]:
    return [row.time.samples_per_s or 0.0 for row in rows]


def _height(rows: Sequence[Row], looks: Mapping[Target, Look]) -> float:
    return PANEL_MARGIN + len(_names(rows)) * max(LEAST_HEIGHT, MARK_HEIGHT * len(looks))


def _panel(axes: Axes, kind: str, rows: Sequence[Row], looks: Mapping[Target, Look]) -> None:
    names = _names(rows)
    axes.set_title(shorten(kind), loc="left")
    axes.set_ylim(len(names) - 0.5, -0.5)
    _lines(axes, names)
    for n, (target, look) in enumerate(looks.items()):
        shift = SPREAD * ((n + 0.5) / len(looks) - 0.5)
        chosen = [row for row in rows if row.target == target]
        _marks(axes, look, chosen, [names.index(_name(row)) + shift for row in chosen])


def _lines(axes: Axes, names: Sequence[str]) -> None:
    """Write a name beside each line, a rule between two lines, and numbers below the panel."""
    axes.set_yticks(range(len(names)), names)
    axes.set_yticks([n + 0.5 for n in range(len(names) - 1)], minor=True)
    axes.grid(axis="y", visible=False)
    axes.grid(axis="y", which="minor")
    axes.tick_params(axis="y", which="both", length=0)
    axes.tick_params(axis="x", labelbottom=True)


def _marks(axes: Axes, look: Look, rows: Sequence[Row], places: Sequence[float]) -> None:
    whiskers = base.intervals(rows, _rates(rows))
    axes.errorbar(_rates(rows), places, xerr=whiskers, **look.style, linestyle="none")
