"""PyTorch for one setting: products, steps of a network, and a trainer."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from dlbench.backends.base import (
    Batch,
    Compile,
    Framework,
    Problem,
    Setting,
    Step,
    TrainingJob,
)
from dlbench.backends.torch.calls import CALLS
from dlbench.backends.torch.compiler import MODES, TorchCompiler, require_compiler
from dlbench.backends.torch.device import TorchDevice
from dlbench.backends.torch.model import Model
from dlbench.backends.torch.precision import autocast, native
from dlbench.backends.torch.trainer import Trainer
from dlbench.records.network import Network
from dlbench.reference.arrays import Array, cast


def start(setting: Setting) -> "TorchBackend":
    """Start PyTorch on the setting's device; Unavailable without the device or a compiler."""
    device = TorchDevice(setting.device)
    device.require()
    torch.set_num_threads(setting.threads)
    torch.set_float32_matmul_precision("high" if setting.dtype == "tf32" else "highest")
    if setting.mode in MODES:
        require_compiler()
    return TorchBackend(setting, device)


class TorchBackend(Framework[Model]):
    """PyTorch on one device, eager or compiled."""

    def __init__(self, setting: Setting, device: TorchDevice) -> None:
        self.setting, self.device = setting, device
        self.product = lambda a, b: a @ b
        mode = setting.mode
        self.compiler = TorchCompiler(device, mode, setting.scratch) if mode in MODES else None

    def compiled(
        self, function: Callable[..., Any], *, dynamic_shapes: bool | None = None
    ) -> Callable[..., Any]:
        """Return the function as the mode runs it: unchanged or compiled."""
        if self.compiler is not None:
            function = self.compiler.compiled(function, dynamic_shapes=dynamic_shapes)
        return autocast(function, self.setting.dtype, self.device.native)

    def tensor(self, array: Array) -> Tensor:
        """Return the array as a tensor on the device, in the setting's dtype."""
        values = cast(array, self.setting.dtype)
        dtype = None if values.dtype.kind in "iu" else native(self.setting.dtype)
        return torch.tensor(values, dtype=dtype, device=self.device.native)

    def for_each_size(self) -> Compile:
        """Return `compiled` without the option `dynamic`: PyTorch would choose it by itself."""
        return partial(self.compiled, dynamic_shapes=False)

    def for_any_size(self, batch: Batch) -> Compile:  # noqa: ARG002
        """Return `compiled` with the option `dynamic` of torch.compile."""
        return partial(self.compiled, dynamic_shapes=True)

    def model(self, network: Network, start: dict[str, Tensor], compiled: Compile) -> Model:
        """Return torch.nn.Sequential with native loss and optimizers."""
        return Model(network, start, compiled)

    def calling(self, model: Model, problem: Problem, kind: str, name: str) -> Step:
        """Return the model's step of this kind in the call of this name."""
        return CALLS[kind, name](model, problem.x, problem.y)

    def loop(self, model: Model, job: TrainingJob) -> Trainer:
        """Return a hand-written loop over the model."""
        return Trainer(model, job, self.tensor)

    def release(self) -> None:
        """Drop compiled graphs, whose number per function is limited, and cached memory."""
        if self.compiler is not None:
            self.compiler.forget()
        self.device.empty_cache()
