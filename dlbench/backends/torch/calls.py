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
from dlbench.backends.torch.precision import to_numpy
from dlbench.reference.arrays import Array


def _within(
    context: Callable[[], AbstractContextManager[Any]],
    model: Model,
    x: Array,
    y: Array,  # noqa: ARG001 - of a training step alone
) -> Step:
    """Return the prediction of a tensor within a context."""
    run, named = model.predictor()
    given = _mover(model, x)(x)

    def predict() -> Tensor:
        with context():
            return run(given)

    return Step(predict, _outputs, {"x": given, **named})


def _from_array(model: Model, x: Array, y: Array) -> Step:  # noqa: ARG001
    """Return the prediction of an array, as an array."""
    run, named = model.predictor()
    move = _mover(model, x)

    def predict() -> Array:
        with torch.inference_mode():
            return to_numpy(run(move(x)))

    return Step(predict, lambda array: _outputs(move(array)), named)


def _step_on_arrays(model: Model, x: Array, y: Array) -> Step:
    """Return the training step on arrays, with the loss as a number."""
    learner = Learner(model)
    optimizer, dtype = learner.optimizer(model.network.optimizer), model.like.dtype
    move_x, move_y = _mover(model, x), _mover(model, y)

    def step() -> float:
        return learner.step(optimizer, move_x(x), move_y(y)).item()

    def tensors(loss: float) -> Mapping[str, Tensor]:
        return learner.with_weights(torch.tensor(loss, dtype=dtype, device=model.device))

    return Step(step, tensors, learner.named, learner.reset)


def _mover(model: Model, array: Array) -> Callable[[Array], Tensor]:
    """Return the copy of such an array to the model's device.

    Of numbers that NumPy has in another type than the model (bfloat16), to its type as well.
    """
    like = model.like
    if array.dtype.kind in "iu" or torch.from_numpy(array).dtype == like.dtype:
        return lambda array: torch.from_numpy(array).to(model.device)
    return lambda array: torch.from_numpy(array).to(like)


def _outputs(outputs: Tensor) -> Mapping[str, Tensor]:
    return {"outputs": outputs}


CALLS: dict[tuple[str, str], Callable[[Model, Array, Array], Step]] = {
    ("predict", "array"): _from_array,
    ("predict", "no-grad"): partial(_within, torch.no_grad),
    ("predict", "with-grad"): partial(_within, nullcontext),
    ("train_step", "array"): _step_on_arrays,
}
