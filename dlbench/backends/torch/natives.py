"""Maps each layer, activation, loss and optimizer of records/layers.py to PyTorch's class."""

from collections.abc import Callable
from math import prod
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from dlbench.backends.torch.images import LAYERS as OF_IMAGES
from dlbench.backends.torch.images import batch_norm, flatten
from dlbench.backends.torch.sequences import LAYERS as OF_SEQUENCES
from dlbench.records import layers
from dlbench.records.layer import Shape


class DropConnectLinear(nn.Linear):
    """nn.Linear that drops weights in training; PyTorch has no such layer."""

    def __init__(self, inputs: int, units: int, rate: float) -> None:
        super().__init__(inputs, units)
        self.rate = rate

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - the name of nn.Linear
        """Return the output of nn.Linear; in training, with some weights dropped."""
        weight = functional.dropout(self.weight, self.rate, self.training)
        return functional.linear(input, weight, self.bias)


# (layer, shape of a sample before it) -> module without the activation
LAYERS: dict[type, Callable[[Any, Shape], nn.Module]] = {
    layers.Dense: lambda layer, shape: nn.Linear(prod(shape), layer.units),
    layers.DropConnect: lambda layer, shape: DropConnectLinear(
        prod(shape), layer.units, layer.rate
    ),
    layers.Flatten: lambda layer, shape: flatten(shape),
    layers.Dropout: lambda layer, shape: nn.Dropout(layer.rate),
    # torch counts the new statistics, the model the kept ones
    layers.BatchNorm: lambda layer, shape: batch_norm(
        shape, eps=layer.epsilon, momentum=1 - layer.momentum
    ),
    layers.LayerNorm: lambda layer, shape: nn.LayerNorm(shape[-1], eps=layer.epsilon),
    **OF_IMAGES,
    **OF_SEQUENCES,
}

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "linear": nn.Identity,
    "relu": nn.ReLU,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "softmax": lambda: nn.Softmax(dim=-1),
    "log_softmax": lambda: nn.LogSoftmax(dim=-1),
}


def hinge(outputs: Tensor, y: Tensor) -> Tensor:
    """mean(max(1 - y * outputs, 0)); PyTorch has no such loss."""
    return functional.relu(1 - y * outputs).mean()


def half_mse(outputs: Tensor, y: Tensor) -> Tensor:
    """Half of the mean squared error; PyTorch has no such loss."""
    return functional.mse_loss(outputs, y) / 2


def zero_one(outputs: Tensor, y: Tensor) -> Tensor:
    """The share on the wrong side, y being -1 or 1; PyTorch has no such loss."""
    return ((1 - y * outputs.sign()) / 2).ceil().mean()


# The crossentropies apply the last activation themselves.
LOSSES: dict[str, Callable[[], Callable[[Tensor, Tensor], Tensor]]] = {
    "sparse_categorical_crossentropy": nn.CrossEntropyLoss,
    "categorical_crossentropy": nn.CrossEntropyLoss,
    "binary_crossentropy": nn.BCEWithLogitsLoss,
    "mse": nn.MSELoss,
    "half_mse": lambda: half_mse,
    "mae": nn.L1Loss,
    "nll": nn.NLLLoss,
    "hinge": lambda: hinge,
    "logistic": nn.SoftMarginLoss,
    "zero_one": lambda: zero_one,
    "multilabel_margin": nn.MultiLabelMarginLoss,
}

OPTIMIZERS: dict[type, Callable[..., torch.optim.Optimizer]] = {
    layers.SGD: lambda o, params, **how: torch.optim.SGD(
        params, lr=o.lr, momentum=o.momentum, **how
    ),
    layers.Adagrad: lambda o, params, **how: torch.optim.Adagrad(
        params, lr=o.lr, eps=o.epsilon, **how
    ),
    layers.RMSprop: lambda o, params, **how: torch.optim.RMSprop(
        params, lr=o.lr, alpha=o.rho, eps=o.epsilon, **how
    ),
    layers.Adam: lambda o, params, **how: torch.optim.Adam(
        params, lr=o.lr, betas=(o.beta1, o.beta2), eps=o.epsilon, **how
    ),
    layers.AdamW: lambda o, params, **how: torch.optim.AdamW(
        params,
        lr=o.lr,
        betas=(o.beta1, o.beta2),
        eps=o.epsilon,
        weight_decay=o.weight_decay,
        **how,
    ),
}

# The kinds of device with one kernel for the whole step, in all supported versions.
ONE_KERNEL: dict[type, tuple[str, ...]] = {
    layers.SGD: ("cpu", "cuda"),
    layers.Adagrad: ("cpu",),
    layers.RMSprop: (),
    layers.Adam: ("cpu", "cuda"),
    layers.AdamW: ("cpu", "cuda"),
}


def fused_or_foreach(settings: layers.Optimizer, device: str) -> dict[str, bool]:
    """Return the option for one kernel, or else for one call per list of parameters."""
    return {"fused" if device in ONE_KERNEL[type(settings)] else "foreach": True}
