"""A user's own Keras model on JAX."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax

from dlbench.backends.jax.backend import JaxBackend
from dlbench.own.source import Source
from dlbench.records.base import DTYPES


class Traces:
    """Counts as a jitted function does."""

    def __init__(self, count: Callable[[], int]) -> None:
        self._cache_size = count


def keras_model(backend: JaxBackend, source: Source) -> Any:
    """Return the model on JAX: op by op, or jitted."""
    from dlbench.backends._keras import Engine, OwnModel

    compiler = backend.compiler

    def count(traces: Callable[[], int]) -> None:
        if compiler is not None:
            compiler.jitted.append(Traces(traces))

    engine = Engine(
        dtype=DTYPES[backend.setting.dtype].storage,
        eager=compiler is None,
        jit=compiler is not None,
        tensor=backend.tensor,
        array=backend.device.array,
        gradients=_gradients,
        count=None if compiler is None else count,
        float64=partial(jax.enable_x64, True),  # noqa: FBT003 - JAX's own
    )
    return OwnModel(engine, source)


def _gradients(model: Any, loss: Callable[[Any], Any], x: Any) -> tuple[Any, Any]:
    """Return the loss in training with the model's penalties, and its gradients."""
    fixed = [one.value for one in model.non_trainable_variables]

    def objective(weights: Any) -> Any:
        outputs, _, penalties = model.stateless_call(
            weights, fixed, x, training=True, return_losses=True
        )
        return loss(outputs) + sum(one.sum() for one in penalties)

    return jax.value_and_grad(objective)([one.value for one in model.trainable_variables])
