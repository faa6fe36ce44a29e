"""Complete trainings in a worker: epochs on the training rows, accuracy on the test rows.

Only the pass over the training rows is timed, not the test. It must not know any framework.
"""

from dataclasses import replace
from math import isfinite

import numpy as np

from dlbench import registry
from dlbench.backends.base import Backend, TrainingJob
from dlbench.datasets.base import Split
from dlbench.errors import DlbenchError
from dlbench.harness import wire
from dlbench.harness.worker import timing
from dlbench.harness.worker.compiler import Compiler, wait_until_idle
from dlbench.harness.worker.interference import Monitor, with_flags
from dlbench.harness.worker.setup import assert_placed
from dlbench.parity.epoch import assert_agreement
from dlbench.records.case import Target
from dlbench.records.measurement import Sample
from dlbench.records.training import EpochResult
from dlbench.reference.arrays import Array
from dlbench.reference.losses import labels, loss_of
from dlbench.workloads.base import job_of

# Rows per prediction: enough to be quick, and few enough for any memory.
PREDICTED_ROWS = 1_000


class Training:
    """One training: a network and a seed of the split, the weights and the order of the rows."""

    def __init__(self, backend: Backend, job: TrainingJob, threads: int, monitor: Monitor) -> None:
        self.backend, self.network = backend, job.network
        self.threads, self.monitor = threads, monitor
        self.split: Split = registry.load("datasets", self.network.dataset).load(job.seed)
        self.trainer = backend.trainer(job)
        self.done = 0

    def epoch(self) -> EpochResult:
        """Train for one epoch, and test; DlbenchError if the loss is not finite."""
        loss, block = self._timed_epoch()
        self.done += 1
        if not isfinite(loss):
            raise DlbenchError(
                f"the training loss of epoch {self.done} is not a finite number",
                value=loss,
                hint="Try a smaller learning rate, or scale the data down",
            )
        test_loss, accuracy = self._test()
        return EpochResult(self.done, loss, block.host_s, test_loss, accuracy, block)

    def _timed_epoch(self) -> tuple[float, Sample]:
        """Train for one epoch; return the loss, and the time with counters and flags."""
        before = self.monitor.before()
        start = timing.now_s()
        loss = self.trainer.epoch()
        self.backend.device.wait()
        block = Sample(iterations=1, host_s=timing.now_s() - start, started_s=start)
        return loss, with_flags(block, before, self.monitor, self.threads)

    def _test(self) -> tuple[float | None, float | None]:
        """Return loss and accuracy on the test rows; None if there are none."""
        x, y = self.split.x_test, self.split.y_test
        if not len(x):
            return None, None
        outputs = self.predict(x)
        test_loss = loss_of(self.network, outputs, y)
        classes = registry.declaration("datasets", self.network.dataset, dict)["classes"]
        accuracy = None if classes is None else float((labels(self.network, outputs) == y).mean())
        return (test_loss if isfinite(test_loss) else None), accuracy

    def predict(self, x: Array) -> Array:
        """Return the outputs in inference, (rows, units)."""
        parts = [
            self.trainer.predict(x[start : start + PREDICTED_ROWS])
            for start in range(0, len(x), PREDICTED_ROWS)
        ]
        return np.concatenate(parts)


class Trainings:
    """The trainings of a worker, one after the other. compiler: None in a dynamic mode."""

    def __init__(
        self, backend: Backend, target: Target, compiler: Compiler | None, monitor: Monitor
    ) -> None:
        self.backend, self.target, self.compiler = backend, target, compiler
        self.monitor = monitor
        self.begun = 0
        self.training: Training

    def start(self, order: wire.StartTraining) -> wire.Ready:
        """Prepare a network for its first epoch; DlbenchError if its results are wrong."""
        self.backend.release()
        self.begun += 1
        if self.compiler is not None:  # no training may use another's compiled code
            self.compiler.begin(f"training {self.begun}")
        job = job_of(order.network, self.target, order.seed, synthetic=False)
        job = replace(job, tensorboard=order.tensorboard, checkpoint=order.checkpoint)
        assert_agreement(self.backend, self.target.dtype, job)
        wait_until_idle(self.backend)
        self.training = Training(self.backend, job, self.target.threads, self.monitor)
        assert_placed(self.backend, self.target, self.training.trainer.inputs())
        return wire.Ready()

    def epoch(self, order: wire.TrainEpoch) -> wire.EpochTrained:  # noqa: ARG002
        """Train for one epoch."""
        self.monitor.adopt()  # a compiler starts programs at the first calls
        return wire.EpochTrained(self.training.epoch())

    def predict(self, order: wire.Predict) -> wire.Predicted:
        """Return the outputs of the trained network for some rows; DlbenchError if not finite."""
        rows = np.array(order.rows, np.float32)
        outputs = self.training.predict(rows.reshape(-1, *self.training.network.inputs))
        if not np.isfinite(outputs).all():
            raise DlbenchError("the trained network predicts numbers that are not finite")
        return wire.Predicted(tuple(map(tuple, outputs.astype(float).tolist())))
