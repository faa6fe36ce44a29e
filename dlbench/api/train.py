"""Train a network to the end on one or more targets, and store every epoch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from msgspec.structs import replace

from dlbench import __version__, arguments, registry
from dlbench.api import writable
from dlbench.api.alone import WAIT, measuring, note_others
from dlbench.api.invocation import Interrupted, Watch, consume, now, unwatched
from dlbench.api.machine import this_machine
from dlbench.api.result import TrainingOutcome
from dlbench.errors import UsageError
from dlbench.harness.supervisor.launcher import Launcher
from dlbench.harness.supervisor.training import TrainingPlan
from dlbench.machine import environment
from dlbench.machine.occupancy import Presence
from dlbench.networks.base import named
from dlbench.networks.lecture import PREDICTED
from dlbench.plan.request import TrainingRequest
from dlbench.plan.targets import (
    Machine,
    read_declarations,
    reason_to_skip,
    targets_for,
    unavailable_reason,
    without_target,
)
from dlbench.plan.wishes import DEFAULT
from dlbench.records.case import Declaration, Target
from dlbench.records.measurement import Notice
from dlbench.records.network import Network
from dlbench.records.training import TrainingResult, TrainingRun
from dlbench.results import folder as stored
from dlbench.results.writer import Writer
from dlbench.syntax import choices

# What can be written after an epoch, each into a folder of its own.
CALLBACKS = ("tensorboard", "checkpoint")


@dataclass(frozen=True)
class Folders:
    """Where results, TensorBoard's logs and checkpoints are written; None: not at all."""

    results: Path
    tensorboard: Path | None = None
    checkpoint: Path | None = None

    def __post_init__(self) -> None:
        """Take texts as paths too; UsageError for anything else."""
        for name in (*CALLBACKS, "results"):
            if name == "results" or getattr(self, name) is not None:
                object.__setattr__(self, name, arguments.path(name, getattr(self, name)))

    def beside(self, run: str) -> tuple[Path | None, Path | None]:
        """The folders of one run for logs and for checkpoints."""
        logs, checkpoints = self.tensorboard, self.checkpoint
        return logs and logs / run, checkpoints and checkpoints / run

    @property
    def callbacks(self) -> set[str]:
        """Return the callbacks at the end of an epoch."""
        return {name for name in CALLBACKS if getattr(self, name) is not None}


def train(
    network: TrainingRequest | str,
    *,
    folders: Folders | str | Path = "results",
    progress: Watch = unwatched,
    command: str = "",
    other_runs: str = WAIT,
    **options: Any,
) -> TrainingOutcome:
    """Train a network of the lecture and return every epoch, which are also stored.

    network: its name, or a TrainingRequest. folders: where results go, or a Folders that also
    says where logs and checkpoints go. options: the fields of TrainingRequest, such as
    backend="torch", seeds=10 or goal=0.9. progress: called with every event. command: recorded as
    the command that repeats it; made from the request if empty. other_runs: as in `run`.

    Raises UsageError for a mistake in the arguments. Ctrl-C raises Interrupted, a
    KeyboardInterrupt whose `result` holds what was trained.
    """
    request = TrainingRequest.of(network, options)
    if not isinstance(folders, Folders):
        folders = Folders(arguments.path("folders", folders))
    wanted = _schedule(request)
    declarations = read_declarations()
    targets = _targets(request, folders, this_machine(declarations), progress)
    if reason := unavailable_reason(wanted.dataset):
        raise UsageError("there is no data to train on", value=wanted.name, hint=reason)
    writable.make({name: getattr(folders, name) for name in (*CALLBACKS, "results")})
    machine = environment.capture(declarations)
    with measuring("dlbench train", other_runs, progress) as presence:
        folder = stored.new_folder(folders.results, f"train-{wanted.name}")
        head = TrainingRun(
            id=folder.name,
            started=now(),
            command=command or request.command,
            network=wanted,
            targets=tuple(targets),
            seeds=tuple(range(request.seeds)),
            environment=machine,
            dlbench=__version__,
            goal=request.goal,
            beside=presence.others(),
        )
        training = _Training(head, folders.beside(folder.name), folder, presence)
        interrupted = training.run(declarations, progress)
    outcome = TrainingOutcome(stored.read_training(folder), folder)
    if interrupted:
        raise Interrupted(outcome, "trained")
    return outcome


def _schedule(request: TrainingRequest) -> Network:
    """The network with the epochs and the batch size asked for."""
    network = named(request.network)
    _refuse_goal_without_classes(network, request.goal)
    changed = {"epochs": request.epochs, "batch": request.batch}
    return replace(network, **{name: value for name, value in changed.items() if value is not None})


def _refuse_goal_without_classes(network: Network, goal: float | None) -> None:
    data = registry.declaration("datasets", network.dataset, dict)
    if goal is not None and (data["classes"] is None or not data["test_rows"]):
        raise UsageError(
            "--target is an accuracy, and there are no classes or no test rows to judge by",
            value=network.name,
            hint="Leave --target out",
        )


def _predicted(network: Network) -> tuple[tuple[float, ...], ...]:
    """The rows that the lecture predicts with this network."""
    return tuple(row for row, _ in PREDICTED.get(network.name, ()))


class _Training(NamedTuple):
    """A training that begins. beside: its folders for logs and for checkpoints."""

    head: TrainingRun
    beside: tuple[Path | None, Path | None]
    folder: Path
    presence: Presence

    def run(self, declarations: Mapping[str, Declaration], progress: Watch) -> bool:
        """Train and store; return whether the user interrupted."""
        head, network = self.head, self.head.network
        plan = TrainingPlan(network, _predicted(network), *self.beside)
        with stored.TRAINING.writing(self.folder, head) as written:
            try:
                progress(head)
                with Launcher(declarations, self.folder / stored.LOGS_FOLDER) as launch:
                    events = plan.train(head.targets, head.seeds, launch)
                    return consume(events, partial(_store, written), progress)
            except KeyboardInterrupt:  # while workers start or end
                return True
            finally:
                note_others(head, self.presence, written)


def _store(written: Writer[TrainingResult], event: object) -> None:
    if isinstance(event, TrainingResult):
        written.append(event)


def _targets(
    request: TrainingRequest, folders: Folders, machine: Machine, watch: Watch
) -> list[Target]:
    """Return the requested targets; each backend's default mode and loop if none is named.

    The watcher is told which backends are left out, and why.
    """
    every = (loop for declared in machine.declarations.values() for loop in declared.loops)
    loops = choices("loop", request.loop, list(dict.fromkeys(every))) if request.loop else []
    chosen: list[Target] = []
    reasons: list[str] = []
    for target, _ in targets_for({"mode": [DEFAULT], **request.targets}, machine):
        declared = machine.declarations[target.backend]
        fitting = [one for one in declared.loops if one in loops] or declared.loops[: not loops]
        if reason := reason_to_skip(target, machine) or _unable(target, declared, fitting, folders):
            reasons.append(reason)
        else:
            chosen += [replace(target, loop=loop) for loop in fitting]
    reasons += without_target({"mode": [DEFAULT], **request.targets}, machine, request.targets)
    reasons += [
        f"none of the frameworks that are trained has the loop {loop}"
        for loop in loops
        if chosen and not any(target.loop == loop for target in chosen)
    ]
    if not chosen:
        raise UsageError("nothing can be trained", hint="; ".join(dict.fromkeys(reasons)))
    for reason in dict.fromkeys(reasons):
        watch(Notice(f"Left out: {reason}"))
    return chosen


def _unable(
    target: Target, declared: Declaration, loops: Sequence[str], folders: Folders
) -> str | None:
    """Why the backend cannot train as asked for; None where it can."""
    if not folders.callbacks <= set(declared.callbacks):
        return f"{target.backend} cannot write TensorBoard logs or checkpoints"
    return None if loops else f"{target.backend} has the loops {', '.join(declared.loops)}"
