"""How a target is called and drawn: the same name, colour and marker in all charts of a report.

It must not know matplotlib.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from math import ceil, inf, log10
from pathlib import Path
from typing import Any, Literal
from xml.etree import ElementTree as ET

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

from dlbench import registry, units
from dlbench.analysis import labels
from dlbench.analysis.rows import Row, timed_rows
from dlbench.records.case import Target
from dlbench.stats.location import CONFIDENCE

# Okabe and Ito (2008), Color Universal Design, without black and yellow: one of them would
# vanish on a dark or on a light page.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")


# One more than there are colours, so that colour and marker together repeat only after 42.
MARKERS = ("o", "s", "D", "^", "v", "P", "X")


@dataclass(frozen=True)
class Look:
    """The name of a target, and how its points are drawn."""

    label: str
    colour: str
    marker: str

    @property
    def style(self) -> dict[str, Any]:
        """As matplotlib takes it."""
        return {"color": self.colour, "marker": self.marker}


def looks(rows: Sequence[Row], drawn: Sequence[Row]) -> dict[Target, Look]:
    """The look of every target among `drawn`; `rows`, all of the report, settle which it is."""
    names = labels.target_names(_targets(rows))
    wanted = {row.target for row in drawn}
    return {
        target: Look(name, COLOURS[n % len(COLOURS)], MARKERS[n % len(MARKERS)])
        for n, (target, name) in enumerate(names.items())
        if target in wanted
    }


def shared(rows: Sequence[Row]) -> str:
    """What all measured targets have in common; empty if nothing."""
    return labels.shared(_targets(rows))


def _targets(rows: Sequence[Row]) -> list[Target]:
    """Those measured, in the order of all."""
    wanted = {row.target for row in timed_rows(rows)}
    return [target for target in dict.fromkeys(row.target for row in rows) if target in wanted]


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
    return "; ".join(filter(None, (shared(rows), points)))


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


# These colours are the page's to set, by its scheme; the others are those of the targets.
INK, MUTED, LINE = "#1b1f24", "#5c6672", "#d5dae0"


SCHEME = {INK: "var(--ink)", MUTED: "var(--muted)", LINE: "var(--line)"}


STYLE: dict[str, Any] = {
    "font.size": 9,
    "font.sans-serif": ["DejaVu Sans"],  # comes with matplotlib: the same PNG everywhere
    "text.color": INK,
    "text.parse_math": False,  # names come from results, and a `$` in one is no formula
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
    "svg.fonttype": "none",  # text stays text: it can be searched, and read aloud
}


PNG_DPI = 150


@dataclass(frozen=True)
class Picture:
    """A drawn chart; about: its description, which stands where it cannot be seen."""

    name: str
    about: str
    svg: str
    png: bytes


def pictures(rows: Sequence[Row]) -> list[Picture]:
    """Every chart for which the rows hold something."""
    drawn = (picture(name, rows) for name in registry.names("charts"))
    return [shown for shown in drawn if shown]


def picture(name: str, rows: Sequence[Row]) -> Picture | None:
    """One chart."""
    # The salt makes matplotlib's ids those of this chart, and the same every time.
    with style.context(["default", STYLE | {"svg.hashsalt": name}]):
        figure: Figure | None = registry.load("charts", name).draw(rows)
        if figure is None:
            return None
        about = registry.about("charts", name)
        return Picture(name, about, _svg(figure, name, about), _png(figure))


def save(name: str, draw: Callable[[], Figure], folder: Path) -> list[Path]:
    """A figure that stands alone, as `name`.svg and `name`.png in the folder."""
    paths = [folder / f"{name}.svg", folder / f"{name}.png"]
    with style.context(["default", STYLE | {"svg.hashsalt": name}]):
        figure = draw()
        for path in paths:
            undated = {"Date": None} if path.suffix == ".svg" else {"Software": None}
            figure.savefig(path, dpi=PNG_DPI, metadata=undated)
    return paths


def _png(figure: Figure) -> bytes:
    stream = BytesIO()
    figure.savefig(stream, format="png", dpi=PNG_DPI, metadata={"Software": None})
    return stream.getvalue()


def _svg(figure: Figure, name: str, about: str) -> str:
    """An `svg` element for HTML: no namespaces, no metadata, colours of the page, own ids."""
    stream = BytesIO()
    figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None})
    root = ET.fromstring(stream.getvalue())  # noqa: S314  what matplotlib wrote is well-formed
    for parent in list(root.iter()):
        for child in list(parent):
            if _local(child.tag) in ("metadata", "style"):
                parent.remove(child)
    for element in root.iter():
        element.tag = _local(element.tag)
        element.attrib = {_local(n): _own(n, v, name) for n, v in element.attrib.items()}
    # What matplotlib says in a style sheet, which would be that of the whole page.
    root.attrib.update({"stroke-linejoin": "round", "stroke-linecap": "butt"})
    root.attrib.update({"role": "img", "aria-label": about})
    return ET.tostring(root, encoding="unicode")


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _own(attribute: str, value: str, name: str) -> str:
    """The value of an attribute, with ids that no other chart of the page has."""
    if attribute == "id":
        return f"{name}-{value}"
    if _local(attribute) == "href":
        return value.replace("#", f"#{name}-", 1)
    if attribute == "style":
        for colour, variable in SCHEME.items():
            value = value.replace(colour, variable)
    return value.replace("url(#", f"url(#{name}-")
