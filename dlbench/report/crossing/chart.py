"""The chart of a crossover: the time of a step of both targets along the axis."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dlbench.answers.crossing import CostLine, Place
from dlbench.charts import base
from dlbench.charts.base import Look
from dlbench.errors import unwritable
from dlbench.records.case import Target
from dlbench.report.crossing.page import title
from dlbench.report.crossing.subject import Subject

NAME = "crossover"

# Inches.
HEIGHT = 3.6

# Of the band in which the faster target changes.
BAND = 0.15

DOTTED, SHADED = "dotted: start + work / rate", "band: the faster target changes"

# A cost line is a curve on logarithmic axes.
CURVE_POINTS = 64

MILLISECOND = 1e3


def write(subject: Subject, folder: Path) -> list[Path]:
    """Write `crossover.svg` and `crossover.png`; the files, none if too little was timed."""
    if not any(place.left_s and place.right_s for place in subject.comparison.places):
        return []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return base.save(NAME, lambda: draw(subject), folder)
    except OSError as error:
        raise unwritable("the chart", folder, error) from error


def draw(subject: Subject) -> Figure:
    """Draw times on logarithmic axes, both cost lines, and where the faster target changes."""
    found = subject.comparison
    looks = base.looks(subject.rows, subject.rows)
    signs = [DOTTED] if found.change is None else [DOTTED, SHADED]
    note = "; ".join([subject.setting, *signs])
    figure, (axes,) = base.figure(title(subject), [HEIGHT], looks, note)
    if found.change is not None:
        ends = found.change.last_below, found.change.first_above
        axes.axvspan(*ends, color=base.MUTED, alpha=BAND, linewidth=0)
    for target, cost in ((subject.left, found.left_cost), (subject.right, found.right_cost)):
        _target(axes, looks[target], _times(subject, target), found.places, cost)
    timed = [one for one in found.places if one.left_s or one.right_s]
    base.log_scale_at(axes, "x", [one.value for one in timed])
    base.log_scale(axes, "y", [s * MILLISECOND for one in timed for s in _both(one)])
    axes.set(xlabel=subject.axis, ylabel="ms per step (log scale), less is better")
    return figure


def _both(place: Place) -> list[float]:
    return [seconds for seconds in (place.left_s, place.right_s) if seconds]


def _times(subject: Subject, target: Target) -> dict[int, float]:
    """Return the milliseconds of a step by the value of the axis."""
    is_left = target == subject.left
    times = {
        place.value: place.left_s if is_left else place.right_s
        for place in subject.comparison.places
    }
    return {value: MILLISECOND * seconds for value, seconds in times.items() if seconds}


def _target(
    axes: Axes,
    look: Look,
    times: Mapping[int, float],
    places: Sequence[Place],
    cost: CostLine | None,
) -> None:
    axes.plot([*times], [*times.values()], linestyle="-", **look.style)
    if cost is not None:
        values, line = _curve(cost, places)
        axes.plot(values, line, linestyle=":", color=look.colour)


def _curve(cost: CostLine, places: Sequence[Place]) -> tuple[list[float], list[float]]:
    """Return values and milliseconds of a cost line; in between, where work is proportional."""
    first, last = places[0], places[-1]
    if cost.rate_per_s is None:
        return (
            [place.value for place in places],
            [MILLISECOND * cost.seconds(place.flops) for place in places],
        )
    values = [float(value) for value in np.geomspace(first.value, last.value, CURVE_POINTS)]
    return values, [MILLISECOND * (cost.start_s + value / cost.rate_per_s) for value in values]
