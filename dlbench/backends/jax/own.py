"""A user's own pair (init, apply) of JAX: prediction and training step, and its twin."""

from collections.abc import Callable, Mapping
from functools import cached_property
from itertools import groupby
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from dlbench.backends.base import Step
from dlbench.backends.jax.backend import JaxBackend
from dlbench.backends.jax.natives import LOSSES, OPTIMIZERS
from dlbench.backends.jax.own_keras import keras_model
from dlbench.errors import DlbenchError
from dlbench.own.data import Array
from dlbench.own.source import Source
from dlbench.own.twin import Layer, Result, other
from dlbench.own.weights import drawn
from dlbench.reference.arrays import cast, upcast

# What the function returns: init and apply.
PAIR = 2


class OwnFunction:
    """A pair of the user's in one setting: init(key) and apply(parameters, x)."""

    has_chance = False  # apply gets no key

    def __init__(self, backend: JaxBackend, source: Source) -> None:
        self.backend, self.source = backend, source
        made = source.make()
        if not isinstance(made, tuple) or len(made) != PAIR or not all(map(callable, made)):
            raise DlbenchError(
                f"{source.place}: the function returns no pair (init, apply)",
                value=type(made).__name__,
                hint="init(key) returns parameters, apply(parameters, x) returns outputs",
            )
        self.init, self.apply = made
        self.loss = LOSSES[source.network.loss]
        settings = source.network.optimizer
        self.optimizer = OPTIMIZERS[type(settings)](settings)
        self.x = backend.tensor(source.x())

    def _start(self, tensor: Callable[[Array], Any], dtype: str) -> Any:
        """Return the common weights, rounded to a type, in the tree that `init` returns."""
        with self.source.told():
            tree = self.init(jax.random.key(self.source.seed))
        found, shape = jax.tree_util.tree_flatten_with_path(tree)
        if not found:
            raise DlbenchError(f"{self.source.place}: init returns no parameters to train")
        weights, places = [np.asarray(leaf, np.float64) for _, leaf in found], _places(found)
        for number, (_, those) in enumerate(places):
            for place, leaf in enumerate(_in_order(those, weights)):
                values = drawn(weights[leaf], number, place, self.source.seed)
                weights[leaf] = cast(values, dtype)
        return jax.tree_util.tree_unflatten(shape, [tensor(weight) for weight in weights])

    def _outputs(self, weights: Any, x: Any) -> Any:
        with self.source.told():
            outputs = self.apply(weights, x)
        if not hasattr(outputs, "shape"):
            what = f"{self.source.place}: apply returns no array"
            raise DlbenchError(what, value=type(outputs).__name__, hint="Return the outputs alone")
        return outputs

    @cached_property
    def start(self) -> Any:
        """Return the start weights on the device."""
        return self._start(self.backend.tensor, self.backend.setting.dtype)

    @cached_property
    def y(self) -> Any:
        """Return the labels, which must fit the outputs."""
        return self.backend.tensor(self.source.y(self._outputs(self.start, self.x).shape))

    def steps(self) -> Mapping[str, Callable[[], Step]]:
        """Return what makes each step."""
        return {"predict": self._predict, "train_step": self._train_step}

    def _predict(self) -> Step:
        weights, x = self.start, self.x
        self.y  # noqa: B018 - tells mistakes of the network before it is compiled
        run = self.backend.compiled(self.apply)
        return Step(
            lambda: run(weights, x),
            lambda outputs: {"outputs": outputs},
            {"x": x, **_named(weights)},
        )

    def objective(self, weights: Any, x: Any, y: Any) -> Any:
        """Return the loss."""
        return self.loss(self.apply(weights, x), y)

    def _step(self, state: tuple[Any, Any], x: Any, y: Any) -> tuple[Any, tuple[Any, Any]]:
        weights, memory = state
        loss, gradients = jax.value_and_grad(self.objective)(weights, x, y)
        updates, memory = self.optimizer.update(gradients, memory, weights)
        return loss, (optax.apply_updates(weights, updates), memory)

    def _begun(self) -> tuple[Any, Any]:
        """Return weights and memory of the optimizer, in their own memory: steps reuse it."""
        weights = jax.tree_util.tree_map(jnp.array, self.start)
        return weights, self.optimizer.init(weights)

    def _train_step(self) -> Step:
        x, y = self.x, self.y
        run = self.backend.compiled(self._step, donate="state")
        state = self._begun()

        def step() -> Any:
            nonlocal state
            loss, state = run(state, x, y)
            return loss

        def reset() -> None:
            nonlocal state
            state = self._begun()

        def tensors(loss: Any) -> Mapping[str, Any]:
            weights = {f"weight/{name}": one for name, one in _named(state[0]).items()}
            return {"loss": loss, **weights}

        return Step(step, tensors, {"x": x, "y": y, **_named(self.start)}, reset)

    def twin(self, dtype: str = "float64") -> Result:
        """Compute the network in float64, op by op.

        dtype: the type to which data and weights are rounded before.
        """
        with jax.enable_x64(True):  # noqa: FBT003 - JAX's own
            return self._twin(dtype)

    def _twin(self, dtype: str) -> Result:
        given = upcast(cast(self.source.x(), dtype))
        weights = self._start(lambda weight: jnp.asarray(upcast(weight)), dtype)
        x = jnp.asarray(given)
        outputs = self._outputs(weights, x)
        y = upcast(cast(self.source.y(outputs.shape), dtype))
        loss, gradients = jax.value_and_grad(self.objective)(weights, x, jnp.asarray(y))
        found, _ = jax.tree_util.tree_flatten_with_path(weights)
        leaves = [np.asarray(leaf) for _, leaf in found]
        slopes = [np.asarray(leaf) for leaf in jax.tree_util.tree_leaves(gradients)]
        layers = [
            Layer(
                name or "parameters",
                [leaves[leaf] for leaf in _in_order(those, leaves)],
                [slopes[leaf] for leaf in _in_order(those, leaves)],
            )
            for name, those in _places(found)
        ]
        return Result(
            layers=layers,
            outputs=np.asarray(outputs),
            others=np.asarray(self._outputs(weights, jnp.asarray(other(given)))),
            again=np.asarray(self._outputs(weights, x)),
            loss=float(loss),
            x=given,
            y=y,
            logits=True,
            flops=self._flops(),
            counted_by="JAX's cost_analysis",
        )

    def _flops(self) -> int | None:
        """Return the FLOPs of the compiled training step, by XLA; None if it does not say."""
        state = jax.eval_shape(self._begun)
        compiled = jax.jit(self._step).lower(state, self.x, self.y).compile()
        flops = (compiled.cost_analysis() or {}).get("flops", 0)
        return int(flops) if flops > 0 else None


def _places(found: list[tuple[Any, Any]]) -> list[tuple[str, list[int]]]:
    """Return the layers, which are the branches that hold arrays, and the places of these."""
    paths = [jax.tree_util.keystr(path[:-1]) for path, _ in found]
    return [(name, list(those)) for name, those in groupby(range(len(paths)), paths.__getitem__)]


def _in_order(leaves: list[int], weights: list[Array]) -> list[int]:
    """Return the leaves of a layer: its kernel first, whatever the names."""
    return sorted(leaves, key=lambda leaf: -weights[leaf].ndim)


def _named(weights: Any) -> dict[str, Any]:
    found, _ = jax.tree_util.tree_flatten_with_path(weights)
    return {jax.tree_util.keystr(path): leaf for path, leaf in found}


FUNCTIONS = {"jax_model": OwnFunction, "keras_model": keras_model}
