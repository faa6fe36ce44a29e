"""Write a training: sentences on an epoch and on its end, and a table with notes."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from math import inf
from statistics import median

from rich.console import Console

from dlbench import units
from dlbench.analysis.labels import join_words, shared, varying_axes
from dlbench.formats.base import Cell, Notes, Table, TrainingDocument, trainings_writer
from dlbench.networks.lecture import PREDICTED, REPORTED
from dlbench.printer import put
from dlbench.records.case import Target
from dlbench.records.network import Network
from dlbench.records.training import EpochResult, Lap, TrainingResult, TrainingRun, by_target
from dlbench.reference.losses import labels
from dlbench.report.absent import BUSY, BUSY_MARK
from dlbench.report.document import source
from dlbench.report.machine.occupants import measured_beside
from dlbench.report.trainings import pace
from dlbench.results.folder import Trained
from dlbench.trainings.pace import Counted, Pace, counted, paces_of

# Most values shown of a row whose prediction is printed.
SHOWN_VALUES = 4


# Most seeds whose results are listed one by one; for more, the range in the table is clearer.
MOST_LISTED = 20


def name(run: TrainingRun, target: Target) -> str:
    """Name a target, such as `torch`, by its backend and what differs among the run's targets."""
    device = () if target.device == "cpu" else ("device",)
    varying = varying_axes(run.targets)
    several = (axis for axis in ("mode", "loop", "dtype", "threads") if axis in varying)
    return join_words(target, ("backend", *device, *several))


def describe_epoch(run: TrainingRun, event: Lap) -> str:
    """Describe one epoch in words."""
    result = event.result
    epoch = f"epoch {result.epoch}/{run.network.epochs}"
    return f"{name(run, event.target)}, seed {event.seed}: {epoch}, {_figures(result)}"


def describe_epoch_briefly(run: TrainingRun, event: Lap) -> str:
    """Describe one epoch in words, with the figure alone that matters most."""
    epoch = f"epoch {event.result.epoch}/{run.network.epochs}"
    figure = _known_figures(event.result)[-1]
    return f"{name(run, event.target)}, seed {event.seed}: {epoch}, {figure}"


def _figures(result: EpochResult) -> str:
    return ", ".join(_known_figures(result))


def _known_figures(result: EpochResult) -> list[str]:
    """The loss, and the test loss and accuracy if there are any."""
    figures = {
        "loss": result.loss,
        "test loss": result.test_loss,
        "test accuracy": result.accuracy,
    }
    return [f"{what} {_short(n)}" for what, n in figures.items() if n is not None]


def _short(value: float) -> str:
    """Write three digits, zeros at the end included: seeds differ by more. 0.980, 1.00, 123."""
    return f"{value:#.3g}".removesuffix(".")


def describe_end(run: TrainingRun, result: TrainingResult) -> str:
    """Describe in words how a training ended."""
    head = f"{name(run, result.target)}, seed {result.seed}"
    if result.status != "ok":
        done = units.counted(len(result.epochs), "epoch")
        return f"{head}: {(result.reason or '').rstrip('.')} (after {done})"
    seconds = sum(one.seconds for one in result.epochs)
    count = units.counted(run.network.epochs, "epoch")
    return f"{head}: {count} in {units.duration(seconds)}, {_figures(result.epochs[-1])}"


def show(found: Trained, console: Console, form: str = "table") -> None:
    """Print trainings in a format, by its name."""
    put(console, trainings_writer(form)(document_of(found), console), form)


def document_of(found: Trained) -> TrainingDocument:
    """Put trainings into a document: their table and what is said of them."""
    paces = _paces(found)
    env = found.run.environment
    disturbed = (
        line
        for target, one in paces.items()
        for line in pace.warnings(name(found.run, target), one, target.threads, env)
    )
    table = lay_out(found)
    beside = [measured_beside(found.run.beside)] if found.run.beside else []
    return TrainingDocument(
        trained=found,
        paces=tuple(paces.values()),
        source=source(found.run),
        warnings=(*found.warnings, *beside, *disturbed),
        table=replace(table, notes=(*table.notes, *_predictions(found))),
    )


def _paces(found: Trained) -> dict[Target, Pace]:
    return paces_of(found.results, found.run.environment.usable_cores)


def lay_out(found: Trained) -> Table:
    """Lay out a line per target: median over the seeds, and the range of the seeds below it."""
    run, notes = found.run, Notes()
    network = run.network
    batch = f"batch {network.batch}, {units.counted(network.epochs, 'epoch')}"
    heads = [("training", "loss"), ("test", "loss"), ("test", "accuracy"), ("time per", "epoch")]
    if run.goal is not None:
        heads.append(("time to", f"accuracy {run.goal:g}"))
    rows, trainings = [], by_target(found.results)
    for target, results in trainings.items():
        bad = [notes.number(describe_end(run, one)) for one in results if one.status != "ok"]
        good = [one for one in results if one.status == "ok"]
        first, *others = _cells(run, results, heads)
        first = replace(first, note=bad[0] if bad else None)
        several = f", {len(good)} of {_seeds(run)}" if 0 < len(good) < len(run.seeds) else ""
        rows.append((f"{name(run, target)}{several}", (first, *others)))
    common = [f"All with: {shared(run.targets)}"] if run.targets else []
    marked = (
        [BUSY]
        if any(cell.text.startswith(BUSY_MARK) for _, cells in rows for cell in cells)
        else []
    )
    below = (*notes.lines, *marked, *common, *_epochs(found), *_by_seed(found), *_lecture(found))
    title = f"{network.name}: {batch}{_counted(run, trainings.values())}"
    return Table(title, tuple(heads), tuple(rows), below, label="framework")


def _seeds(run: TrainingRun) -> str:
    return units.counted(len(run.seeds), "seed")


def _counted(run: TrainingRun, trainings: Iterable[Sequence[TrainingResult]]) -> str:
    """Say over how many seeds the medians are: of those that finished, if not all did."""
    finished = {sum(one.status == "ok" for one in results) for results in trainings}
    if len(run.seeds) == 1:
        return f", {_seeds(run)}"
    if finished == {len(run.seeds)}:
        return f"; median over {_seeds(run)} (lowest–highest)"
    return f"; median over the finished of {_seeds(run)} (lowest–highest)"


def _epochs(found: Trained) -> Iterator[str]:
    """Tell the spread and the trend of the epochs' times, a line per target."""
    for target, one in _paces(found).items():
        if line := pace.sentence(name(found.run, target), one):
            yield line


def _by_seed(found: Trained) -> Iterator[str]:
    """List the result of every single training, in the order of the seeds."""
    for target, results in by_target(found.results).items():
        good = [one.epochs[-1] for one in results if one.status == "ok"]
        if 1 < len(results) <= MOST_LISTED and good:
            figures = [f"training loss {_listed(results, lambda end: end.loss)}"]
            if any(end.accuracy is not None for end in good):
                figures.append(f"test accuracy {_listed(results, lambda end: end.accuracy)}")
            yield f"{name(found.run, target)}, seed by seed: {'; '.join(figures)}"


def _listed(results: Sequence[TrainingResult], value: Callable[[EpochResult], float | None]) -> str:
    """The value after the last epoch of every training, or a word for one without."""
    ends = [value(one.epochs[-1]) if one.status == "ok" else None for one in results]
    shown = zip(ends, results, strict=True)
    return ", ".join(unfinished([one]) if end is None else _short(end) for end, one in shown)


def unfinished(results: Sequence[TrainingResult]) -> str:
    """Return the word for trainings of which none finished: `interrupted` if none failed."""
    return "interrupted" if all(one.interrupted for one in results) else "failed"


def _lecture(found: Trained) -> Iterator[str]:
    """Quote the lecture's results, with the medians of all trainings after as many epochs."""
    good = [one for one in found.results if one.status == "ok"]
    for epochs, lecture in REPORTED.get(found.run.network.name, {}).items():
        here = [one.epochs[epochs - 1] for one in good if len(one.epochs) >= epochs]
        figures: dict[str, tuple[float | None, list[float | None]]] = {
            "test accuracy": (lecture.accuracy, [one.accuracy for one in here]),
            "test loss": (lecture.test_loss, [one.test_loss for one in here]),
            "training loss": (lecture.loss, [one.loss for one in here]),
        }
        results = ", ".join(
            f"{what} {reported:.4g}{_here(ours)}"
            for what, (reported, ours) in figures.items()
            if reported is not None
        )
        yield f"Lecture, {units.counted(epochs, 'epoch')}: {results}"


def _here(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f" (here {_short(median(known))})" if known else ""


def _cells(
    run: TrainingRun, results: Sequence[TrainingResult], heads: Sequence[tuple[str, ...]]
) -> Iterator[Cell]:
    good = [one for one in results if one.status == "ok"]
    if not good:
        yield from (Cell(unfinished(results)) for _ in heads)
        return
    last = [one.epochs[-1] for one in good]
    yield _spread([one.loss for one in last])
    yield _spread([one.test_loss for one in last if one.test_loss is not None])
    yield _spread([one.accuracy for one in last if one.accuracy is not None])
    yield _durations(counted(good))
    if run.goal is not None:
        ended = [one for one in results if not one.interrupted]
        yield _reached(run.goal, ended, several=len(run.seeds) > 1)


def _spread(values: Sequence[float]) -> Cell:
    if not values:
        return Cell("–")
    below = f"{_short(min(values))}–{_short(max(values))}" if len(values) > 1 else ""
    return Cell(_short(median(values)), below=below)


def _durations(counts: Counted) -> Cell:
    """Median time of an epoch; below it the medians of the fastest and the slowest seed."""
    seeds = [[epoch.seconds for epoch in epochs] for epochs in counts.trainings]
    middles = sorted(median(seconds) for seconds in seeds)
    low, high = units.duration(middles[0]), units.duration(middles[-1])
    below = f"{low}–{high}" if len(middles) > 1 else ""
    middle = units.duration(median([one for seconds in seeds for one in seconds]))
    return Cell(f"{BUSY_MARK if counts.busy else ''}{middle}", below=below)


def _reached(goal: float, ended: Sequence[TrainingResult], *, several: bool) -> Cell:
    """Median time over the seeds; those that failed or never reached the goal count as last."""
    times = [seconds_to(goal, one) for one in ended if one.status == "ok"]
    reached = [seconds for seconds in times if seconds is not None]
    middle = median([*reached, *[inf] * (len(ended) - len(reached))])
    below = f"{len(reached)} of {units.counted(len(ended), 'seed')}" if several else ""
    if middle == inf:
        return Cell("not reached", below=below)
    mark = BUSY_MARK if any(epoch.is_disturbed for one in ended for epoch in one.epochs) else ""
    return Cell(f"{mark}{units.duration(middle)}", below=below)


def seconds_to(goal: float, result: TrainingResult) -> float | None:
    """Add up the seconds of training until the accuracy is first reached; None if it never is."""
    total = 0.0
    for one in result.epochs:
        total += one.seconds
        if one.accuracy is not None and one.accuracy >= goal:
            return total
    return None


def _predictions(found: Trained) -> Iterator[str]:
    """Print the predictions for the lecture's single rows, of the first seed of every target."""
    network = found.run.network
    for index, (row, lecture) in enumerate(PREDICTED.get(network.name, ())):
        shown = ", ".join(f"{value:g}" for value in row[:SHOWN_VALUES])
        shown += ", ..." if len(row) > SHOWN_VALUES else ""
        firsts = {target: results[0] for target, results in by_target(found.results).items()}
        lines = [
            f"  {name(found.run, target)}: {_prediction(network, first.predictions[index])}"
            for target, first in firsts.items()
            if len(first.predictions) > index
        ]
        of_lecture = f"; lecture: {lecture}" if lecture else ""
        if lines:
            yield f"Prediction for [{shown}], seed {found.run.seeds[0]}{of_lecture}"
            yield from lines


def _prediction(network: Network, outputs: Sequence[float]) -> str:
    import numpy as np

    numbers = ", ".join(f"{value:.3g}" for value in outputs)
    if network.loss in ("mse", "mae"):
        return numbers
    label = labels(network, np.array([outputs])).ravel()[0]
    return f"class {label:g} ({numbers})"
