"""Epochs by hand: arrays, shuffled and sliced."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from dlbench.backends.base import LEAD_IN_STEPS, TrainingJob
from dlbench.errors import Unavailable
from dlbench.reference.arrays import Array, cast
from dlbench.reference.mlp import MLP


class Trainer:
    """Epochs over arrays."""

    set_up = ()

    def __init__(self, job: TrainingJob, dtype: str) -> None:
        self.job, self.dtype = job, dtype
        self.x, self.y = cast(job.x, dtype), cast(job.y, dtype)
        self.start = {name: cast(weight, dtype) for name, weight in job.weights.items()}
        own = {name: weight.copy() for name, weight in self.start.items()}
        self.mlp = MLP(job.network, own, job.seed)
        self.order = np.random.default_rng(job.seed)

    def epoch(self) -> float:
        """Shuffle all rows, then train on slices; return the mean loss of the rows."""
        x, y, size = self.x, self.y, self.job.network.batch
        if self.job.shuffle:
            order = self.order.permutation(len(x))
            x, y = x[order], y[order]
        total = 0.0
        for start in range(0, len(x), size):
            rows = slice(start, start + size)
            total += float(self.mlp.train_step(x[rows], y[rows])) * len(x[rows])
        return total / len(x)

    def lead_in(self) -> None:
        """Run steps on the first batch."""
        size = self.job.network.batch
        for _ in range(LEAD_IN_STEPS):
            self.mlp.train_step(self.x[:size], self.y[:size])

    def reset(self) -> None:
        """Restore weights, statistics and optimizer of the start."""
        self.mlp.reset(self.start)

    def weights(self) -> Mapping[str, Any]:
        """Return the arrays themselves, without a copy."""
        return self.mlp.weights

    def inputs(self) -> Mapping[str, Any]:
        """Return the data and the weights."""
        return {"x": self.x, "y": self.y, **self.mlp.weights}

    def predict(self, x: Array) -> Array:
        """Return the outputs of all rows at once."""
        return self.mlp.predict(cast(x, self.dtype))

    def load(self, checkpoint: str) -> None:
        """Raise Unavailable: NumPy has no checkpoints."""
        raise Unavailable("NumPy writes no checkpoints", value=checkpoint)
