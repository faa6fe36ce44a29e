"""Static against dynamic graphs: total seconds by number of steps, compiling included."""

from collections.abc import Iterator, Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dlbench import units
from dlbench.analysis.break_even import TotalTime
from dlbench.analysis.labels import shortened
from dlbench.analysis.rows import Row, timed_rows
from dlbench.charts import base
from dlbench.charts.base import Look
from dlbench.records.case import Target

# Inches; the first workloads of the run, as a page holds.
HEIGHT, MOST_PANELS = 2.6, 6
# The kind of pass that is shown where there are several: what a user repeats most.
PREFERRED = "train_step"
# How far beyond the last crossing the lines go, and points of a line that is straight only
# between linear axes.
BEYOND, POINTS = 10.0, 60
# The lines go on so far at least.
LEAST_STEPS = 1000.0
# Modes that are as fast as each other would cross in a distant future that nobody waits for.
MOST_STEPS = 1e6


def draw(rows: Sequence[Row]) -> Figure | None:
    """A panel per network, a line per target, a mark with its interval where two modes cross.

    Solid lines are static; the marker at the end says whose line it is where colours repeat.
    """
    judged = [row for row in timed_rows(rows) if row.break_even.state]
    kinds = {row.workload.kind for row in judged}
    kind = PREFERRED if PREFERRED in kinds else min(kinds, default="")
    workloads = list(dict.fromkeys(row.workload.id for row in judged if row.workload.kind == kind))
    panels = [
        [row for row in timed_rows(rows) if row.workload.id == workload and _is_known(row)]
        for workload in workloads[:MOST_PANELS]
    ]
    if not panels:
        return None
    shown = [row for panel in panels for row in panel]
    looks = base.looks(rows, shown)
    title = f"Compiling included: seconds by number of steps ({shortened(kind)})"
    note = _note(rows, len(workloads) - len(panels))
    figure, all_axes = base.figure(title, [HEIGHT] * len(panels), looks, note)
    steps = _steps(panels)
    for axes, panel in zip(all_axes, panels, strict=True):
        _panel(axes, panel, looks, steps)
    base.log_scale(all_axes[-1], "x", (steps[0], steps[-1]))
    all_axes[-1].set_xlabel("steps")
    return figure


def _is_known(row: Row) -> bool:
    """A static row of which nobody knows what compiling cost would seem to start for nothing."""
    return row.mode_kind == "dynamic" or row.compile.seconds is not None


def _note(rows: Sequence[Row], left_out: int) -> str:
    marks = "solid: static; marks on the way: where it has paid, with 95 % intervals"
    note = "; ".join(filter(None, (base.shared(rows), marks)))
    if left_out:
        more = units.counted(left_out, "more workload")
        note += f"\nnot drawn: {more}, which the tables have"
    return note


def _steps(panels: Sequence[Sequence[Row]]) -> list[float]:
    """From the first step to well behind the last crossing, evenly on a logarithmic axis."""
    crossings = [one for panel in panels for one in _crossings(panel)]
    last = max([LEAST_STEPS, *(BEYOND * crossing for crossing in crossings)])
    return [last ** (point / POINTS) for point in range(POINTS + 1)]


def _crossings(rows: Sequence[Row]) -> Iterator[float]:
    """Where static modes have paid, against their twins and against the fastest dynamic mode."""
    own = (row.break_even.steps for row in rows if row.break_even.state == "pays")
    yield from (steps for steps in own if steps is not None and steps <= MOST_STEPS)
    dynamic = [row.time.seconds for row in rows if row.mode_kind == "dynamic" and row.time.seconds]
    for row in rows:
        total = _total(row)
        if total.start_s and dynamic and 0 < total.step_s < min(dynamic):
            crossing = total.crossing(TotalTime(0.0, min(dynamic)))
            if crossing <= MOST_STEPS:
                yield crossing


def _panel(
    axes: Axes, rows: Sequence[Row], looks: Mapping[Target, Look], steps: Sequence[float]
) -> None:
    network, batch = (
        rows[0].workload.params.get("network", ""),
        rows[0].workload.params.get("batch", "–"),
    )
    axes.set_title(shortened(f"{network}, batch {batch}"), loc="left")
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
    axes.set_ylabel("seconds")


def _total(row: Row) -> TotalTime:
    """Compiling, and then the steps."""
    return TotalTime(row.compile.seconds or 0.0, row.time.seconds or 0.0)
