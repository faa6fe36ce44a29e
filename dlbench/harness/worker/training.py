"""A network trained for real on its data set, and judged on rows that it has not seen.

Runs in the worker. Only the pass over the training data is timed, not the judging. It must not
know any framework.
"""

from math import isfinite
from time import perf_counter

import numpy as np

from dlbench import catalog
from dlbench.arrays import Array
from dlbench.backends.base import Backend, TrainingJob
from dlbench.datasets.base import Split
from dlbench.errors import DlbenchError
from dlbench.reference.losses import labels, loss_of
from dlbench.trainings import EpochResult

# Rows that are predicted at once: enough to be quick, and few enough for any memory.
PREDICTED_ROWS = 10_000


class Training:
    """One network, one seed: of the split, the weights and the order of the rows."""

    def __init__(self, backend: Backend, job: TrainingJob) -> None:
        self.backend, self.network = backend, job.network
        self.split: Split = catalog.load("datasets", self.network.dataset).load(job.seed)
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
        classes = catalog.declaration("datasets", self.network.dataset, dict)["classes"]
        right = None if classes is None else float((labels(self.network, outputs) == y).mean())
        return (test_loss if isfinite(test_loss) else None), right

    def predict(self, x: Array) -> Array:
        """Outputs in inference, (rows, units)."""
        parts = [
            self.trainer.predict(x[start : start + PREDICTED_ROWS])
            for start in range(0, len(x), PREDICTED_ROWS)
        ]
        return np.concatenate(parts)
