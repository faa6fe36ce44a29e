"""The learning curve of a training as a picture: against epochs, and against seconds."""

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
from dlbench.report.training import name
from dlbench.results.folder import Trained

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
    return save(NAME, lambda: draw(found), folder)


def draw(found: Trained) -> Figure:
    """Two panels with one axis of accuracy; of the loss, where there are no classes."""
    figure = Figure(figsize=SIZE, layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    trained = [one for one in found.results if one.epochs]
    label, value = _shown(trained)
    for number, (target, results) in enumerate(by_target(trained).items()):
        colour = COLOURS[number % len(COLOURS)]
        thin = [_Line.of(result, value) for result in results]
        strong = [_Line.of(result, value) for result in results if result.status == "ok"]
        _curves((left, right), thin, strong, (colour, name(found.run, target)))
    left.set(xlabel="epochs", ylabel=label)
    right.set(xlabel="seconds of training")
    ends = [sum(one.seconds for one in result.epochs) for result in trained]
    if max(ends) > LOGARITHMIC * min(ends) > 0:
        starts = [result.epochs[0].seconds for result in trained]
        base.log_scale(right, "x", [*filter(None, starts), *ends])
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


class _Line(NamedTuple):
    """One training: epochs, seconds at the end of each, and what is shown of it."""

    epochs: Sequence[float]
    seconds: Sequence[float]
    values: Sequence[float]

    @classmethod
    def of(cls, result: TrainingResult, value: Callable[[EpochResult], float | None]) -> "_Line":
        """As measured."""
        return cls(
            [one.epoch for one in result.epochs],
            list(accumulate(one.seconds for one in result.epochs)),
            [known for one in result.epochs if (known := value(one)) is not None],
        )


def _curves(
    panels: tuple[Axes, Axes],
    thin: Sequence[_Line],
    strong: Sequence[_Line],
    look: tuple[str, str],
) -> None:
    """Every training thinly, where there are several; strongly the median of those gone well."""
    colour, label = look
    if len(thin) > 1 or not strong:
        for line in thin:
            _draw(panels, line, colour, alpha=SEED_ALPHA)
    if not strong:
        _draw(panels, _Line([], [], []), colour, label=f"{label} (failed)")
        return
    columns = [
        [median(column) for column in zip(*part, strict=True)] for part in zip(*strong, strict=True)
    ]
    _draw(panels, _Line(*columns), colour, label=label)


def _draw(panels: tuple[Axes, Axes], line: _Line, colour: str, **how: Any) -> None:
    by_epochs, by_seconds = panels
    marker = "o" if len(line.values) == 1 else None
    by_epochs.plot(line.epochs, line.values, color=colour, marker=marker, **how)
    by_seconds.plot(line.seconds, line.values, color=colour, marker=marker, **how)


def _shown(
    results: Sequence[TrainingResult],
) -> tuple[str, Callable[[EpochResult], float | None]]:
    """What is known of all epochs of all trainings: the accuracy, or else a loss."""
    every = [one for result in results for one in result.epochs]
    if all(one.accuracy is not None for one in every):
        return "test accuracy", lambda one: one.accuracy
    if all(one.test_loss is not None for one in every):
        return "test loss", lambda one: one.test_loss
    return "training loss", lambda one: one.loss
