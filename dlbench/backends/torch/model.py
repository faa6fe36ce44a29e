"""A network as a user of PyTorch writes it: nn.Sequential, loss, optimizer, hand-written step."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from dlbench.backends.base import Compile, Step
from dlbench.backends.torch.images import before
from dlbench.backends.torch.layouts import Layout, layout_of
from dlbench.backends.torch.natives import ACTIVATIONS, LAYERS, LOSSES, OPTIMIZERS
from dlbench.records import layers
from dlbench.records.network import Network


class Model:
    """A network and its start weights; `compiled` returns a function as the mode runs it."""

    def __init__(self, network: Network, start: dict[str, Tensor], compiled: Compile) -> None:
        self.network, self.start, self.compiled = network, start, compiled
        self.layouts = {name: self._layout(name) for name in start}
        self.loss = LOSSES[network.loss]()
        last = network.last_activation if network.from_logits else "linear"
        self.activation = ACTIVATIONS[last]()

    @property
    def device(self) -> torch.device:
        """Return the device of the start weights."""
        return self.like.device

    @property
    def like(self) -> Tensor:
        """Return a start weight: all have one device and one type."""
        return next(iter(self.start.values()))

    def _layout(self, name: str) -> Layout:
        layer, _, own = name.removeprefix("layer").partition(".")
        return layout_of(self.network.layers[int(layer)], own)

    def module(self) -> tuple[nn.Sequential, dict[str, nn.Parameter]]:
        """Return the network with start weights, and its parameters by the names of dlbench."""
        model = nn.Sequential()
        named: dict[str, nn.Parameter] = {}
        for index, (layer, shape) in enumerate(self.network.shaped_layers()):
            model.extend(before(index, layer, shape))
            module = LAYERS[type(layer)](layer, shape)
            model.append(module)
            named |= self._parameters(index, module)
            if layer.activation != "linear":
                model.append(ACTIVATIONS[layer.activation]())
        if not isinstance(self.activation, nn.Identity):
            model.pop(-1)  # the loss applies it
        model.to(self.like)  # its device and dtype
        self.restore(named)
        return model, named

    def _parameters(self, index: int, module: nn.Module) -> dict[str, nn.Parameter]:
        return {
            key: getattr(module, attribute)
            for name, layout in self.layouts.items()
            if name.startswith(f"layer{index}.")
            for key, attribute in zip(layout.keys(name), layout.attributes, strict=True)
        }

    @torch.no_grad()
    def restore(self, named: Mapping[str, nn.Parameter]) -> None:
        """Copy the start weights into the parameters."""
        for name, layout in self.layouts.items():
            parts = layout.parts(self.start[name])
            for key, part in zip(layout.keys(name), parts, strict=True):
                named[key].copy_(part)

    def whole(self, native: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return weights or their gradients by the names and in the layout of dlbench."""
        return {
            name: layout.whole([native[key] for key in layout.keys(name)])
            for name, layout in self.layouts.items()
            if name in native
        }

    def steps(
        self, x: Tensor, y: Tensor, optimizers: Mapping[str, layers.Optimizer]
    ) -> dict[str, Step]:
        """Return one step of each kind; `predict` has its own model, in eval mode."""
        return {"predict": self._predict(x), **self._training(x, y, optimizers)}

    def train_steps(self, batches: Sequence[tuple[Tensor, Tensor]]) -> list[Step]:
        """Return a training step of one model for each batch."""
        learner = Learner(self)
        own = learner.optimizer(self.network.optimizer)
        return [
            Step(
                partial(learner.step, own, x, y),
                learner.with_weights,
                {"x": x, "y": y, **learner.named},
                learner.reset,
            )
            for x, y in batches
        ]

    def predictor(self) -> tuple[Callable[[Tensor], Tensor], dict[str, nn.Parameter]]:
        """Return the outputs' function in eval mode, and its parameters by name."""
        model, named = self.module()
        return self.compiled(model.append(self.activation).eval()), named

    def _predict(self, x: Tensor) -> Step:
        run, named = self.predictor()

        def predict() -> Tensor:
            with torch.inference_mode():
                return run(x)

        return Step(predict, lambda outputs: {"outputs": outputs}, {"x": x, **named})

    def _training(
        self, x: Tensor, y: Tensor, optimizers: Mapping[str, layers.Optimizer]
    ) -> dict[str, Step]:
        learner = Learner(self)
        own = learner.optimizer(self.network.optimizer)
        others = {
            f"train_step/{name}": learner.optimizer(other) for name, other in optimizers.items()
        }
        inputs = {"x": x, "y": y, **learner.named}

        def bound(run: Callable[..., Any], tensors: Callable[[Any], Mapping[str, Tensor]]) -> Step:
            return Step(run, tensors, inputs, learner.reset)

        return {
            "forward": bound(partial(learner.forward, x, y), _forward_tensors),
            "backward": bound(partial(learner.backward, own, x, y), learner.with_gradients),
            **{
                name: bound(partial(learner.step, optimizer, x, y), learner.with_weights)
                for name, optimizer in {"train_step": own, **others}.items()
            },
        }


class Learner:
    """A model in training: passes and steps on any batch, and a reset."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.module, self.named = model.module()
        self.activation, self.loss = model.activation, model.loss
        self.kernels = [
            (layer.l2, self.named[f"layer{index}.kernel"])
            for index, layer in enumerate(model.network.layers)
            if isinstance(layer, layers.Dense) and layer.l2
        ]
        self.forward = model.compiled(self._outputs_and_loss)
        self.objective = model.compiled(self._objective)
        self.optimizers: list[torch.optim.Optimizer] = []
        self.start = {name: value.clone() for name, value in self.module.state_dict().items()}

    def optimizer(self, settings: layers.Optimizer, **how: bool) -> torch.optim.Optimizer:
        """Return a native optimizer of all parameters."""
        made = OPTIMIZERS[type(settings)](settings, self.module.parameters(), **how)
        self.optimizers.append(made)
        return made

    def _objective(self, x: Tensor, y: Tensor) -> Tensor:
        return self._with_penalty(self.loss(self.module(x), y))

    def _outputs_and_loss(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        logits = self.module(x)
        return self.activation(logits), self._with_penalty(self.loss(logits, y))

    def _with_penalty(self, loss: Tensor) -> Tensor:
        for l2, kernel in self.kernels:
            loss = loss + l2 * kernel.square().sum()
        return loss

    def backward(self, optimizer: torch.optim.Optimizer, x: Tensor, y: Tensor) -> Tensor:
        """Compute the loss and the gradient of every parameter; return the loss."""
        optimizer.zero_grad()
        loss: Tensor = self.objective(x, y)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    def step(self, optimizer: torch.optim.Optimizer, x: Tensor, y: Tensor) -> Tensor:
        """Take one training step; return the loss before it."""
        loss = self.backward(optimizer, x, y)
        optimizer.step()
        return loss

    def reset(self) -> None:
        """Restore the start weights and statistics, and clear the optimizers' state."""
        self.module.load_state_dict(self.start)
        for optimizer in self.optimizers:
            _zero(optimizer)

    def with_gradients(self, loss: Tensor) -> Mapping[str, Tensor]:
        """Return the loss and every gradient, by the names of dlbench."""
        gradients = {key: p.grad for key, p in self.named.items() if p.grad is not None}
        whole = self.model.whole(gradients)
        return {"loss": loss, **{f"gradient/{name}": value for name, value in whole.items()}}

    def with_weights(self, loss: Tensor) -> Mapping[str, Tensor]:
        """Return the loss and every weight, by the names of dlbench."""
        whole = self.model.whole(self.named)
        return {"loss": loss, **{f"weight/{name}": value for name, value in whole.items()}}


def _forward_tensors(result: tuple[Tensor, Tensor]) -> Mapping[str, Tensor]:
    return {"outputs": result[0], "loss": result[1]}


@torch.no_grad()
def _zero(optimizer: torch.optim.Optimizer) -> None:
    for state in optimizer.state.values():
        for value in state.values():
            if isinstance(value, Tensor):
                value.zero_()
