"""One `dlbench train` from end to end: choose, train, store, show."""

import shlex
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryFile

from msgspec.structs import replace
from rich.console import Console

from dlbench import __version__, registry, syntax
from dlbench.api import run as session
from dlbench.errors import EXIT_FAILED_CASES, EXIT_INTERRUPTED, UsageError
from dlbench.harness.supervisor.process import Launcher
from dlbench.harness.supervisor.training import TrainingPlan
from dlbench.machine import environment
from dlbench.networks.base import named
from dlbench.networks.lecture import PREDICTED
from dlbench.plan.targets import (
    USUAL,
    Machine,
    read_declarations,
    reason_to_skip,
    targets_for,
    this_machine,
    unavailable_reason,
)
from dlbench.records.case import Target
from dlbench.records.network import Network
from dlbench.records.training import CALLBACKS, TrainingResult, TrainingRun
from dlbench.report import learning_curve, training
from dlbench.results.folder import LOGS_FOLDER, TRAINING, new_folder, read_training

MOST_EPOCHS, MOST_SEEDS, MOST_BATCH = 100_000, 1000, 1_000_000


@dataclass(frozen=True)
class Wanted:
    """A network with its schedule, the seeds, and an accuracy whose time is looked for."""

    network: Network
    seeds: tuple[int, ...]
    goal: float | None


@dataclass(frozen=True)
class Folders:
    """What is written where."""

    results: Path
    tensorboard: Path | None
    checkpoint: Path | None


def wanted(
    name: str, epochs: int | None, batch: int | None, seeds: int, goal: float | None
) -> Wanted:
    """What the user asks for, validated."""
    network = named(name)
    for option, value, most in (
        ("--epochs", epochs, MOST_EPOCHS),
        ("--batch", batch, MOST_BATCH),
        ("--seeds", seeds, MOST_SEEDS),
    ):
        syntax.within(option, value, 1, most)
    syntax.within("--target", goal, 0, 1, "accuracies are fractions, such as 0.9", without=(0,))
    data = registry.declaration("datasets", network.dataset, dict)
    if goal is not None and (data["classes"] is None or not data["test_rows"]):
        raise UsageError(
            "--target is an accuracy, and there are no classes or no test rows to judge by",
            value=name,
            hint="Leave --target out",
        )
    changed = {"epochs": epochs, "batch": batch}
    schedule = {name: value for name, value in changed.items() if value is not None}
    return Wanted(replace(network, **schedule), tuple(range(seeds)), goal)


def run(wanted: Wanted, places: Mapping[str, Sequence[str] | None], folders: Folders) -> int:
    """Train, and show what came of it; the exit code."""
    declarations = read_declarations()
    targets = _targets(places, folders, this_machine(declarations))
    if (reason := unavailable_reason(wanted.network.dataset)) is not None:
        raise UsageError("there is no data to train on", value=wanted.network.name, hint=reason)
    _make(folders)
    machine = environment.capture(declarations)
    folder = new_folder(folders.results, f"train-{wanted.network.name}")
    head = TrainingRun(
        id=folder.name,
        started=datetime.now(UTC).isoformat(timespec="seconds"),
        command=shlex.join(["dlbench", *sys.argv[1:]]),
        network=wanted.network,
        targets=tuple(targets),
        seeds=wanted.seeds,
        environment=machine,
        dlbench=__version__,
        goal=wanted.goal,
    )
    rows = tuple(row for row, _ in PREDICTED.get(wanted.network.name, ()))
    beside = [one and one / folder.name for one in (folders.tensorboard, folders.checkpoint)]
    plan = TrainingPlan(wanted.network, rows, *beside)
    session.end_in_order()
    interrupted = False
    with (
        Launcher(declarations, folder / LOGS_FOLDER) as launch,
        TRAINING.writing(folder, head) as written,
        training.watching(Console(stderr=True), head) as watcher,
    ):
        events = plan.train(targets, wanted.seeds, launch)
        try:
            for event in events:
                watcher.see(event)
                if isinstance(event, TrainingResult):
                    written.append(event)
        except KeyboardInterrupt as interrupt:
            interrupted = True
            for event in session.rest(events, interrupt):
                if isinstance(event, TrainingResult):
                    written.append(event)
    if interrupted:
        print("Interrupted; what was trained so far is kept.", file=sys.stderr)
    code = _end(folder, interrupted=interrupted)
    for what, written_to in zip(("Logs:       ", "Checkpoints:"), beside, strict=True):
        if written_to is not None:
            print(f"{what} {written_to}")
    return code


def _end(folder: Path, *, interrupted: bool) -> int:
    found = read_training(folder)
    training.show(found, Console())
    for path in learning_curve.write(found, folder):
        print(f"Curve:   {path}")
    print(f"Results: {folder}")
    if interrupted:
        return EXIT_INTERRUPTED
    return EXIT_FAILED_CASES if any(one.status != "ok" for one in found.results) else 0


def _targets(
    places: Mapping[str, Sequence[str] | None], folders: Folders, machine: Machine
) -> list[Target]:
    """What was asked for, in the usual mode and loop of every backend where nothing was."""
    declarations = machine.declarations
    asked = {axis: syntax.words(values) for axis, values in places.items() if values}
    loops = asked.pop("loop", [])
    every = [loop for one in declarations.values() for loop in one.loops]
    if loops:
        syntax.choices("loop", loops, list(dict.fromkeys(every)))
    found: list[Target] = []
    reasons: list[str] = []
    for target, _ in targets_for({"mode": [USUAL], **asked}, machine):
        declared = declarations[target.backend]
        if (reason := reason_to_skip(target, machine)) is not None:
            reasons.append(reason)
            continue
        if not _writes(declared.callbacks, folders):
            reasons.append(f"{target.backend} writes no logs and no checkpoints")
            continue
        chosen = [loop for loop in declared.loops if loop in loops] if loops else declared.loops[:1]
        if not chosen:
            reasons.append(f"{target.backend} has the loops {', '.join(declared.loops)}")
        found += [replace(target, loop=loop) for loop in chosen]
    for reason in dict.fromkeys(reasons) if found else ():
        print(f"Skipped: {reason}", file=sys.stderr)
    if not found:
        raise UsageError("nothing can be trained", hint="; ".join(dict.fromkeys(reasons)))
    return found


def _writes(callbacks: Sequence[str], folders: Folders) -> bool:
    asked = {name for name in CALLBACKS["both"] if getattr(folders, name) is not None}
    return asked <= set(callbacks)


def _make(folders: Folders) -> None:
    """Before anything is trained: all folders can be written, or none is left behind."""
    if folders.tensorboard is not None and find_spec("tensorboard") is None:
        raise UsageError(
            "--tensorboard needs the package tensorboard", hint="pip install tensorboard"
        )
    with ExitStack() as undoing:
        for option in (*CALLBACKS["both"], "results"):
            folder: Path | None = getattr(folders, option)
            if folder is None:
                continue
            try:
                _make_one(folder, undoing)
            except OSError as error:
                raise UsageError(
                    f"cannot write --{option} ({error.strerror})",
                    value=str(folder),
                    hint="Choose another folder",
                ) from error
        undoing.pop_all()


def _make_one(folder: Path, undoing: ExitStack) -> None:
    """A folder with those above it, tried with a file that meets no other's name."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):  # what is undone last is above all others
        undoing.callback(_remove, one)
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryFile(dir=folder):
        pass


def _remove(folder: Path) -> None:
    """Unless it was never made, or someone has written into it since."""
    with suppress(OSError):
        folder.rmdir()
