"""The number types of dlbench in PyTorch, and autocast as its users write it.

https://docs.pytorch.org/docs/stable/amp.html
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from dlbench.records.base import DTYPES
from dlbench.reference.arrays import Array


def native(dtype: str) -> torch.dtype:
    """Return PyTorch's type of the numbers in memory."""
    found: torch.dtype = getattr(torch, DTYPES[dtype].storage)
    return found


def autocast(function: Callable[..., Any], dtype: str, device: torch.device) -> Callable[..., Any]:
    """Return the function within autocast if the dtype asks for it; else the function itself.

    It is a forward pass with its loss, or a part of one: users leave the backward pass and the
    optimizer's step outside.
    """
    if not DTYPES[dtype].also:
        return function
    context = partial(torch.autocast, device.type, getattr(torch, DTYPES[dtype].also))

    def call(*args: Any) -> Any:
        with context():
            return function(*args)

    return call


def to_numpy(tensor: Tensor) -> Array:
    """Return a tensor as an array; NumPy has no bfloat16, float32 holds its values."""
    held = tensor.float() if tensor.dtype is torch.bfloat16 else tensor
    array: Array = held.cpu().numpy()
    return array
