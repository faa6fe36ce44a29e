"""What a training shows: a live line while it goes on, a table at its end; writing only."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import inf
from statistics import median

from rich.console import Console

from dlbench import units
from dlbench.analysis.labels import joined, varying_axes
from dlbench.formats.tables import to_rich
from dlbench.networks.lecture import PREDICTED, REPORTED
from dlbench.records.case import Target
from dlbench.records.network import Network
from dlbench.records.training import EpochResult, Lap, TrainingResult, TrainingRun, by_target
from dlbench.reference.losses import labels
from dlbench.report.tables import Cell, Grid, Notes
from dlbench.results.folder import Trained

# Of a row that is predicted.
SHOWN_VALUES = 4


# Seeds whose ends are listed one by one: of more, the spread says it better.
MOST_LISTED = 20


def name(run: TrainingRun, target: Target) -> str:
    """Such as `torch eager tensors`; with dtype and threads where there are several."""
    device = () if target.device == "cpu" else ("device",)
    varying = varying_axes(run.targets)
    several = (axis for axis in ("dtype", "threads") if axis in varying)
    return joined(target, ("backend", *device, "mode", "loop", *several))


def underway(run: TrainingRun, event: Lap) -> str:
    """One epoch in words."""
    one = event.result
    return (
        f"{name(run, event.target)}, seed {event.seed}: epoch {one.epoch}/{run.network.epochs}, "
        f"loss {one.loss:.4g}{_judged(one)}"
    )


def _judged(one: EpochResult) -> str:
    accuracy = "" if one.accuracy is None else f", test accuracy {one.accuracy:.4f}"
    return ("" if one.test_loss is None else f", test loss {one.test_loss:.4g}") + accuracy


def ended(run: TrainingRun, result: TrainingResult) -> str:
    """How a training ended, in words."""
    head = f"{name(run, result.target)}, seed {result.seed}"
    if result.status != "ok":
        done = units.counted(len(result.epochs), "epoch")
        return f"{head}: {(result.reason or '').rstrip('.')} (after {done})"
    seconds = sum(one.seconds for one in result.epochs)
    count = units.counted(run.network.epochs, "epoch")
    last = result.epochs[-1]
    return f"{head}: {count} in {units.duration(seconds)}, loss {last.loss:.4g}{_judged(last)}"


def show(found: Trained, console: Console) -> None:
    """The table, what the lecture reports, and its single rows."""
    for warning in found.warnings:
        console.print(f"Warning: {warning}", highlight=False, markup=False)
    table = summary(found)
    console.print(table.title, style="bold", highlight=False, markup=False)
    for page in to_rich(table, console.width):
        console.print(page)
    for note in (*table.notes, *_predictions(found)):
        console.print(note, highlight=False, markup=False)


def summary(found: Trained) -> Grid:
    """A line for every target: medians over the seeds, and how far these spread."""
    run, notes = found.run, Notes()
    network = run.network
    count = units.counted(len(run.seeds), "seed")
    batch = f"batch {network.batch}, {units.counted(network.epochs, 'epoch')}"
    heads = [("training", "loss"), ("test", "loss"), ("test", "accuracy"), ("time of", "an epoch")]
    if run.goal is not None:
        heads.append(("accuracy", f"{run.goal:g} after"))
    rows = []
    for target, results in by_target(found.results).items():
        bad = [notes.number(ended(run, one)) for one in results if one.status != "ok"]
        good = [one for one in results if one.status == "ok"]
        first, *others = _cells(run, good, heads)
        first = replace(first, note=bad[0] if bad else None)
        several = f", {len(good)} of {count}" if bad and good else ""
        rows.append((f"{name(run, target)}{several}", (first, *others)))
    below = (*notes.lines, *_by_seed(found), *_lecture(found))
    title = f"{network.name}: {batch}, {count}; median, and lowest to highest of the seeds"
    return Grid(title, tuple(heads), tuple(rows), below, label="trained by")


def _by_seed(found: Trained) -> Iterator[str]:
    """Where every single training ended, in the order of the seeds."""
    for target, results in by_target(found.results).items():
        ends = [one.epochs[-1] if one.status == "ok" else None for one in results]
        if 1 < len(ends) <= MOST_LISTED and any(ends):
            told = [f"training loss {_listed([one.loss if one else None for one in ends])}"]
            if any(one and one.accuracy is not None for one in ends):
                told.append(
                    f"test accuracy {_listed([one.accuracy if one else None for one in ends])}"
                )
            yield f"{name(found.run, target)}, seed by seed: {'; '.join(told)}"


def _listed(values: Sequence[float | None]) -> str:
    return ", ".join("failed" if value is None else f"{value:.4g}" for value in values)


def _lecture(found: Trained) -> Iterator[str]:
    """What the lecture reports, and the medians of all trainings after as many epochs."""
    good = [one for one in found.results if one.status == "ok"]
    for epochs, lecture in REPORTED.get(found.run.network.name, {}).items():
        here = [one.epochs[epochs - 1] for one in good if len(one.epochs) >= epochs]
        figures: dict[str, tuple[float | None, list[float | None]]] = {
            "test accuracy": (lecture.accuracy, [one.accuracy for one in here]),
            "test loss": (lecture.test_loss, [one.test_loss for one in here]),
            "training loss": (lecture.loss, [one.loss for one in here]),
        }
        told = ", ".join(
            f"{what} {reported:.4g}{_here(ours)}"
            for what, (reported, ours) in figures.items()
            if reported is not None
        )
        yield f"the lecture after {units.counted(epochs, 'epoch')}: {told}"


def _here(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f" (here {median(known):.4g})" if known else ""


def _cells(
    run: TrainingRun, good: Sequence[TrainingResult], heads: Sequence[tuple[str, ...]]
) -> Iterator[Cell]:
    if not good:
        yield from (Cell("failed") for _ in heads)
        return
    last = [one.epochs[-1] for one in good]
    yield _spread([one.loss for one in last])
    yield _spread([one.test_loss for one in last if one.test_loss is not None])
    yield _spread([one.accuracy for one in last if one.accuracy is not None])
    yield _durations([[lap.seconds for lap in one.epochs[1:] or one.epochs] for one in good])
    if run.goal is not None:
        yield _reached(run, run.goal, good)


def _spread(values: Sequence[float]) -> Cell:
    if not values:
        return Cell("–")
    below = f"{min(values):.4g}–{max(values):.4g}" if len(values) > 1 else ""
    return Cell(f"{median(values):.4g}", below=below)


def _durations(seeds: Sequence[Sequence[float]]) -> Cell:
    """Of an epoch, over all; below, the medians of the fastest and the slowest seed."""
    middles = sorted(median(seconds) for seconds in seeds)
    low, high = units.duration(middles[0]), units.duration(middles[-1])
    below = f"{low}–{high}" if len(middles) > 1 else ""
    return Cell(units.duration(median([one for seconds in seeds for one in seconds])), below=below)


def _reached(run: TrainingRun, goal: float, good: Sequence[TrainingResult]) -> Cell:
    """The median time over all seeds, those that never got there or failed being last of all."""
    times = [seconds_to(goal, one) for one in good]
    reached = [seconds for seconds in times if seconds is not None]
    middle = median([*reached, *[inf] * (len(run.seeds) - len(reached))])
    below = f"{len(reached)} of {len(run.seeds)} seeds" if len(run.seeds) > 1 else ""
    return Cell("not reached" if middle == inf else units.duration(middle), below=below)


def seconds_to(goal: float, result: TrainingResult) -> float | None:
    """Seconds of training until the accuracy is first reached; None if it never is."""
    total = 0.0
    for one in result.epochs:
        total += one.seconds
        if one.accuracy is not None and one.accuracy >= goal:
            return total
    return None


def _predictions(found: Trained) -> Iterator[str]:
    """The lecture's single rows, by the first seed of every target."""
    for index, (row, lecture) in enumerate(PREDICTED.get(found.run.network.name, ())):
        shown = ", ".join(f"{value:g}" for value in row[:SHOWN_VALUES])
        shown += ", ..." if len(row) > SHOWN_VALUES else ""
        firsts = {target: results[0] for target, results in by_target(found.results).items()}
        told = [
            f"{name(found.run, target)} {_prediction(found.run.network, first.predictions[index])}"
            for target, first in firsts.items()
            if len(first.predictions) > index
        ]
        of_lecture = f"; the lecture: {lecture}" if lecture else ""
        if told:
            seed = found.run.seeds[0]
            yield f"prediction for [{shown}], seed {seed}: {', '.join(told)}{of_lecture}"


def _prediction(network: Network, outputs: Sequence[float]) -> str:
    import numpy as np

    numbers = ", ".join(f"{value:.4g}" for value in outputs)
    if network.loss in ("mse", "mae"):
        return numbers
    label = labels(network, np.array([outputs])).ravel()[0]
    return f"class {label:g} ({numbers})"
