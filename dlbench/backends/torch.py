"""PyTorch: torch.nn and torch.optim, run op by op or through torch.compile."""

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

import torch
from torch import Tensor, nn

from dlbench import layers
from dlbench.arrays import STORAGE, Array, Weights, cast
from dlbench.backends._torch_clock import CudaClock
from dlbench.backends._torch_compiler import forget_compiled, require_compiler, warm_compiler
from dlbench.backends._torch_natives import (
    ACTIVATIONS,
    FROM_LOGITS,
    LAYERS,
    LOSSES,
    OPTIMIZERS,
    PARAMETERS,
)
from dlbench.contract import Setting, Step
from dlbench.errors import Unavailable

DECLARATION = {
    "package": "torch",
    "distributions": ["torch"],
    "install": "pip install torch",
    "modes": {"eager": "dynamic", "compile": "static"},
    "devices": {
        "cpu": ["float32", "float64"],
        "cuda": ["float32", "float64", "tf32"],
    },
    "environment": {
        "OMP_NUM_THREADS": "{threads}",
        "MKL_NUM_THREADS": "{threads}",
        "TORCHINDUCTOR_CACHE_DIR": "{scratch}/inductor",
        "TRITON_CACHE_DIR": "{scratch}/triton",
        # Set by a user, they would turn the mode into eager without a word.
        "TORCHDYNAMO_DISABLE": "0",
        "TORCH_COMPILE_DISABLE": "0",
    },
}


def start(setting: Setting) -> "TorchBackend":
    """The verbs on the setting's device; Unavailable where it or the mode cannot be had."""
    if setting.device != "cpu":
        _check_cuda(_device(setting.device))
    torch.set_num_threads(setting.threads)
    torch.set_float32_matmul_precision("high" if setting.dtype == "tf32" else "highest")
    if setting.mode == "compile":
        require_compiler()
        warm_compiler()
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

    def compiled(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function as the mode runs it; a graph break is an error, never a quiet fallback."""
        if self.setting.mode == "eager":
            return function
        return torch.compile(function, fullgraph=True, dynamic=False)

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
        self, network: layers.Network, weights: Weights, x: Array, y: Array
    ) -> dict[str, Step]:
        """torch.nn.Sequential, the native loss and the native optimizer."""
        return Program(self, network, weights, self.tensor(x), self.tensor(y)).steps()

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
            "compile_cache": None if self.setting.mode == "eager" else "cold for every case",
        }

    def _device_name(self) -> str | None:
        cuda = self.device.type == "cuda"
        return torch.cuda.get_device_name(self.device) if cuda else None

    def release(self) -> None:
        """Drop compiled graphs, whose number per function is limited, and cached memory."""
        if self.setting.mode != "eager":
            forget_compiled()
        if self.device.type == "cuda":
            torch.cuda.empty_cache()

    def is_out_of_memory(self, error: BaseException) -> bool:
        """CUDA has an error of its own; the CPU allocator raises RuntimeError."""
        if isinstance(error, MemoryError | torch.OutOfMemoryError):
            return True
        return isinstance(error, RuntimeError) and "allocate memory" in str(error)


class Program:
    """A network bound to weights and one batch."""

    def __init__(
        self, backend: TorchBackend, network: layers.Network, weights: Weights, x: Tensor, y: Tensor
    ) -> None:
        self.backend, self.network, self.x, self.y = backend, network, x, y
        self.start = {name: backend.tensor(weight) for name, weight in weights.items()}
        last = getattr(network.layers[-1], "activation", "linear")
        fused = FROM_LOGITS.get((last, network.loss))
        self.loss = fused() if fused else LOSSES[network.loss]()
        self.activation = ACTIVATIONS[last]() if fused else nn.Identity()

    def model(self) -> tuple[nn.Sequential, dict[str, nn.Parameter]]:
        """The network from the start weights, and its parameters by the names of dlbench."""
        model, width = nn.Sequential(), prod(self.network.inputs)
        named: dict[str, nn.Parameter] = {}
        for index, layer in enumerate(self.network.layers):
            module = LAYERS[type(layer)](layer, width)
            model.append(module)
            width = getattr(layer, "units", width)
            named |= self._parameters(index, module)
            if (name := getattr(layer, "activation", "linear")) != "linear":
                model.append(ACTIVATIONS[name]())
        if not isinstance(self.activation, nn.Identity):
            model.pop(-1)  # the loss applies it
        model.to(device=self.x.device, dtype=getattr(torch, STORAGE[self.backend.setting.dtype]))
        self.restore(named)
        return model, named

    def _parameters(self, index: int, module: nn.Module) -> dict[str, nn.Parameter]:
        names = [name for name in self.start if name.startswith(f"layer{index}.")]
        return {name: getattr(module, PARAMETERS[name.split(".")[1]]) for name in names}

    @torch.no_grad()
    def restore(self, named: Mapping[str, nn.Parameter]) -> None:
        """Copy the start weights into the parameters."""
        for name, parameter in named.items():
            parameter.copy_(self.start[name].T if name.endswith("kernel") else self.start[name])

    def steps(self) -> dict[str, Step]:
        """One step of each kind; `predict` has a model of its own, in eval mode."""
        return {"predict": self._predict(), **self._training()}

    def _predict(self) -> Step:
        model, named = self.model()
        model.append(self.activation).eval()
        run, x = self.backend.compiled(model), self.x

        def predict() -> Tensor:
            with torch.inference_mode():
                return run(x)

        return Step(predict, lambda outputs: {"outputs": outputs}, {"x": x, **named})

    def _training(self) -> dict[str, Step]:
        model, named = self.model()
        kernels = [
            (layer.l2, named[f"layer{index}.kernel"])
            for index, layer in enumerate(self.network.layers)
            if isinstance(layer, layers.Dense) and layer.l2
        ]
        optimizer = OPTIMIZERS[type(self.network.optimizer)](
            self.network.optimizer, model.parameters()
        )
        loss_of, x, y = self.loss, self.x, self.y

        def with_penalty(loss: Tensor) -> Tensor:
            for l2, kernel in kernels:
                loss = loss + l2 * kernel.square().sum()
            return loss

        def objective(x: Tensor, y: Tensor) -> Tensor:
            return with_penalty(loss_of(model(x), y))

        def outputs_and_loss(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
            logits = model(x)
            return self.activation(logits), with_penalty(loss_of(logits, y))

        forward = self.backend.compiled(outputs_and_loss)
        loss_now = self.backend.compiled(objective)

        def backward() -> Tensor:
            optimizer.zero_grad()
            loss = loss_now(x, y)
            loss.backward()
            return loss

        def train_step() -> Tensor:
            loss = backward()
            optimizer.step()
            return loss

        start = {name: value.clone() for name, value in model.state_dict().items()}

        def reset() -> None:
            model.load_state_dict(start)
            _zero(optimizer)

        inputs = {"x": x, "y": y, **named}
        return {
            "forward": Step(lambda: forward(x, y), _forward_tensors, inputs, reset),
            "backward": Step(backward, lambda loss: _with_gradients(loss, named), inputs, reset),
            "train_step": Step(train_step, lambda loss: _with_weights(loss, named), inputs, reset),
        }


def _forward_tensors(result: tuple[Tensor, Tensor]) -> Mapping[str, Tensor]:
    return {"outputs": result[0], "loss": result[1]}


@torch.no_grad()
def _zero(optimizer: torch.optim.Optimizer) -> None:
    for state in optimizer.state.values():
        for value in state.values():
            if isinstance(value, Tensor):
                value.zero_()


def _canonical(name: str, tensor: Tensor) -> Tensor:
    """PyTorch keeps kernels as (units, inputs)."""
    return tensor.T if name.endswith("kernel") else tensor


def _with_gradients(loss: Tensor, named: Mapping[str, nn.Parameter]) -> Mapping[str, Tensor]:
    gradients = {
        f"gradient/{name}": _canonical(name, parameter.grad)
        for name, parameter in named.items()
        if parameter.grad is not None
    }
    return {"loss": loss, **gradients}


def _with_weights(loss: Tensor, named: Mapping[str, nn.Parameter]) -> Mapping[str, Tensor]:
    return {"loss": loss, **{f"weight/{n}": _canonical(n, p) for n, p in named.items()}}
