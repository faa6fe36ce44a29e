"""A network as a user of JAX writes it: pure functions of all state, value_and_grad, Optax.

The state that other frameworks keep in a model is a State here: every step takes one and returns
one.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from dlbench.backends.base import Compile, Step
from dlbench.backends.jax.images import LAYERS as OF_IMAGES
from dlbench.backends.jax.natives import ACTIVATIONS, LOSSES, OPTIMIZERS
from dlbench.backends.jax.sequences import LAYERS as OF_SEQUENCES
from dlbench.records import layers
from dlbench.records.network import Network

Named = dict[str, Any]


class State(NamedTuple):
    """The state that a training step changes, kernels as (inputs, units).

    weights, averages: running mean and variance of batch norm, by name; memory: the optimizer's;
    key: the random key of the next step, None if nothing is random.
    """

    weights: Named
    averages: Named
    memory: Any
    key: Any


class Model:
    """A network and its start weights; `compiled` returns a function as the mode runs it."""

    def __init__(
        self, network: Network, start: Named, compiled: Compile, *, is_static: bool
    ) -> None:
        self.network, self.start, self.compiled = network, start, compiled
        self.is_static = is_static
        self.loss = LOSSES[network.loss]
        self.activation = ACTIVATIONS[network.last_activation]

    def state(self, optimizer: optax.GradientTransformation, seed: int = 0) -> State:
        """Return the start state of a training, in its own memory: steps reuse their inputs'."""
        weights = {name: jnp.array(weight) for name, weight in self.start.items()}
        key = jax.random.key(seed) if any(map(_drops, self.network.layers)) else None
        return State(weights, self._averages(), optimizer.init(weights), key)

    def _averages(self) -> Named:
        found = {}
        for index, layer in enumerate(self.network.layers):
            if isinstance(layer, layers.BatchNorm):
                found[f"layer{index}.mean"] = jnp.zeros_like(self.start[f"layer{index}.beta"])
                found[f"layer{index}.variance"] = jnp.ones_like(self.start[f"layer{index}.gamma"])
        return found

    def predict(self, weights: Named, averages: Named, x: Any) -> Any:
        """Return the outputs in inference."""
        logits, _ = self._logits(weights, averages, None, x)
        return self.activation(logits)

    def forward(
        self, weights: Named, averages: Named, key: Any, x: Any, y: Any
    ) -> tuple[Any, Any, Named, Any]:
        """Return outputs and loss in training, and averages and key for the next pass."""
        key, own = _split(key)
        logits, averages = self._logits(weights, averages, own, x, training=True)
        return self.activation(logits), self._loss(weights, logits, y), averages, key

    def backward(
        self, weights: Named, averages: Named, key: Any, x: Any, y: Any
    ) -> tuple[Any, Named, Named, Any]:
        """Return the loss, its gradients, and averages and key for the next pass."""
        key, own = _split(key)

        def objective(weights: Named) -> tuple[Any, Named]:
            logits, after = self._logits(weights, averages, own, x, training=True)
            return self._loss(weights, logits, y), after

        (loss, after), gradients = jax.value_and_grad(objective, has_aux=True)(weights)
        return loss, gradients, after, key

    def step(
        self, optimizer: optax.GradientTransformation, state: State, x: Any, y: Any
    ) -> tuple[Any, State]:
        """Take one training step; return the loss before it."""
        weights, averages, memory, key = state
        loss, gradients, averages, key = self.backward(weights, averages, key, x, y)
        updates, memory = optimizer.update(gradients, memory, weights)
        return loss, State(optax.apply_updates(weights, updates), averages, memory, key)

    def _loss(self, weights: Named, logits: Any, y: Any) -> Any:
        loss = self.loss(logits if self.network.from_logits else self.activation(logits), y)
        for index, layer in enumerate(self.network.layers):
            if layer.l2:
                loss += layer.l2 * jnp.square(weights[f"layer{index}.kernel"]).sum()
        return loss

    def _logits(
        self, weights: Named, averages: Named, key: Any, x: Any, *, training: bool = False
    ) -> tuple[Any, Named]:
        """Return the last layer before its activation, and the new running averages."""
        averages, last = dict(averages), len(self.network.layers) - 1
        for index, layer in enumerate(self.network.layers):
            own = _own(weights, index)
            drawn = jax.random.fold_in(key, index) if _drops(layer) and training else None
            if isinstance(layer, layers.BatchNorm):
                kept = (averages[f"layer{index}.mean"], averages[f"layer{index}.variance"])
                x, kept = _batch_norm(layer, own, kept, x, training=training)
                averages[f"layer{index}.mean"], averages[f"layer{index}.variance"] = kept
            else:
                x = LAYERS[type(layer)](layer, own, drawn, x)
                if index < last:
                    x = ACTIVATIONS[layer.activation](x)
        return x, averages

    def steps(self, x: Any, y: Any, optimizers: Mapping[str, layers.Optimizer]) -> dict[str, Step]:
        """Return one step of each kind; those of training share one state."""
        learner = Learner(self, self.network.optimizer)
        others = {
            f"train_step/{name}": Learner(self, other).train_step(x, y)
            for name, other in optimizers.items()
        }
        return {
            "predict": learner.predict(x, y),
            "forward": learner.forward(x, y),
            "backward": learner.backward(x, y),
            "train_step": learner.train_step(x, y),
            **others,
        }

    def train_steps(self, batches: Sequence[tuple[Any, Any]]) -> list[Step]:
        """Return a training step of one state for each batch."""
        learner = Learner(self, self.network.optimizer)
        return [learner.train_step(x, y) for x, y in batches]


class Learner:
    """A network in training: holds the state between calls of the pure functions."""

    def __init__(self, model: Model, settings: layers.Optimizer, seed: int = 0) -> None:
        self.model, self.seed = model, seed
        self.optimizer = OPTIMIZERS[type(settings)](settings)
        self.reset()
        # the state given is not needed any more: its memory is that of the one given back
        self.run_step = model.compiled(partial(model.step, self.optimizer), donate="state")

    def reset(self) -> None:
        """Restore the start state."""
        self.state = self.model.state(self.optimizer, self.seed)

    def inputs(self, x: Any, y: Any) -> Named:
        """Return the inputs of a step by name; weights as at the start, which stay in memory."""
        return {"x": x, "y": y, **self.model.start}

    def learn(self, x: Any, y: Any) -> Any:
        """Take one training step on any batch; return the loss before it."""
        loss, self.state = self.run_step(self.state, x, y)
        return loss

    def predict(self, x: Any, y: Any) -> Step:
        """Return the outputs in inference."""
        run = self.model.compiled(self.model.predict)
        return Step(
            lambda: run(self.state.weights, self.state.averages, x),
            lambda outputs: {"outputs": outputs},
            self.inputs(x, y),
            self.reset,
        )

    def forward(self, x: Any, y: Any) -> Step:
        """Return outputs and loss of this batch as a step."""
        return self._passing(self.model.forward, _with_outputs, x, y)

    def backward(self, x: Any, y: Any) -> Step:
        """Return loss and gradients of this batch as a step."""
        return self._passing(self.model.backward, _with_gradients, x, y)

    def _passing(
        self, function: Callable[..., Any], tensors: Callable[[Any], Named], x: Any, y: Any
    ) -> Step:
        """Return a pass without a change of weights as a step."""
        run = self.model.compiled(function)

        def pass_through() -> tuple[Any, Any]:
            weights, averages, memory, key = self.state
            first, second, averages, key = run(weights, averages, key, x, y)
            self.state = State(weights, averages, memory, key)
            return first, second

        return Step(pass_through, tensors, self.inputs(x, y), self.reset)

    def train_step(self, x: Any, y: Any) -> Step:
        """Return a training step on this batch."""
        return Step(lambda: self.learn(x, y), self._with_weights, self.inputs(x, y), self.reset)

    def _with_weights(self, loss: Any) -> Named:
        return {"loss": loss, **{f"weight/{n}": w for n, w in self.state.weights.items()}}


def _split(key: Any) -> tuple[Any, Any]:
    """Return the next step's key and this one's; None twice if nothing is random."""
    return (None, None) if key is None else jax.random.split(key)


def _with_outputs(result: tuple[Any, Any]) -> Named:
    return {"outputs": result[0], "loss": result[1]}


def _with_gradients(result: tuple[Any, Named]) -> Named:
    loss, gradients = result
    return {"loss": loss, **{f"gradient/{name}": g for name, g in gradients.items()}}


def _drops(layer: layers.Layer) -> bool:
    return isinstance(layer, layers.Dropout | layers.DropConnect) and layer.rate > 0


def _dropped(rate: float, key: Any, x: Any) -> Any:
    """Zero a share of the values and scale up the rest; keep all without a key."""
    if key is None:
        return x
    return jnp.where(jax.random.bernoulli(key, 1 - rate, x.shape), x / (1 - rate), 0)


def _batch_norm(
    layer: layers.BatchNorm, own: Named, kept: tuple[Any, Any], x: Any, *, training: bool
) -> tuple[Any, tuple[Any, Any]]:
    """Return the normalised values, and the new running mean and variance."""
    mean, variance = kept
    if training:
        over = tuple(range(x.ndim - 1))  # of images, all places too
        mean, variance = x.mean(axis=over), x.var(axis=over)
        old, new = layer.momentum, 1 - layer.momentum
        kept = (old * kept[0] + new * mean, old * kept[1] + new * variance)
    normal = (x - mean) * jax.lax.rsqrt(variance + layer.epsilon)
    return own["gamma"] * normal + own["beta"], kept


def _own(weights: Named, index: int) -> Named:
    """Return the weights of a layer, by their short names."""
    prefix = f"layer{index}."
    return {
        name.removeprefix(prefix): weight
        for name, weight in weights.items()
        if name.startswith(prefix)
    }


# (layer, own weights, key, x) -> output before the activation; JAX itself has no layers.
LAYERS: dict[type, Callable[[Any, Named, Any, Any], Any]] = {
    layers.Dense: lambda layer, own, key, x: x @ own["kernel"] + own["bias"],
    layers.DropConnect: lambda layer, own, key, x: (
        x @ _dropped(layer.rate, key, own["kernel"]) + own["bias"]
    ),
    layers.Flatten: lambda layer, own, key, x: x.reshape(len(x), -1),
    layers.Dropout: lambda layer, own, key, x: _dropped(layer.rate, key, x),
    **OF_IMAGES,
    **OF_SEQUENCES,
}
