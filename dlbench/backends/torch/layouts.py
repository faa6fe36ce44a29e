"""How PyTorch stores the weights of a layer, and how dlbench does."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from dlbench.records.images import Conv2D
from dlbench.records.layer import AnyLayer
from dlbench.records.sequences import GRU, Recurrent

Turn = Callable[[Tensor], Tensor]


class Layout(NamedTuple):
    """A weight of dlbench in a module.

    attributes: the parameters that hold it, one for each of its rows if there are two; to_native,
    from_native: how such a part is turned.
    """

    attributes: tuple[str, ...]
    to_native: Turn
    from_native: Turn

    def keys(self, name: str) -> list[str]:
        """Return a name for every parameter; the first is that of the weight."""
        return [name, f"{name} (state)"][: len(self.attributes)]

    def parts(self, weight: Tensor) -> tuple[Tensor, ...]:
        """Return the values of every parameter."""
        rows = (weight,) if len(self.attributes) == 1 else weight.unbind()
        return tuple(map(self.to_native, rows))

    def whole(self, parts: list[Tensor]) -> Tensor:
        """Return the weight as dlbench stores it."""
        rows = list(map(self.from_native, parts))
        return rows[0] if len(rows) == 1 else torch.stack(rows)


_ATTRIBUTES = {
    "kernel": "weight",
    "bias": "bias",
    "gamma": "weight",
    "beta": "bias",
    "embeddings": "weight",
}

_OF_RECURRENT = {
    "kernel": ("weight_ih_l0",),
    "recurrent_kernel": ("weight_hh_l0",),
    "bias": ("bias_ih_l0",),
}


def layout_of(layer: AnyLayer, name: str) -> Layout:
    """Return how a weight of a layer is stored, by its short name."""
    is_kernel = name.endswith("kernel")
    plain: Turn = _turned if is_kernel else _same
    if isinstance(layer, GRU):
        both = (*_OF_RECURRENT[name], "bias_hh_l0") if name == "bias" else _OF_RECURRENT[name]
        if is_kernel:
            return Layout(both, _gru_kernel, _gru_kernel_back)
        return Layout(both, _gates, _gates)
    if isinstance(layer, Recurrent):
        return Layout(_OF_RECURRENT[name], plain, plain)
    if isinstance(layer, Conv2D) and is_kernel:
        return Layout(("weight",), _windows, _windows_back)
    return Layout((_ATTRIBUTES[name],), plain, plain)


def _same(tensor: Tensor) -> Tensor:
    return tensor


def _turned(kernel: Tensor) -> Tensor:
    """Turn (inputs, units) into (units, inputs), and back."""
    return kernel.T


def _windows(kernel: Tensor) -> Tensor:
    """Turn (height, width, channels, filters) into (filters, channels, height, width)."""
    return kernel.permute(3, 2, 0, 1)


def _windows_back(kernel: Tensor) -> Tensor:
    return kernel.permute(2, 3, 1, 0)


def _gates(rows: Tensor) -> Tensor:
    """Change update, reset, candidate into reset, update, candidate, and back."""
    first, second, candidate = rows.chunk(3)
    return torch.cat([second, first, candidate])


def _gru_kernel(kernel: Tensor) -> Tensor:
    return _gates(kernel.T)


def _gru_kernel_back(kernel: Tensor) -> Tensor:
    return _gates(kernel).T
