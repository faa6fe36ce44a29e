"""Trainings to the end: asks one worker after the other, and yields every epoch as it ends.

It stores nothing and prints nothing.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dlbench.harness import wire
from dlbench.harness.supervisor.pool import Launch, WorkerPool, failed
from dlbench.records.case import Target
from dlbench.records.network import Network
from dlbench.records.training import EpochResult, Lap, TrainingResult

# An epoch may take as long as a large network needs; a worker that is silent for longer is hung.
TIMEOUT_S = 3600.0

INTERRUPTED = "interrupted"


Events = Generator[Lap | TrainingResult, None, None]


@dataclass(frozen=True)
class TrainingPlan:
    """A network, and what is written beside. rows: what is predicted at the end."""

    network: Network
    rows: tuple[tuple[float, ...], ...] = ()
    tensorboard: Path | None = None
    checkpoint: Path | None = None

    def train(self, targets: Sequence[Target], seeds: Sequence[int], launch: Launch) -> Events:
        """Train on every target with every seed; on an interrupt, tell what there is first."""
        for target in targets:
            pool = WorkerPool(launch, TIMEOUT_S, parks=False)
            try:
                for seed in seeds:
                    if pool.missing([target]):  # the first one, or the one before has died
                        pool.start({target: target})
                    yield from self._train(pool, target, seed)
            finally:
                pool.dismiss()

    def _train(self, pool: WorkerPool, target: Target, seed: int) -> Events:
        done: list[EpochResult] = []
        ended: TrainingResult | None = None
        try:
            reply = pool.refused.get(target) or pool.ask(target, self._order(target, seed))
            if isinstance(reply, wire.Ready):
                reply = yield from self._epochs(pool, target, seed, done)
            ended = _ended(target, seed, done, reply)
            yield ended
        except KeyboardInterrupt:
            # what was just being written is told again
            yield ended or TrainingResult(target, seed, "failed", tuple(done), INTERRUPTED)
            raise

    def _epochs(
        self, pool: WorkerPool, target: Target, seed: int, done: list[EpochResult]
    ) -> Generator[Lap, None, wire.Reply]:
        """All epochs; the last reply."""
        for _ in range(self.network.epochs):
            reply = pool.ask(target, wire.TrainEpoch())
            if not isinstance(reply, wire.EpochTrained):
                return reply
            done.append(reply.result)
            yield Lap(target, seed, reply.result)
        return pool.ask(target, wire.Predict(self.rows)) if self.rows else wire.Predicted(())

    def _order(self, target: Target, seed: int) -> wire.StartTraining:
        return wire.StartTraining(
            self.network,
            seed,
            _folder(self.tensorboard, target, seed),
            _folder(self.checkpoint, target, seed),
        )


def _ended(
    target: Target, seed: int, done: Sequence[EpochResult], reply: wire.Reply
) -> TrainingResult:
    if isinstance(reply, wire.Predicted):
        return TrainingResult(target, seed, "ok", tuple(done), predictions=reply.outputs)
    bad = failed(reply)
    return TrainingResult(target, seed, bad.status, tuple(done), bad.reason)


def _folder(folder: Path | None, target: Target, seed: int) -> str | None:
    """One for every training: TensorBoard shows each as a run of its own."""
    if folder is None:
        return None
    return str(folder.absolute() / target.file_name / f"seed-{seed}")
