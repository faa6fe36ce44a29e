"""The learning curve of a training as a picture: against epochs, and against seconds."""

from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from statistics import median
from typing import Any

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dlbench.charts._pictures import PNG_DPI, STYLE
from dlbench.charts._targets import COLOURS
from dlbench.learned import name
from dlbench.teaching import by_target
from dlbench.training_store import Trained
from dlbench.trainings import EpochResult, TrainingResult

NAME = "learning-curve"
# Inches.
SIZE = (7.0, 3.4)
# How much of its colour a single seed keeps beside the median of all.
SEED_ALPHA = 0.25
# Where one training takes so many times as long as another, seconds are drawn logarithmically.
LOGARITHMIC = 8


def write(found: Trained, folder: Path) -> list[Path]:
    """SVG and PNG into the folder; nothing where no epoch was trained."""
    if not any(one.epochs for one in found.results):
        return []
    paths = [folder / f"{NAME}.svg", folder / f"{NAME}.png"]
    with style.context(["default", STYLE | {"svg.hashsalt": NAME}]):
        figure = draw(found)
        for path in paths:
            figure.savefig(path, dpi=PNG_DPI, metadata=_dateless(path))
    return paths


def _dateless(path: Path) -> dict[str, str | None]:
    return {"Date": None} if path.suffix == ".svg" else {"Software": None}


def draw(found: Trained) -> Figure:
    """Two panels with one axis of accuracy; of the loss, where there are no classes."""
    figure = Figure(figsize=SIZE, layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    targets = by_target([one for one in found.results if one.epochs])
    label = ""
    for number, (target, results) in enumerate(targets.items()):
        colour = COLOURS[number % len(COLOURS)]
        label = _curves((left, right), results, colour, name(target))
    left.set(xlabel="epochs", ylabel=label)
    right.set(xlabel="seconds of training")
    ends = [sum(one.seconds for one in result.epochs) for result in found.results if result.epochs]
    if max(ends) > LOGARITHMIC * min(ends) > 0:
        right.set_xscale("log")
    if found.run.goal is not None and label == "test accuracy":
        for axes in (left, right):
            axes.axhline(found.run.goal, linestyle=":", color=STYLE["text.color"], linewidth=1)
    figure.suptitle(f"{found.run.network.name}: learning curve", x=0.01, horizontalalignment="left")
    figure.legend(
        *left.get_legend_handles_labels(),
        loc="outside lower left",
        ncols=2,
        alignment="left",
        title="median of the seeds; thin: every seed" if len(found.run.seeds) > 1 else None,
    )
    return figure


def _curves(
    panels: tuple[Axes, Axes], results: Sequence[TrainingResult], colour: str, label: str
) -> str:
    """Every seed thinly, the median of those that are as long strongly; what is shown."""
    by_epochs, by_seconds = panels
    shown = "test accuracy"
    drawn = []
    for result in results:
        shown, values = _values(result.epochs)
        seconds = list(accumulate(one.seconds for one in result.epochs))
        drawn.append((seconds, values))
        if len(results) > 1:
            _line(by_epochs, range(1, len(values) + 1), values, colour, alpha=SEED_ALPHA)
            _line(by_seconds, seconds, values, colour, alpha=SEED_ALPHA)
    length = min(len(values) for _, values in drawn)
    middle = [median(column) for column in zip(*(values for _, values in drawn), strict=False)]
    times = [median(column) for column in zip(*(seconds for seconds, _ in drawn), strict=False)]
    _line(by_epochs, range(1, length + 1), middle, colour, label=label)
    _line(by_seconds, times, middle, colour)
    return shown


def _line(axes: Axes, x: Sequence[float], y: Sequence[float], colour: str, **how: Any) -> None:
    marker = "o" if len(x) == 1 else None
    axes.plot(x, y, color=colour, marker=marker, **how)


def _values(epochs: Sequence[EpochResult]) -> tuple[str, list[float]]:
    for label, values in (
        ("test accuracy", [one.accuracy for one in epochs]),
        ("test loss", [one.test_loss for one in epochs]),
    ):
        known = [value for value in values if value is not None]
        if len(known) == len(epochs):
            return label, known
    return "training loss", [one.loss for one in epochs]
