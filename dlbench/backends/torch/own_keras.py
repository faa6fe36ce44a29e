"""A user's own Keras model on PyTorch."""

import os
from collections.abc import Callable
from typing import Any

from dlbench.backends.torch.backend import TorchBackend
from dlbench.own.source import Source
from dlbench.records.base import DTYPES


def keras_model(backend: TorchBackend, source: Source) -> Any:
    """Return the model on PyTorch, op by op: that is how Keras runs it."""
    os.environ["KERAS_TORCH_DEVICE"] = str(backend.device.native)  # read at the import
    from dlbench.backends._keras import Engine, OwnModel

    engine = Engine(
        dtype=DTYPES[backend.setting.dtype].storage,
        eager=False,
        jit=False,
        tensor=backend.tensor,
        array=backend.device.array,
        gradients=_gradients,
    )
    return OwnModel(engine, source)


def _gradients(model: Any, loss: Callable[[Any], Any], x: Any) -> tuple[Any, list[Any]]:
    """Return the loss in training with the model's penalties, and its gradients."""
    value = loss(model(x, training=True)) + sum(one.sum() for one in model.losses)
    value.backward()
    return value, [one.value.grad for one in model.trainable_variables]
