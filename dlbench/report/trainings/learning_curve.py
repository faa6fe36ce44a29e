"""Draw the learning curve of a training: against epochs, and against seconds."""

from collections.abc import Callable, Sequence
from itertools import accumulate
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dlbench.charts import base
from dlbench.charts.base import COLOURS, STYLE, save
from dlbench.records.training import EpochResult, TrainingResult, by_target
from dlbench.report.trainings.tables import name, unfinished
from dlbench.results.folder import Trained

NAME = "learning-curve"


# Inches.
SIZE = (7.0, 3.4)


# The look of a single seed's line beside the median of all, which lies above them.
SEED = {"alpha": 0.35, "linewidth": 0.7}
MEDIAN_ORDER = 3


# The axis of seconds is logarithmic if one training takes this many times as long as another.
LOGARITHMIC = 8


def write(trained: Trained, folder: Path, *, force: bool = False) -> list[Path]:
    """Write SVG and PNG into the folder; nothing if no epoch was trained.

    force: write over other files of these names, which are a UsageError without it.
    """
    if not any(result.epochs for result in trained.results):
        return []
    return save(NAME, lambda: draw(trained), folder, force=force)


def draw(trained: Trained) -> Figure:
    """Draw two panels with one axis: of accuracy, or of the loss if there are no classes."""
    figure = Figure(figsize=SIZE, layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    begun = [result for result in trained.results if result.epochs]
    label, value = _choose_value(begun)
    for number, (target, results) in enumerate(by_target(begun).items()):
        colour = COLOURS[number % len(COLOURS)]
        thin = [_Line.of(result, value) for result in results]
        strong = [_Line.of(result, value) for result in results if result.status == "ok"]
        label_of = name(trained.run, target) + ("" if strong else f" ({unfinished(results)})")
        _curves((left, right), thin, strong, (colour, label_of))
    left.set(xlabel="epochs", ylabel=label)
    right.set(xlabel="seconds of training")
    ends = [sum(epoch.seconds for epoch in result.epochs) for result in begun]
    if max(ends) > LOGARITHMIC * min(ends) > 0:
        starts = [result.epochs[0].seconds for result in begun]
        base.log_scale(right, "x", [*filter(None, starts), *ends])
    if trained.run.goal is not None and label == "test accuracy":
        for axes in (left, right):
            axes.axhline(trained.run.goal, linestyle=":", color=STYLE["text.color"], linewidth=1)
    figure.suptitle(
        f"{trained.run.network.name}: learning curve", x=0.01, horizontalalignment="left"
    )
    figure.legend(
        *left.get_legend_handles_labels(),
        loc="outside lower left",
        ncols=2,
        alignment="left",
        title="thick: median; thin: single seeds" if len(trained.run.seeds) > 1 else None,
    )
    return figure


class _Line(NamedTuple):
    """One training: epochs, seconds at the end of each, and the values to draw."""

    epochs: Sequence[float]
    seconds: Sequence[float]
    values: Sequence[float]

    @classmethod
    def of(cls, result: TrainingResult, value: Callable[[EpochResult], float | None]) -> "_Line":
        """Read the line of a training, with `value` of every epoch."""
        return cls(
            [epoch.epoch for epoch in result.epochs],
            list(accumulate(epoch.seconds for epoch in result.epochs)),
            [known for epoch in result.epochs if (known := value(epoch)) is not None],
        )


def _curves(
    panels: tuple[Axes, Axes],
    thin: Sequence[_Line],
    strong: Sequence[_Line],
    look: tuple[str, str],
) -> None:
    """Draw a thick median of the successful trainings, and all trainings thinly if several."""
    colour, label = look
    if len(thin) > 1 or not strong:
        for line in thin:
            _draw(panels, line, colour, **SEED)
    if not strong:
        _draw(panels, _Line([], [], []), colour, label=label)
        return
    columns = [
        [median(column) for column in zip(*part, strict=True)] for part in zip(*strong, strict=True)
    ]
    _draw(panels, _Line(*columns), colour, label=label, zorder=MEDIAN_ORDER)


def _draw(panels: tuple[Axes, Axes], line: _Line, colour: str, **how: Any) -> None:
    by_epochs, by_seconds = panels
    marker = "o" if len(line.values) == 1 else None
    by_epochs.plot(line.epochs, line.values, color=colour, marker=marker, **how)
    by_seconds.plot(line.seconds, line.values, color=colour, marker=marker, **how)


def _choose_value(
    results: Sequence[TrainingResult],
) -> tuple[str, Callable[[EpochResult], float | None]]:
    """Choose what all epochs of all trainings have: the accuracy, or else a loss."""
    epochs = [epoch for result in results for epoch in result.epochs]
    if all(epoch.accuracy is not None for epoch in epochs):
        return "test accuracy", lambda epoch: epoch.accuracy
    if all(epoch.test_loss is not None for epoch in epochs):
        return "test loss", lambda epoch: epoch.test_loss
    return "training loss", lambda epoch: epoch.loss
