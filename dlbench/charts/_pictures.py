"""A chart as files: SVG to stand inside a page, PNG to stand beside a text; same rows, same bytes.

It must not know what is drawn. The user's matplotlibrc is left out, and put back afterwards.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from matplotlib import style
from matplotlib.figure import Figure

from dlbench import catalog
from dlbench.rows import Row

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
    drawn = (picture(name, rows) for name in catalog.names("charts"))
    return [shown for shown in drawn if shown]


def picture(name: str, rows: Sequence[Row]) -> Picture | None:
    """One chart."""
    # The salt makes matplotlib's ids those of this chart, and the same every time.
    with style.context(["default", STYLE | {"svg.hashsalt": name}]):
        figure: Figure | None = catalog.load("charts", name).draw(rows)
        if figure is None:
            return None
        about = catalog.about("charts", name)
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
