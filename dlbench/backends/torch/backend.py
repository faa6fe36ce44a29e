"""PyTorch for one setting: products, steps of a network, and a trainer."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from dlbench import layers
from dlbench.arrays import Array, Weights, cast
from dlbench.backends.base import NO_OTHERS, Setting, Step, TrainingJob
from dlbench.backends.torch.compiler import MODES, TorchCompiler, require_compiler
from dlbench.backends.torch.device import TorchDevice
from dlbench.backends.torch.model import Compile, Model
from dlbench.backends.torch.trainer import Trainer
from dlbench.network import Network


def start(setting: Setting) -> "TorchBackend":
    """The verbs on the setting's device; Unavailable where it or the mode cannot be had."""
    device = TorchDevice(setting.device)
    device.require()
    torch.set_num_threads(setting.threads)
    torch.set_float32_matmul_precision("high" if setting.dtype == "tf32" else "highest")
    if setting.mode in MODES:
        require_compiler()
    return TorchBackend(setting, device)


class TorchBackend:
    """PyTorch on one device, eager or compiled."""

    def __init__(self, setting: Setting, device: TorchDevice) -> None:
        self.setting, self.device = setting, device
        mode = setting.mode
        self.compiler = TorchCompiler(device, mode) if mode in MODES else None

    def compiled(
        self, function: Callable[..., Any], *, dynamic_shapes: bool = False
    ) -> Callable[..., Any]:
        """The function as the mode runs it."""
        if self.compiler is None:
            return function
        return self.compiler.compiled(function, dynamic_shapes=dynamic_shapes)

    def tensor(self, array: Array) -> Tensor:
        """The array on the device, in the setting's dtype."""
        return torch.tensor(cast(array, self.setting.dtype), device=self.device.native)

    def matmul(self, a: Array, b: Array) -> Step:
        """The matrix product operator."""
        inputs = {"a": self.tensor(a), "b": self.tensor(b)}
        left, right = inputs.values()
        product = self.compiled(lambda a, b: a @ b)
        return Step(lambda: product(left, right), lambda result: {"product": result}, inputs)

    def network(
        self,
        network: Network,
        weights: Weights,
        x: Array,
        y: Array,
        optimizers: Mapping[str, layers.Optimizer] = NO_OTHERS,
    ) -> dict[str, Step]:
        """torch.nn.Sequential, the native loss and the native optimizers."""
        model = self._model(network, weights)
        return model.steps(self.tensor(x), self.tensor(y), optimizers)

    def train_steps(
        self,
        network: Network,
        weights: Weights,
        batches: Sequence[tuple[Array, Array]],
        *,
        dynamic_shapes: bool,
    ) -> list[Step]:
        """One model, and `dynamic` of torch.compile."""
        compiled = partial(self.compiled, dynamic_shapes=dynamic_shapes)
        model = self._model(network, weights, compiled)
        return model.train_steps([(self.tensor(x), self.tensor(y)) for x, y in batches])

    def trainer(self, job: TrainingJob) -> Trainer:
        """A hand-written loop."""
        model = self._model(job.network, job.weights)
        return Trainer(model, job, self.tensor)

    def _model(self, network: Network, weights: Weights, compiled: Compile | None = None) -> Model:
        start = {name: self.tensor(weight) for name, weight in weights.items()}
        return Model(network, start, compiled or self.compiled)

    def release(self) -> None:
        """Drop compiled graphs, whose number per function is limited, and cached memory."""
        if self.compiler is not None:
            self.compiler.forget()
        self.device.empty_cache()
