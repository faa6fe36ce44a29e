"""Who is trained when: asks one worker after the other, and yields every epoch as it ends.

It stores nothing and prints nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dlbench import wire
from dlbench.crew import Crew, Launch, failed
from dlbench.layers import Network
from dlbench.model import Target
from dlbench.trainings import EpochResult, TrainingResult

# An epoch may take as long as a large network needs; who is silent for longer is hung.
TIMEOUT_S = 3600.0


@dataclass(frozen=True)
class Lap:
    """An epoch of a training has ended."""

    target: Target
    seed: int
    result: EpochResult


Events = Iterator[Lap | TrainingResult]


@dataclass(frozen=True)
class Teaching:
    """A network, and what is written beside. rows: what is predicted at the end."""

    network: Network
    rows: tuple[tuple[float, ...], ...] = ()
    tensorboard: Path | None = None
    checkpoint: Path | None = None

    def of(self, targets: Sequence[Target], seeds: Sequence[int], launch: Launch) -> Events:
        """Train on every target with every seed; on an interrupt, tell what there is first."""
        for target in targets:
            crew = Crew(launch, TIMEOUT_S)
            try:
                crew.start({target: target})
                for seed in seeds:
                    yield from self._training(crew, target, seed)
            finally:
                crew.dismiss()

    def _training(self, crew: Crew, target: Target, seed: int) -> Events:
        done: list[EpochResult] = []
        try:
            reply = crew.refused.get(target) or crew.ask(target, self._order(target, seed))
            while isinstance(reply, wire.Ready | wire.EpochTrained):
                if isinstance(reply, wire.EpochTrained):
                    done.append(reply.result)
                    yield Lap(target, seed, reply.result)
                if len(done) == self.network.epochs:
                    reply = crew.ask(target, wire.Predict(self.rows))
                else:
                    reply = crew.ask(target, wire.TrainEpoch())
        except KeyboardInterrupt:
            yield TrainingResult(target, seed, "failed", tuple(done), "interrupted")
            raise
        if isinstance(reply, wire.Predicted):
            yield TrainingResult(target, seed, "ok", tuple(done), predictions=reply.outputs)
        else:
            bad = failed(reply)
            yield TrainingResult(target, seed, bad.status, tuple(done), bad.reason)

    def _order(self, target: Target, seed: int) -> wire.StartTraining:
        return wire.StartTraining(
            self.network,
            seed,
            _folder(self.tensorboard, target, seed),
            _folder(self.checkpoint, target, seed),
        )


def _folder(folder: Path | None, target: Target, seed: int) -> str | None:
    """One for every training: TensorBoard shows each as a run of its own."""
    if folder is None:
        return None
    name = target.id.replace("/", "-").replace(":", "")
    return str(folder.absolute() / name / f"seed-{seed}")


def by_target(results: Sequence[TrainingResult]) -> Mapping[Target, list[TrainingResult]]:
    """The trainings of every target, in the order of the run."""
    found: dict[Target, list[TrainingResult]] = {}
    for result in results:
        found.setdefault(result.target, []).append(result)
    return found
