"""Networks trained for real on their data sets, and judged on rows that they have not seen.

Runs in the worker. Only the pass over the training data is timed, not the judging. It must not
know any framework.
"""

from dataclasses import replace
from math import isfinite
from time import perf_counter

import numpy as np

from dlbench import registry
from dlbench.backends.base import Backend, TrainingJob
from dlbench.datasets.base import Split
from dlbench.errors import DlbenchError
from dlbench.harness import wire
from dlbench.harness.worker.compiler import Compiler, settle
from dlbench.harness.worker.setup import assert_placed
from dlbench.parity.epoch import assert_agreement
from dlbench.records.case import Target
from dlbench.records.training import EpochResult
from dlbench.reference.arrays import Array
from dlbench.reference.losses import labels, loss_of
from dlbench.workloads.base import job_of

# Rows that are predicted at once: enough to be quick, and few enough for any memory.
PREDICTED_ROWS = 10_000


class Training:
    """One network, one seed: of the split, the weights and the order of the rows."""

    def __init__(self, backend: Backend, job: TrainingJob) -> None:
        self.backend, self.network = backend, job.network
        self.split: Split = registry.load("datasets", self.network.dataset).load(job.seed)
        self.trainer = backend.trainer(job)
        self.done = 0

    def epoch(self) -> EpochResult:
        """One epoch, timed, and what it is worth; DlbenchError if the loss is no number."""
        start = perf_counter()
        loss = self.trainer.epoch()
        self.backend.device.wait()
        seconds = perf_counter() - start
        self.done += 1
        if not isfinite(loss):
            raise DlbenchError(
                f"the training loss of epoch {self.done} is no finite number",
                value=loss,
                hint="A smaller learning rate, or data on a smaller scale, mostly mends that",
            )
        test_loss, accuracy = self._judged()
        return EpochResult(self.done, loss, seconds, test_loss, accuracy)

    def _judged(self) -> tuple[float | None, float | None]:
        x, y = self.split.x_test, self.split.y_test
        if not len(x):
            return None, None
        outputs = self.predict(x)
        test_loss = loss_of(self.network, outputs, y)
        classes = registry.declaration("datasets", self.network.dataset, dict)["classes"]
        right = None if classes is None else float((labels(self.network, outputs) == y).mean())
        return (test_loss if isfinite(test_loss) else None), right

    def predict(self, x: Array) -> Array:
        """Outputs in inference, (rows, units)."""
        parts = [
            self.trainer.predict(x[start : start + PREDICTED_ROWS])
            for start in range(0, len(x), PREDICTED_ROWS)
        ]
        return np.concatenate(parts)


class Trainings:
    """The trainings of a worker, one after the other. compiler: None in a dynamic mode."""

    def __init__(self, backend: Backend, target: Target, compiler: Compiler | None) -> None:
        self.backend, self.target, self.compiler = backend, target, compiler
        self.begun = 0
        self.training: Training

    def start(self, order: wire.StartTraining) -> wire.Ready:
        """Get a network ready for its first epoch."""
        self.backend.release()
        self.begun += 1
        if self.compiler is not None:  # so that no training finds what another has compiled
            self.compiler.begin(f"training {self.begun}")
        job = job_of(order.network, self.target, order.seed, synthetic=False)
        job = replace(job, tensorboard=order.tensorboard, checkpoint=order.checkpoint)
        assert_agreement(self.backend, self.target.dtype, job)
        settle(self.backend)
        self.training = Training(self.backend, job)
        assert_placed(self.backend, self.target, self.training.trainer.inputs())
        return wire.Ready()

    def epoch(self, order: wire.TrainEpoch) -> wire.EpochTrained:  # noqa: ARG002
        """Train for one epoch."""
        return wire.EpochTrained(self.training.epoch())

    def predict(self, order: wire.Predict) -> wire.Predicted:
        """What the trained network makes of some rows."""
        rows = np.array(order.rows, np.float32)
        outputs = self.training.predict(rows.reshape(-1, *self.training.network.inputs))
        if not np.isfinite(outputs).all():
            raise DlbenchError("the trained network predicts what is no finite number")
        return wire.Predicted(tuple(map(tuple, outputs.astype(float).tolist())))
