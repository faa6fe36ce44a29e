"""Turn a figure into an `svg` element of an HTML page.

It must not know what is drawn.
"""

from collections.abc import Mapping
from io import BytesIO
from xml.etree import ElementTree as ET

from matplotlib.figure import Figure

# Elements that a page does not need. A style sheet would apply to the whole page.
DROPPED = ("metadata", "style")


# What the dropped style sheet of matplotlib says.
LINES = {"stroke-linejoin": "round", "stroke-linecap": "butt"}


def element(figure: Figure, name: str, about: str, scheme: Mapping[str, str]) -> str:
    """Write an `svg` element without namespaces and metadata.

    name: prefix of all ids, unique in the page; about: description for readers who cannot see the
    figure; scheme: the page's own colours, by the colours of the figure that they replace.
    """
    stream = BytesIO()
    figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None})
    root = ET.fromstring(stream.getvalue())  # noqa: S314  what matplotlib wrote is well-formed
    for parent in list(root.iter()):
        for child in list(parent):
            if _local(child.tag) in DROPPED:
                parent.remove(child)
    for part in root.iter():
        part.tag = _local(part.tag)
        part.attrib = {_local(n): _value(n, v, name, scheme) for n, v in part.attrib.items()}
    root.attrib.update({**LINES, "role": "img", "aria-label": about})
    return ET.tostring(root, encoding="unicode")


def _local(name: str) -> str:
    """Cut off the namespace."""
    return name.rpartition("}")[2]


def _value(attribute: str, value: str, name: str, scheme: Mapping[str, str]) -> str:
    """Write the value of an attribute with the page's colours and with ids of this figure."""
    if attribute == "id":
        return f"{name}-{value}"
    if _local(attribute) == "href":
        return value.replace("#", f"#{name}-", 1)
    if attribute == "style":
        for colour, variable in scheme.items():
            value = value.replace(colour, variable)
    return value.replace("url(#", f"url(#{name}-")
