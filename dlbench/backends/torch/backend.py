"""PyTorch for one setting: products, steps of a network, and a trainer."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dlbench import layers
from dlbench.arrays import Array, Weights, cast
from dlbench.backends.base import NO_OTHERS, Setting, Step, TrainingJob
from dlbench.backends.torch.compiler import (
    MODES,
    REPLAYING,
    as_iterations,
    count_graphs,
    forget_compiled,
    keep_compiled,
    require_compiler,
    run_smallest,
    wait_for_helpers,
)
from dlbench.backends.torch.device import CudaClock
from dlbench.backends.torch.model import Compile, Model
from dlbench.backends.torch.trainer import Trainer
from dlbench.errors import Unavailable
from dlbench.network import Network


def start(setting: Setting) -> "TorchBackend":
    """The verbs on the setting's device; Unavailable where it or the mode cannot be had."""
    if setting.device != "cpu":
        _check_cuda(_device(setting.device))
    torch.set_num_threads(setting.threads)
    torch.set_float32_matmul_precision("high" if setting.dtype == "tf32" else "highest")
    if setting.mode in MODES:
        require_compiler()
    return TorchBackend(setting)


def _device(name: str) -> torch.device:
    """The device with its index, so that it equals what a tensor says of itself."""
    kind, _, index = name.partition(":")
    return torch.device(kind) if kind == "cpu" else torch.device(kind, int(index or 0))


def _check_cuda(device: torch.device) -> None:
    count = torch.cuda.device_count()
    if device.index >= count:
        raise Unavailable(
            f"PyTorch {torch.__version__} sees {count} CUDA devices, no device",
            value=str(device),
            hint="Install a CUDA build of PyTorch and a driver, or choose --device cpu",
        )


class TorchBackend:
    """PyTorch on one device, eager or compiled."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.device = _device(setting.device)

    def compiled(
        self, function: Callable[..., Any], *, dynamic_shapes: bool = False
    ) -> Callable[..., Any]:
        """The function as the mode runs it; a graph break is an error, never a quiet fallback."""
        mode = MODES.get(self.setting.mode)
        if mode is None:
            return function
        graph = torch.compile(function, fullgraph=True, dynamic=dynamic_shapes, mode=mode)
        replays = self.device.type == "cuda" and self.setting.mode in REPLAYING
        return as_iterations(graph) if replays else graph

    def tensor(self, array: Array) -> Tensor:
        """The array on the device, in the setting's dtype."""
        return torch.tensor(cast(array, self.setting.dtype), device=self.device)

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

    def wait(self) -> None:
        """CPU calls return when they are done; CUDA is synchronised."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)

    def device_clock(self) -> CudaClock | None:
        """CUDA's events; the CPU has the host's time."""
        return CudaClock(self.device) if self.device.type == "cuda" else None

    def place(self, tensor: Tensor) -> tuple[str, str]:
        """The tensor's own word."""
        return str(tensor.device), str(tensor.dtype).removeprefix("torch.")

    def array(self, tensor: Tensor) -> Array:
        """A copy on the host."""
        return tensor.detach().cpu().numpy().copy()

    def threads(self) -> int | None:
        """Intra-op threads."""
        return torch.get_num_threads()

    def facts(self) -> dict[str, str | int | None]:
        """Versions, and whether float32 means float32."""
        return {
            "torch": str(torch.__version__),
            "cuda": torch.version.cuda,
            "float32_matmul_precision": torch.get_float32_matmul_precision(),
            "device_name": self._device_name(),
        }

    def _device_name(self) -> str | None:
        cuda = self.device.type == "cuda"
        return torch.cuda.get_device_name(self.device) if cuda else None

    def start_compiler(self) -> None:
        """Import it, start its helpers, and have its headers compiled."""
        run_smallest(self.device)

    def settle_compiler(self) -> None:
        """Its helpers have started, where it has any."""
        wait_for_helpers()

    def keep_compiled(self, folder: str) -> bool:
        """In Inductor's and Triton's caches."""
        keep_compiled(Path(folder))
        return True

    def graphs(self) -> int:
        """As Dynamo counts them."""
        return count_graphs() if self.setting.mode in MODES else 0

    def release(self) -> None:
        """Drop compiled graphs, whose number per function is limited, and cached memory."""
        if self.setting.mode in MODES:
            forget_compiled()
        if self.device.type == "cuda":
            torch.cuda.empty_cache()

    def is_out_of_memory(self, error: BaseException) -> bool:
        """CUDA has an error of its own; the CPU allocator raises RuntimeError."""
        if isinstance(error, MemoryError | torch.OutOfMemoryError):
            return True
        return isinstance(error, RuntimeError) and "allocate memory" in str(error)
