"""Complete trainings: trains on one worker after the other, and yields every epoch at its end.

It stores nothing and prints nothing.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dlbench.harness import wire
from dlbench.harness.supervisor.pool import Launch, WorkerPool, as_failure
from dlbench.records.case import Target
from dlbench.records.network import Network
from dlbench.records.training import (
    INTERRUPTED,
    EpochResult,
    Lap,
    TrainingResult,
    TrainingStarts,
)

# The time limit of an epoch of a large network; a worker that is silent for longer hangs.
TIMEOUT_S = 3600.0


Events = Generator[TrainingStarts | Lap | TrainingResult, None, None]


@dataclass(frozen=True)
class TrainingPlan:
    """A network to train, and the folders to write to. rows: the inputs to predict at the end."""

    network: Network
    rows: tuple[tuple[float, ...], ...] = ()
    tensorboard: Path | None = None
    checkpoint: Path | None = None

    def train(self, targets: Sequence[Target], seeds: Sequence[int], launch: Launch) -> Events:
        """Train on every target with every seed; an interrupt yields the unfinished one first."""
        for target in targets:
            pool = WorkerPool(launch, TIMEOUT_S, parks=False)
            try:
                for seed in seeds:
                    yield TrainingStarts(target, seed)
                    if pool.missing([target]):  # at first, or after a worker's death
                        pool.start({target: target})
                    yield from self._train(pool, target, seed)
            finally:
                pool.dismiss()

    def _train(self, pool: WorkerPool, target: Target, seed: int) -> Events:
        done: list[EpochResult] = []
        result: TrainingResult | None = None
        try:
            reply = pool.failures.get(target) or pool.ask(target, self._order(target, seed))
            if isinstance(reply, wire.Ready):
                reply = yield from self._epochs(pool, target, seed, done)
            result = _result_of(target, seed, done, reply)
            yield result
        except KeyboardInterrupt:
            # the result may not have been written yet: yield it again
            yield result or TrainingResult(target, seed, "failed", tuple(done), INTERRUPTED)
            raise

    def _epochs(
        self, pool: WorkerPool, target: Target, seed: int, done: list[EpochResult]
    ) -> Generator[Lap, None, wire.Reply]:
        """Train all epochs; return the last reply."""
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


def _result_of(
    target: Target, seed: int, done: Sequence[EpochResult], reply: wire.Reply
) -> TrainingResult:
    if isinstance(reply, wire.Predicted):
        return TrainingResult(target, seed, "ok", tuple(done), predictions=reply.outputs)
    failure = as_failure(reply)
    return TrainingResult(target, seed, failure.status, tuple(done), failure.reason)


def _folder(folder: Path | None, target: Target, seed: int) -> str | None:
    """Return a folder for this training alone: TensorBoard shows every folder as a run."""
    if folder is None:
        return None
    return str(folder.absolute() / target.file_name / f"seed-{seed}")
