"""What charts share: the house style, looks of targets, figures, axes, and files.

It must not know any chart.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from math import ceil, inf, log10
from pathlib import Path
from textwrap import wrap
from typing import Any, Literal

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

from dlbench import registry, units
from dlbench.analysis import labels
from dlbench.analysis.rows import Row, timed_rows
from dlbench.charts import _picture, _svg
from dlbench.records.case import Target
from dlbench.stats.location import CONFIDENCE

# Colours that colour-blind readers can distinguish: Okabe and Ito (2008), Color Universal Design,
# without black and yellow, which would vanish on a dark or on a light page.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")


# For the targets of a colour.
MARKERS = ("o", "s", "D", "^", "v", "P", "X")


# Text, weak text and lines. A page replaces them by its own colours, light or dark.
INK, MUTED, LINE = "#1b1f24", "#5c6672", "#d5dae0"


SCHEME = {INK: "var(--ink)", MUTED: "var(--muted)", LINE: "var(--line)"}


STYLE: dict[str, Any] = {
    "font.size": 9,
    "font.sans-serif": ["DejaVu Sans"],  # part of matplotlib, so every machine draws the same PNG
    "text.color": INK,
    "text.parse_math": False,  # a `$` in a name from results is not a formula
    "figure.titlesize": 11,
    "figure.titleweight": "bold",
    "axes.titlesize": 9,
    "axes.titleweight": "bold",
    "axes.titlecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": LINE,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "lines.markersize": 5,
    "lines.linewidth": 1.4,
    "errorbar.capsize": 0,
    "legend.frameon": False,
    "legend.title_fontsize": 9,
    "svg.fonttype": "none",  # text can be searched and read aloud
}


@dataclass(frozen=True)
class Look:
    """Label, colour and marker of a target."""

    label: str
    colour: str
    marker: str

    @property
    def style(self) -> dict[str, Any]:
        """Keyword arguments for matplotlib."""
        return {"color": self.colour, "marker": self.marker}


def looks(rows: Sequence[Row], drawn: Sequence[Row]) -> dict[Target, Look]:
    """Choose the look of every target among `drawn`; all `rows` of a report give the same looks.

    A framework has the same colour in all charts of all runs; its targets have other markers. In
    the charts of a single framework, its targets have a colour each.
    """
    names = labels.target_names(_targets(rows))
    drawn_targets = {row.target for row in drawn}
    places = _places([target.backend for target in names])
    found, used = dict[Target, Look](), Counter[str]()
    for target, name in names.items():
        place = places[target.backend] if len(places) > 1 else len(found)
        colour = COLOURS[place % len(COLOURS)]
        found[target] = Look(name, colour, MARKERS[used[colour] % len(MARKERS)])
        used[colour] += 1
    return {target: look for target, look in found.items() if target in drawn_targets}


def _places(backends: Sequence[str]) -> dict[str, int]:
    """Number the frameworks: those of dlbench as everywhere, others behind them."""
    every = dict.fromkeys((*registry.names("backends"), *backends))
    return {name: place for place, name in enumerate(every) if name in set(backends)}


def shared(rows: Sequence[Row]) -> str:
    """Name what all measured targets have in common; empty if nothing."""
    return labels.shared(_targets(rows))


def _targets(rows: Sequence[Row]) -> list[Target]:
    """The measured targets, in the order of the rows."""
    timed = {row.target for row in timed_rows(rows)}
    return [target for target in dict.fromkeys(row.target for row in rows) if target in timed]


Which = Literal["x", "y"]


# Inches: of a figure, its title, and a line of its legend.
WIDTH = 7.0


TITLE_HEIGHT, LEGEND_LINE_HEIGHT = 0.8, 0.2


# Characters that fit in a line of the legend, and those taken by a marker.
LEGEND_CHARACTERS, MARKER_CHARACTERS = 108, 9

# Characters that fit in a line of the legend's head.
HEAD_CHARACTERS = 96


# Range of an axis beyond its outermost values, as a factor: enough for at least two labels.
PADDING = 1.6


# Multiples of every power of ten to label, for axes of fewer powers of ten than the first number.
SUBS = ((0.9, (1.0, 2.0, 3.0, 4.0, 6.0, 8.0)), (2.5, (1.0, 2.0, 5.0)), (inf, (1.0,)))


# Smallest distance of two labels, as a share of the axis.
LABEL_SHARE = 0.07


def figure(
    title: str, heights: Sequence[float], looks: Mapping[Any, Look], note: str
) -> tuple[Figure, list[Axes]]:
    """Make panels of these heights in inches over one x axis, and a legend with `note` as head."""
    columns = _columns([look.label for look in looks.values()])
    head = [part for line in note.split("\n") for part in wrap(line, HEAD_CHARACTERS)]
    lines = ceil(len(looks) / columns) + len(head)
    size = (WIDTH, sum(heights) + TITLE_HEIGHT + LEGEND_LINE_HEIGHT * lines)
    drawn = Figure(figsize=size, layout="constrained")
    drawn.suptitle(title, x=0.01, horizontalalignment="left")
    ratios = {"height_ratios": heights}
    panels = drawn.subplots(len(heights), sharex=True, squeeze=False, gridspec_kw=ratios)
    handles = [Line2D([], [], label=look.label, **look.style) for look in looks.values()]
    place: dict[str, Any] = {"loc": "outside lower left", "alignment": "left", "ncols": columns}
    drawn.legend(handles=handles, title="\n".join(head), **place)
    return drawn, list(panels[:, 0])


def _columns(labels: Sequence[str]) -> int:
    widest = max(map(len, labels)) + MARKER_CHARACTERS
    return min(len(labels), max(1, LEGEND_CHARACTERS // widest))


def common(rows: Sequence[Row]) -> str:
    """Say what is true of all points, for the head of the legend."""
    percent = units.significant(100 * CONFIDENCE, digits=2)
    known = any(row.time.low_s and row.time.high_s for row in timed_rows(rows))
    points = f"medians with {percent} % intervals" if known else "medians"
    return "; ".join(filter(None, (shared(rows), points)))


def intervals(rows: Sequence[Row], rates: Sequence[float]) -> list[tuple[float, ...]]:
    """Lengths of the intervals below and above the rates; 0 where unknown."""
    reaches = [_reach(row, rate) for row, rate in zip(rows, rates, strict=True)]
    return list(zip(*reaches, strict=True))


def _reach(row: Row, rate: float) -> tuple[float, float]:
    if not (row.time.seconds and row.time.low_s and row.time.high_s):
        return 0.0, 0.0
    work = rate * row.time.seconds
    return max(0.0, rate - work / row.time.high_s), max(0.0, work / row.time.low_s - rate)


def log_scale(axes: Axes, which: Which, values: Sequence[float]) -> None:
    """Make an axis logarithmic around the values, with plain numbers at round places."""
    axis, decades = _log_scale(axes, which, values)
    subs = next(subs for most, subs in SUBS if decades < most)
    axis.set_major_locator(LogLocator(subs=subs, numticks=20))
    axis.set_major_formatter(FuncFormatter(lambda value, _: units.thousands(value, digits=1)))


def log_scale_at(axes: Axes, which: Which, values: Sequence[int]) -> None:
    """Make an axis logarithmic, labelled with as many of the values as there is room for."""
    axis, decades = _log_scale(axes, which, values)
    kept: list[int] = []
    for value in sorted(set(values)):
        if not kept or log10(value / kept[-1]) >= LABEL_SHARE * decades:
            kept.append(value)
    axis.set_major_locator(FixedLocator(kept))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{round(value):,}"))


def _log_scale(axes: Axes, which: Which, values: Sequence[float]) -> tuple[Axis, float]:
    """Make an axis logarithmic; return it and the number of powers of ten that it covers."""
    low, high = min(values) / PADDING, max(values) * PADDING
    axes.set(**{f"{which}scale": "log", f"{which}lim": (low, high)})
    axis: Axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_minor_locator(NullLocator())
    return axis, log10(high) - log10(low)


# A figure of 7 inches has 1050 pixels, about the width of a page.
PNG_DPI = 150


@dataclass(frozen=True)
class Picture:
    """A drawn chart. about: description for readers who cannot see it."""

    name: str
    about: str
    svg: str
    png: bytes


def pictures(rows: Sequence[Row]) -> list[Picture]:
    """Draw every chart for which the rows hold something."""
    drawn = (picture(name, rows) for name in registry.names("charts"))
    return [shown for shown in drawn if shown]


def picture(name: str, rows: Sequence[Row]) -> Picture | None:
    """Draw one chart; None if the rows hold nothing for it."""
    return drawn(
        name, registry.about("charts", name), lambda: registry.load("charts", name).draw(rows)
    )


def drawn(name: str, about: str, draw: Callable[[], Figure | None]) -> Picture | None:
    """Draw a figure in the house style; None if there is none."""
    # with a fixed salt, matplotlib writes the same ids every time
    with style.context(["default", STYLE | {"svg.hashsalt": name}]):
        figure = draw()
        if figure is None:
            return None
        return Picture(name, about, _svg.element(figure, name, about, SCHEME), _png(figure))


def save(name: str, draw: Callable[[], Figure], folder: Path, *, force: bool = False) -> list[Path]:
    """Draw a figure and write `name`.svg and `name`.png into the folder; return their paths.

    Raises UsageError if one of them is no picture of dlbench. force: write over any file.
    """
    paths = [folder / f"{name}{suffix}" for suffix in _picture.METADATA]
    if not force:
        _picture.refuse_others(paths)
    with style.context(["default", STYLE | {"svg.hashsalt": name}]):
        figure = draw()
        for path in paths:
            _picture.save(figure, path, PNG_DPI)
    return paths


def _png(figure: Figure) -> bytes:
    stream = BytesIO()
    figure.savefig(stream, format="png", dpi=PNG_DPI, metadata={"Software": None})
    return stream.getvalue()
