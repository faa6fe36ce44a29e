"""Static against dynamic graphs: total seconds by number of steps, compiling included."""

from collections.abc import Iterator, Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dlbench import units
from dlbench.analysis.compiling.break_even import TotalTime
from dlbench.analysis.labels import shorten, workload_name
from dlbench.analysis.rows import Row, timed_rows
from dlbench.charts import base
from dlbench.charts.base import Look
from dlbench.records.case import Target

# Height of a panel in inches, and most panels of a figure, so that it fits on a page.
HEIGHT, MOST_PANELS = 2.6, 6
# The kind of work to show if there are several: first what users repeat most.
PREFERRED = ("train_step", "backward", "forward", "predict")
# Lines end at this multiple of the last crossing. They have this many points, since a straight line
# is curved between logarithmic axes.
BEYOND, POINTS = 10.0, 60
# Lines reach at least this number of steps.
LEAST_STEPS = 1000.0
# Crossings beyond this number of steps are ignored: modes of nearly equal speed cross there.
MOST_STEPS = 1e6


def draw(rows: Sequence[Row]) -> Figure | None:
    """Draw a panel per workload, a line per target, and a mark with its interval at a crossing.

    A mode that pays at once has no crossing: its line lies below that of its twin from the first
    step on. What a process pays once, the start of device and compiler, is not drawn. Solid lines
    are static modes. The marker at its end identifies a line if colours repeat.
    """
    known = [row for row in timed_rows(rows) if row.break_even.state]
    kinds = {row.workload.kind for row in known}
    kind = next((one for one in PREFERRED if one in kinds), min(kinds, default=""))
    workloads = list(dict.fromkeys(row.workload.id for row in known if row.workload.kind == kind))
    panels = [
        [row for row in timed_rows(rows) if row.workload.id == workload and _is_known(row)]
        for workload in workloads[:MOST_PANELS]
    ]
    if not panels:
        return None
    shown = [row for panel in panels for row in panel]
    looks = base.looks(rows, shown)
    title = "Compiling included: seconds by number of steps"
    note = _note(rows, len(workloads) - len(panels))
    figure, all_axes = base.figure(title, [HEIGHT] * len(panels), looks, note)
    steps = _steps(panels)
    for axes, panel in zip(all_axes, panels, strict=True):
        _panel(axes, panel, looks, steps)
    base.log_scale(all_axes[-1], "x", (steps[0], steps[-1]))
    all_axes[-1].set_xlabel("steps (log scale)")
    return figure


def _is_known(row: Row) -> bool:
    """Return whether the total time is known; a static row needs its compile time too."""
    return row.mode_kind == "dynamic" or row.compile.seconds is not None


def _note(rows: Sequence[Row], left_out: int) -> str:
    marks = (
        "solid: static, dashed: eager\n"
        "mark within a line: compiling has paid off, with its 95 % interval; "
        "no mark, and below its own eager line: it pays at once"
    )
    note = "; ".join(filter(None, (base.shared(rows), marks)))
    if left_out:
        more = units.counted(left_out, "more workload")
        note += f"\nnot drawn: {more}, which the tables have"
    return note


def _steps(panels: Sequence[Sequence[Row]]) -> list[float]:
    """Step numbers from 1 to beyond the last crossing, evenly spaced on a logarithmic axis."""
    crossings = [one for panel in panels for one in _crossings(panel)]
    last = max([LEAST_STEPS, *(BEYOND * crossing for crossing in crossings)])
    return [last ** (point / POINTS) for point in range(POINTS + 1)]


def _crossings(rows: Sequence[Row]) -> Iterator[float]:
    """Steps at which static modes overtake their twins, and the fastest dynamic mode."""
    own = (row.break_even.steps for row in rows if row.break_even.state == "pays")
    yield from (steps for steps in own if steps is not None and steps <= MOST_STEPS)
    dynamic = sorted(
        (_total(row) for row in rows if row.mode_kind == "dynamic" and row.time.seconds),
        key=lambda total: total.step_s,
    )
    for row in rows:
        total = _total(row)
        if row.mode_kind == "static" and dynamic and 0 < total.step_s < dynamic[0].step_s:
            crossing = total.crossing(dynamic[0])
            if 0 < crossing <= MOST_STEPS:
                yield crossing


def _panel(
    axes: Axes, rows: Sequence[Row], looks: Mapping[Target, Look], steps: Sequence[float]
) -> None:
    axes.set_title(shorten(workload_name(rows[0].workload, ["batch"])), loc="left")
    totals: list[float] = []
    for row in rows:
        look = looks[row.target]
        line = [_total(row).of(count) for count in steps]
        totals += line
        style = "-" if row.mode_kind == "static" else "--"
        axes.plot(steps, line, linestyle=style, **look.style, markevery=[POINTS])
        when = row.break_even
        if when.state == "pays" and when.steps:
            at = when.steps
            low, high = when.low or at, when.high or at
            whiskers = [[max(0.0, at - low)], [max(0.0, high - at)]]
            axes.errorbar([at], [_total(row).of(at)], xerr=whiskers, **look.style)
    base.log_scale(axes, "y", (min(totals), max(totals)))
    axes.set_ylabel("seconds (log scale)")


def _total(row: Row) -> TotalTime:
    """Total time: what the first calls cost, then the steps."""
    first_s = row.compile.seconds if row.mode_kind == "static" else row.time.first_calls_s
    return TotalTime(first_s or 0.0, row.time.seconds or 0.0)
