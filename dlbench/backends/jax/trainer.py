"""Epochs as users of JAX write them: data on the device, a pure step for every batch."""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from dlbench.backends.base import LEAD_IN_STEPS, TrainingJob
from dlbench.backends.jax.model import Learner, Model, State
from dlbench.backends.jax.precision import wide
from dlbench.errors import Unavailable
from dlbench.reference.arrays import Array


class Trainer:
    """A network trained batch by batch; in a static mode the whole epoch is one graph."""

    set_up: tuple[str, ...] = ()

    def __init__(self, model: Model, job: TrainingJob, tensor: Callable[[Array], Any]) -> None:
        self.job, self.model, self.tensor = job, model, tensor
        self.learner = Learner(model, job.network.optimizer, job.seed)
        self.order = np.random.default_rng(job.seed)
        self.x, self.y = tensor(job.x), tensor(job.y)
        self.whole = model.compiled(self._all_steps, donate="state")

    def _all_steps(self, state: State, x: Any, y: Any) -> tuple[Any, State]:
        """The sum of the samples' losses, and the state after the last batch."""
        rows, size = len(x), self.job.network.batch

        def step(number: Any, carried: tuple[Any, State]) -> tuple[Any, State]:
            return self._step(carried, x, y, number * size, size)

        carried = (jnp.zeros((), wide(x.dtype)), state)
        carried = self.repeat(rows // size, step, carried)
        rest = rows % size
        return self._step(carried, x, y, rows - rest, rest) if rest else carried

    def repeat(self, times: int, step: Callable[..., Any], carried: Any) -> Any:
        """A loop within the graph; without one, Python's."""
        if self.model.is_static:
            return jax.lax.fori_loop(0, times, step, carried)
        for number in range(times):
            carried = step(number, carried)
        return carried

    def _step(
        self, carried: tuple[Any, State], x: Any, y: Any, first: Any, size: int
    ) -> tuple[Any, State]:
        """A step on so many rows from a first one on, its losses added up."""
        total, state = carried
        x = jax.lax.dynamic_slice_in_dim(x, first, size)
        y = jax.lax.dynamic_slice_in_dim(y, first, size)
        loss, state = self.model.step(self.learner.optimizer, state, x, y)
        return total + loss * size, state

    def epoch(self) -> float:
        """Shuffled as a whole; the losses are added up where they are, and fetched once."""
        x, y = self.x, self.y
        if self.job.shuffle:
            order = self.order.permutation(len(x))
            x, y = x[order], y[order]
        total, self.learner.state = self.whole(self.learner.state, x, y)
        return float(total) / len(x)

    def lead_in(self) -> None:
        """Run steps on the first batch."""
        size = self.job.network.batch
        for _ in range(LEAD_IN_STEPS):
            self.learner.learn(self.x[:size], self.y[:size])

    def reset(self) -> None:
        """Weights, averages and optimizer as at the start."""
        self.learner.reset()

    def weights(self) -> Mapping[str, Any]:
        """Return the arrays themselves, without a copy."""
        return self.learner.state.weights

    def inputs(self) -> Mapping[str, Any]:
        """Return the data and the weights."""
        return self.learner.inputs(self.x, self.y)

    def predict(self, x: Array) -> Array:
        """Return the outputs of all rows at once."""
        state = self.learner.state
        outputs = self.model.predict(state.weights, state.averages, self.tensor(x))
        return np.array(outputs.astype(wide(outputs.dtype)))

    def load(self, checkpoint: str) -> None:
        """Raise Unavailable: NumPy has no checkpoints."""
        raise Unavailable("JAX writes no checkpoints of its own", value=checkpoint)
