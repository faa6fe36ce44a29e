"""A network as a user of PyTorch writes it: nn.Sequential, loss, optimizer, hand-written step."""

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

import torch
from torch import Tensor, nn

from dlbench import layers
from dlbench.backends._torch_natives import (
    ACTIVATIONS,
    FROM_LOGITS,
    LAYERS,
    LOSSES,
    OPTIMIZERS,
    PARAMETERS,
)
from dlbench.contract import Step


class Program:
    """A network bound to its start weights and one batch; `compiled` runs it as the mode says."""

    def __init__(
        self,
        network: layers.Network,
        start: dict[str, Tensor],
        x: Tensor,
        y: Tensor,
        compiled: Callable[[Callable[..., Any]], Callable[..., Any]],
    ) -> None:
        self.network, self.start, self.x, self.y = network, start, x, y
        self.compiled = compiled
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
        model.to(self.x)
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

    def steps(self, optimizers: Mapping[str, layers.Optimizer]) -> dict[str, Step]:
        """One step of each kind; `predict` has a model of its own, in eval mode."""
        return {"predict": self._predict(), **self._training(optimizers)}

    def _predict(self) -> Step:
        model, named = self.model()
        model.append(self.activation).eval()
        run, x = self.compiled(model), self.x

        def predict() -> Tensor:
            with torch.inference_mode():
                return run(x)

        return Step(predict, lambda outputs: {"outputs": outputs}, {"x": x, **named})

    def _training(self, optimizers: Mapping[str, layers.Optimizer]) -> dict[str, Step]:
        model, named = self.model()
        kernels = [
            (layer.l2, named[f"layer{index}.kernel"])
            for index, layer in enumerate(self.network.layers)
            if isinstance(layer, layers.Dense) and layer.l2
        ]
        natives = {
            name: OPTIMIZERS[type(optimizer)](optimizer, model.parameters())
            for name, optimizer in {"": self.network.optimizer, **optimizers}.items()
        }
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

        forward = self.compiled(outputs_and_loss)
        loss_now = self.compiled(objective)

        def backward() -> Tensor:
            natives[""].zero_grad()
            loss = loss_now(x, y)
            loss.backward()
            return loss

        def training(optimizer: torch.optim.Optimizer) -> Callable[[], Tensor]:
            def train_step() -> Tensor:
                loss = backward()
                optimizer.step()
                return loss

            return train_step

        start = {name: value.clone() for name, value in model.state_dict().items()}

        def reset() -> None:
            model.load_state_dict(start)
            for optimizer in natives.values():
                _zero(optimizer)

        inputs = {"x": x, "y": y, **named}
        return {
            "forward": Step(lambda: forward(x, y), _forward_tensors, inputs, reset),
            "backward": Step(backward, lambda loss: _with_gradients(loss, named), inputs, reset),
            **{
                f"train_step/{name}".rstrip("/"): Step(
                    training(optimizer), lambda loss: _with_weights(loss, named), inputs, reset
                )
                for name, optimizer in natives.items()
            },
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
