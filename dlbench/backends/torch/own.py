"""A user's own torch.nn.Module: prediction and training step as users write them, and its twin."""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from dlbench.backends.base import Step
from dlbench.backends.torch.backend import TorchBackend
from dlbench.backends.torch.natives import LOSSES, OPTIMIZERS
from dlbench.backends.torch.own_keras import keras_model
from dlbench.errors import DlbenchError
from dlbench.own import chance
from dlbench.own.data import Array
from dlbench.own.source import Source
from dlbench.own.twin import Layer, Result, other
from dlbench.own.weights import drawn
from dlbench.reference.arrays import cast

# From PyTorch's layout of a kernel to (inputs, units), by the layer.
AXES: dict[type[nn.Module], tuple[int, ...]] = {
    nn.Linear: (1, 0),
    nn.Conv1d: (2, 1, 0),
    nn.Conv2d: (2, 3, 1, 0),
    nn.Conv3d: (2, 3, 4, 1, 0),
}


class OwnModule:
    """A module of the user's in one setting."""

    def __init__(self, backend: TorchBackend, source: Source) -> None:
        self.backend, self.source = backend, source
        self.loss = LOSSES[source.network.loss]()
        self.like = backend.tensor(np.zeros(1))
        self.module = self._made(self.like, backend.setting.dtype)
        self.start = {name: one.clone() for name, one in self.module.state_dict().items()}
        self.x = backend.tensor(source.x())

    def _made(self, like: Tensor, dtype: str) -> nn.Module:
        """Return a module with the common weights, on the device and in the dtype of a tensor.

        dtype: the type to which the weights are rounded.
        """
        module: nn.Module = self.source.make(nn.Module, "torch.nn.Module", torch.manual_seed)
        if not any(True for _ in module.parameters()):
            raise DlbenchError(f"{self.source.place}: the module has no parameters to train")
        module.to(like)
        with torch.no_grad():
            for number, (_, layer, named) in enumerate(_layers(module)):
                for place, (name, weight) in enumerate(named.items()):
                    axes = _axes(layer, name, weight)
                    start = weight.detach().cpu().double().numpy().transpose(axes)
                    values = cast(drawn(start, number, place, self.source.seed), dtype)
                    weight.copy_(torch.tensor(values.transpose(np.argsort(axes))))
            for buffer in filter(Tensor.is_floating_point, module.buffers()):
                buffer.copy_(torch.tensor(cast(buffer.cpu().double().numpy(), dtype)))
        return module

    @cached_property
    def labels(self) -> Array:
        """Return the labels, which must fit the outputs."""
        outputs = _predicted(self._made(self.like, self.backend.setting.dtype), self.x, self.source)
        return self.source.y(tuple(outputs.shape))

    @cached_property
    def y(self) -> Tensor:
        """Return the labels on the device."""
        return self.backend.tensor(self.labels)

    def steps(self) -> Mapping[str, Callable[[], Step]]:
        """Return what makes each step."""
        return {"predict": self._predict, "train_step": self._train_step}

    def _predict(self) -> Step:
        self.y  # noqa: B018 - tells mistakes of the network before it is compiled
        run = self.backend.compiled(self.module.eval())

        def predict() -> Tensor:
            with torch.inference_mode():
                outputs: Tensor = run(self.x)
            return outputs

        return Step(predict, lambda outputs: {"outputs": outputs}, self._inputs())

    def _train_step(self) -> Step:
        x, y, module, loss = self.x, self.y, self.module.train(), self.loss
        settings = self.source.network.optimizer
        optimizer = OPTIMIZERS[type(settings)](settings, module.parameters())
        objective = self.backend.compiled(lambda x, y: loss(module(x), y))

        def step() -> Tensor:
            optimizer.zero_grad()
            found: Tensor = objective(x, y)
            found.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            return found

        def reset() -> None:
            module.load_state_dict(self.start)
            optimizer.state.clear()

        return Step(step, self._with_weights, {"y": y, **self._inputs()}, reset)

    def _inputs(self) -> dict[str, Tensor]:
        return {"x": self.x, **dict(self.module.named_parameters())}

    def _with_weights(self, loss: Tensor) -> Mapping[str, Tensor]:
        weights = {f"weight/{name}": one for name, one in self.module.named_parameters()}
        return {"loss": loss, **weights}

    @cached_property
    def has_chance(self) -> bool:
        """Return whether anything is random in training: a rate of dropout, or by experiment."""
        if any(_rates(layer) for layer in self.module.modules()):
            return True
        module, x = self._made(torch.zeros(1, dtype=torch.float64), "float64"), self.source.x()
        start = {name: one.clone() for name, one in module.state_dict().items()}
        y = _double(self.labels)

        def loss() -> float:
            module.load_state_dict(start)
            with torch.no_grad(), self.source.told():
                return float(self.loss(module.train()(_double(x)), y))

        return chance.decides(loss, torch.manual_seed)

    def twin(self, dtype: str = "float64") -> Result:
        """Compute the network in float64, op by op, on the CPU and without dropout.

        dtype: the type to which data and weights are rounded before.
        """
        given = cast(self.source.x(), dtype)
        x = _double(given)
        module = self._made(torch.zeros(1, dtype=torch.float64), dtype)
        for layer in module.modules():
            for name in _rates(layer):
                setattr(layer, name, 0.0)
        layers = list(_layers(module))
        entered = _watched([layer for _, layer, _ in layers])
        outputs = _predicted(module, x, self.source)
        y = cast(self.source.y(tuple(outputs.shape)), dtype)
        others = _predicted(module, _double(other(given)), self.source)
        again = _predicted(module, x, self.source)
        loss, flops = self._learnt(module.train(), x, _double(y))
        return Result(
            layers=[
                Layer(
                    name or type(layer).__name__,
                    [_common(layer, *one) for one in named.items()],
                    [_gradient(weight) for weight in named.values()],
                    entered.get(place),
                )
                for place, (name, layer, named) in enumerate(layers)
            ],
            outputs=outputs.numpy(),
            others=others.numpy(),
            again=again.numpy(),
            loss=loss,
            x=given,
            y=y,
            logits=True,
            flops=flops,
            counted_by="torch.utils.flop_counter",
        )

    def _learnt(self, module: nn.Module, x: Tensor, y: Tensor) -> tuple[float, int]:
        """Compute the gradients; return the loss and the FLOPs."""
        from torch.utils.flop_counter import FlopCounterMode

        counter = FlopCounterMode(display=False)
        with counter, self.source.told():
            loss = self.loss(module(x), y)
            loss.backward()  # type: ignore[no-untyped-call]
        return float(loss.detach()), int(counter.get_total_flops())


def _layers(module: nn.Module) -> Iterator[tuple[str, nn.Module, dict[str, nn.Parameter]]]:
    """Yield the layers with trainable weights of their own, by name."""
    for name, layer in module.named_modules():
        if named := dict(layer.named_parameters(recurse=False)):
            yield name, layer, named


def _axes(layer: nn.Module, name: str, weight: Tensor) -> tuple[int, ...]:
    """Return the axes of a weight in the common layout."""
    same = tuple(range(weight.ndim))
    known = (axes for kind, axes in AXES.items() if isinstance(layer, kind))
    return next(known, same) if name == "weight" else same


def _common(layer: nn.Module, name: str, weight: Tensor) -> Array:
    return weight.detach().numpy().transpose(_axes(layer, name, weight))


def _gradient(weight: Tensor) -> Array:
    return np.zeros(0) if weight.grad is None else weight.grad.numpy()


def _double(array: Array) -> Tensor:
    tensor = torch.tensor(array)
    return tensor.double() if tensor.is_floating_point() else tensor


def _rates(layer: nn.Module) -> list[str]:
    """Return the names of a layer's rates of dropout that are not 0."""
    names = ["p"] if isinstance(layer, nn.modules.dropout._DropoutNd) else ["dropout"]  # noqa: SLF001
    return [name for name in names if isinstance(rate := getattr(layer, name, 0), float) and rate]


def _predicted(module: nn.Module, x: Tensor, source: Source) -> Tensor:
    """Return the outputs in inference, op by op."""
    with torch.no_grad(), source.told():
        outputs = module.eval()(x)
    if not isinstance(outputs, Tensor):
        what = f"{source.place}: the module returns no tensor"
        raise DlbenchError(what, value=type(outputs).__name__, hint="Return the outputs alone")
    return outputs


def _watched(layers: list[nn.Module]) -> dict[int, float]:
    """Return a table that the first call of each layer fills: the 2-norm of what enters it."""
    found: dict[int, float] = {}

    def watch(place: int) -> Callable[..., None]:
        def see(layer: nn.Module, arguments: tuple[Any, ...]) -> None:  # noqa: ARG001
            if place not in found and arguments and isinstance(arguments[0], Tensor):
                found[place] = float(arguments[0].double().norm())

        return see

    for place, layer in enumerate(layers):
        layer.register_forward_pre_hook(watch(place))
    return found


FUNCTIONS = {"torch_model": OwnModule, "keras_model": keras_model}
