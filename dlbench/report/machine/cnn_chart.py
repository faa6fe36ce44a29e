"""The lecture's chart as a picture: a mark for every network and device."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from dlbench.charts import base
from dlbench.charts.base import COLOURS, MARKERS, Look, Picture
from dlbench.errors import unwritable
from dlbench.machine import peaks
from dlbench.records.machine.roofs import Ceiling
from dlbench.report.machine.cnn import IMAGES, NOTE, PUBLISHED, at_ceiling_ms, devices, word

NAME = "cnn"
ABOUT = "The lecture's chart: convolutional networks as published, and this machine at its ceiling."

# Inches.
HEIGHT = 3.4


def picture(ceilings: Sequence[Ceiling]) -> Picture | None:
    """Return the chart; None without a float32 ceiling."""
    return base.drawn(NAME, ABOUT, lambda: draw(ceilings) if devices(ceilings) else None)


def write(ceilings: Sequence[Ceiling], folder: Path) -> list[Path]:
    """Write the chart as SVG and PNG into a folder; return the files, none without a ceiling.

    Raises UsageError if other files have their names, or if they cannot be written.
    """
    if not devices(ceilings):
        return []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return base.save(NAME, lambda: draw(ceilings), folder)
    except OSError as error:
        raise unwritable("the chart", folder, error) from error


def draw(ceilings: Sequence[Ceiling]) -> Figure:
    """Draw a mark per network and device, on a logarithmic axis of time."""
    known, networks = devices(ceilings), peaks.convolutional()
    series = {
        " ".join(head): [float(getattr(one, name)) for one in networks]
        for name, head in PUBLISHED.items()
    }
    for device, gflops in known.items():
        label = f"this {word(device)}, at best"
        series[label] = [at_ceiling_ms(one, gflops) for one in networks]
    looks = {
        label: Look(label, COLOURS[place % len(COLOURS)], MARKERS[place % len(MARKERS)])
        for place, label in enumerate(series)
    }
    title = f"Convolutional networks: forward and backward pass of {IMAGES} images"
    figure, (axes,) = base.figure(title, [HEIGHT], looks, NOTE)
    for label, values in series.items():
        axes.plot(range(len(networks)), values, linestyle="none", **looks[label].style)
    axes.set_xticks(range(len(networks)), [one.network for one in networks])
    base.log_scale(axes, "y", [ms for values in series.values() for ms in values])
    axes.set_ylabel("ms (log scale), less is better")
    return figure
