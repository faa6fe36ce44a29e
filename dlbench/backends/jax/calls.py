"""The calls that users of JAX write, beside those of arrays on the device."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import jax.numpy as jnp
import numpy as np

from dlbench.backends.base import Step
from dlbench.backends.jax.model import Learner, Model
from dlbench.reference.arrays import Array


def _from_array(model: Model, x: Array, y: Array) -> Step:
    """Return the prediction of an array, as an array."""
    step = Learner(model, model.network.optimizer).predict(x, y)
    return replace(
        step,
        run=lambda: np.asarray(step.run()),
        tensors=lambda outputs: step.tensors(jnp.asarray(outputs)),
        inputs=model.start,
    )


def _step_on_arrays(model: Model, x: Array, y: Array) -> Step:
    """Return the training step on arrays, with the loss as a number."""
    step = Learner(model, model.network.optimizer).train_step(x, y)

    def tensors(loss: float) -> Mapping[str, Any]:
        return step.tensors(jnp.asarray(loss, x.dtype))

    return replace(step, run=lambda: float(step.run()), tensors=tensors, inputs=model.start)


CALLS: dict[tuple[str, str], Callable[[Model, Array, Array], Step]] = {
    ("predict", "array"): _from_array,
    ("train_step", "array"): _step_on_arrays,
}
