"""Draw a network: a box for every layer with its shapes and parameters.

It reads the network's record alone and needs no framework.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from dlbench.charts.base import COLOURS, INK, LINE, MUTED, save
from dlbench.errors import unwritable
from dlbench.records.images import Conv2D, GlobalAvgPool2D, MaxPool2D, OverImages
from dlbench.records.layers import BatchNorm, Dense, DropConnect, Dropout, Flatten, Layer, LayerNorm
from dlbench.records.network import Network, parameter_count
from dlbench.records.sequences import GRU, LSTM, Embedding, Recurrent, SimpleRNN

# Inches: width and height of a box, gap between boxes, margin, height of the title.
WIDTH, HEIGHT, GAP, MARGIN, TITLE = 4.6, 0.52, 0.26, 0.2, 0.78


# One colour for layers that compute, and others for those that normalise, drop or reshape.
TINTS: Final[dict[type, str]] = {
    Dense: COLOURS[0],
    DropConnect: COLOURS[0],
    BatchNorm: COLOURS[2],
    Dropout: COLOURS[4],
    Flatten: MUTED,
    Conv2D: COLOURS[0],
    MaxPool2D: MUTED,
    GlobalAvgPool2D: MUTED,
    LSTM: COLOURS[0],
    SimpleRNN: COLOURS[0],
    GRU: COLOURS[0],
    Embedding: COLOURS[0],
    LayerNorm: COLOURS[2],
}


TINT_ALPHA = 0.14


class Box(NamedTuple):
    """One layer. shapes: of a sample before and after; parameters: number of trainable ones."""

    title: str
    shapes: str
    parameters: int
    tint: str


def boxes(network: Network) -> Iterator[Box]:
    """List the input and every layer in order."""
    yield Box("input", write_shape(network.inputs), 0, MUTED)
    for layer, shape in network.shaped_layers():
        after = layer.shape_after(shape)
        yield Box(
            _title(layer),
            f"{write_shape(shape)} → {write_shape(after)}",
            layer.parameter_count(shape),
            TINTS[type(layer)],
        )


def write_shape(shape: tuple[int, ...]) -> str:
    """Write a shape, such as `28×28`."""
    return "×".join(map(str, shape))


def _title(layer: Layer) -> str:
    match layer:
        case Dense():
            l2 = f", L2 {layer.l2:g}" if layer.l2 else ""
            return f"dense {layer.units}{_activation(layer)}{l2}"
        case DropConnect():
            return f"dropconnect {layer.units}, rate {layer.rate:g}{_activation(layer)}"
        case Dropout():
            return f"dropout, rate {layer.rate:g}"
        case BatchNorm():
            return "batch norm"
        case Flatten():
            return "flatten"
    return TITLES[type(layer)](layer)


def _conv2d(layer: Conv2D) -> str:
    filters = f"conv2d {layer.filters}, {write_shape(layer.length)}"
    return f"{filters}{_sliding(layer, (1, 1))}{_activation(layer)}"


def _max_pool2d(layer: MaxPool2D) -> str:
    return f"maxpool2d {write_shape(layer.length)}{_sliding(layer, layer.length)}"


def _recurrent(layer: Recurrent) -> str:
    kind = layer.__struct_config__.tag
    return f"{kind} {layer.units}{', sequences' if layer.return_sequences else ''}"


TITLES: Final[dict[type, Callable[[Any], str]]] = {
    Conv2D: _conv2d,
    MaxPool2D: _max_pool2d,
    GlobalAvgPool2D: lambda _: "globalavgpool2d",
    LSTM: _recurrent,
    SimpleRNN: _recurrent,
    GRU: _recurrent,
    Embedding: lambda layer: f"embedding {layer.vocabulary}×{layer.units}",
    LayerNorm: lambda _: "layer norm",
}


def _sliding(layer: OverImages, usual: tuple[int, int]) -> str:
    """Write strides and padding where they are not the usual ones."""
    strides = "" if layer.stride == usual else f", strides {write_shape(layer.stride)}"
    return strides + ("" if layer.padding == "valid" else f", {layer.padding}")


def _activation(layer: Dense | DropConnect | Conv2D) -> str:
    return "" if layer.activation == "linear" else f", {layer.activation}"


def draw(network: Network) -> Figure:
    """Draw the boxes from top to bottom, with arrows between them."""
    drawn = list(boxes(network))
    height = TITLE + len(drawn) * HEIGHT + (len(drawn) - 1) * GAP + MARGIN
    width = WIDTH + 2 * MARGIN
    figure = Figure(figsize=(width, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.set_axis_off()
    axes.text(MARGIN, MARGIN, network.name, weight="bold", size=11, va="top")
    axes.text(MARGIN, MARGIN + 0.22, _caption(network), color=MUTED, size=8, va="top")
    for number, box in enumerate(drawn):
        top = TITLE + number * (HEIGHT + GAP)
        if number:
            arrow = {"arrowstyle": "-|>", "color": MUTED, "shrinkA": 0, "shrinkB": 0}
            middle = width / 2
            axes.annotate("", (middle, top), (middle, top - GAP), arrowprops=arrow)
        _box(figure, box, top)
    return figure


def _caption(network: Network) -> str:
    optimizer = type(network.optimizer).__name__
    loss = network.loss.replace("_", " ")
    return (
        f"{parameter_count(network):,} parameters; {loss}\n{optimizer} "
        f"(learning rate {network.optimizer.lr:g}), batch {network.batch}"
    )


def _box(figure: Figure, box: Box, top: float) -> None:
    [axes] = figure.axes
    for face, alpha in ((box.tint, TINT_ALPHA), ("none", 1.0)):
        axes.add_patch(
            FancyBboxPatch(
                (MARGIN, top),
                WIDTH,
                HEIGHT,
                boxstyle="round,pad=0,rounding_size=0.06",
                facecolor=face,
                edgecolor=LINE if face == "none" else "none",
                alpha=alpha,
            )
        )
    middle = top + HEIGHT / 2
    axes.text(MARGIN + 0.14, middle, box.title, color=INK, va="center", weight="bold")
    right = MARGIN + WIDTH - 0.14
    if not box.parameters:
        axes.text(right, middle, box.shapes, color=INK, va="center", ha="right")
        return
    axes.text(right, middle - 0.1, box.shapes, color=INK, va="center", ha="right")
    count = f"{box.parameters:,} parameters"
    axes.text(right, middle + 0.11, count, color=MUTED, va="center", ha="right", size=8)


def write(network: Network, folder: Path, *, force: bool = False) -> list[Path]:
    """Write SVG and PNG named after the network; UsageError if the folder is not writable.

    force: write over other files of these names, which are a UsageError without it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return save(network.name, lambda: draw(network), folder, force=force)
    except OSError as error:
        raise unwritable("the diagram", folder, error, option="--out") from error
