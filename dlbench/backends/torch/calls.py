"""The calls that users of PyTorch write, beside that of a tensor in inference_mode.

https://docs.pytorch.org/docs/stable/notes/autograd.html#locally-disabling-gradient-computation
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any

import torch
from torch import Tensor

from dlbench.backends.base import Step
from dlbench.backends.torch.model import Learner, Model
from dlbench.reference.arrays import Array


def _within(
    context: Callable[[], AbstractContextManager[Any]],
    model: Model,
    x: Array,
    y: Array,  # noqa: ARG001 - of a training step alone
) -> Step:
    """Return the prediction of a tensor within a context."""
    run, named = model.predictor()
    given = _on_device(model, x)

    def predict() -> Tensor:
        with context():
            return run(given)

    return Step(predict, _outputs, {"x": given, **named})


def _from_array(model: Model, x: Array, y: Array) -> Step:  # noqa: ARG001
    """Return the prediction of an array, as an array."""
    run, named = model.predictor()

    def predict() -> Array:
        with torch.inference_mode():
            outputs: Array = run(_on_device(model, x)).cpu().numpy()
        return outputs

    return Step(predict, lambda array: _outputs(_on_device(model, array)), named)


def _step_on_arrays(model: Model, x: Array, y: Array) -> Step:
    """Return the training step on arrays, with the loss as a number."""
    learner = Learner(model)
    optimizer, dtype = learner.optimizer(model.network.optimizer), torch.from_numpy(x).dtype

    def step() -> float:
        return learner.step(optimizer, _on_device(model, x), _on_device(model, y)).item()

    def tensors(loss: float) -> Mapping[str, Tensor]:
        return learner.with_weights(torch.tensor(loss, dtype=dtype, device=model.device))

    return Step(step, tensors, learner.named, learner.reset)


def _on_device(model: Model, array: Array) -> Tensor:
    return torch.from_numpy(array).to(model.device)


def _outputs(outputs: Tensor) -> Mapping[str, Tensor]:
    return {"outputs": outputs}


CALLS: dict[tuple[str, str], Callable[[Model, Array, Array], Step]] = {
    ("predict", "array"): _from_array,
    ("predict", "no-grad"): partial(_within, torch.no_grad),
    ("predict", "with-grad"): partial(_within, nullcontext),
    ("train_step", "array"): _step_on_arrays,
}
