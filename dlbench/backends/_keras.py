"""A user's own Keras model on any engine: train_on_batch, predict_on_batch, and its twin.

Keras runs on the framework that KERAS_BACKEND names, one in a process. What differs between the
engines is in an Engine.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras
import numpy as np

from dlbench.backends._keras_layers import (
    chances,
    floats,
    floats_of,
    layers_of,
    parts_of,
    take_over,
    watched,
)
from dlbench.backends.base import Step
from dlbench.errors import DlbenchError
from dlbench.own import chance
from dlbench.own.data import Array
from dlbench.own.source import Source
from dlbench.own.twin import Layer, Result, other, probabilities
from dlbench.own.weights import drawn
from dlbench.records import layers
from dlbench.reference.arrays import cast, upcast

# Keras adds epsilon inside the root of Adagrad and RMSprop, where the others add it outside:
# its square has the same effect on a vanishing gradient.
OPTIMIZERS: dict[type, Callable[[Any], keras.optimizers.Optimizer]] = {
    layers.SGD: lambda o: keras.optimizers.SGD(o.lr, momentum=o.momentum),
    layers.Adagrad: lambda o: keras.optimizers.Adagrad(
        o.lr, initial_accumulator_value=0.0, epsilon=o.epsilon**2
    ),
    layers.RMSprop: lambda o: keras.optimizers.RMSprop(o.lr, rho=o.rho, epsilon=o.epsilon**2),
    layers.Adam: lambda o: keras.optimizers.Adam(
        o.lr, beta_1=o.beta1, beta_2=o.beta2, epsilon=o.epsilon
    ),
    layers.AdamW: lambda o: keras.optimizers.AdamW(
        o.lr,
        weight_decay=o.weight_decay,
        beta_1=o.beta1,
        beta_2=o.beta2,
        epsilon=o.epsilon,
    ),
}

# By name, the loss; the argument says whether the outputs are logits.
LOSSES: dict[str, Callable[[bool], Any]] = {
    "mse": lambda logits: keras.losses.MeanSquaredError(),
    "mae": lambda logits: keras.losses.MeanAbsoluteError(),
    "binary_crossentropy": lambda logits: keras.losses.BinaryCrossentropy(from_logits=logits),
    "categorical_crossentropy": lambda logits: keras.losses.CategoricalCrossentropy(
        from_logits=logits
    ),
    "sparse_categorical_crossentropy": lambda logits: keras.losses.SparseCategoricalCrossentropy(
        from_logits=logits
    ),
    "hinge": lambda logits: keras.losses.Hinge(),
}

# Those of probabilities.
CROSSENTROPIES = tuple(name for name in LOSSES if name.endswith("crossentropy"))


@dataclass(frozen=True)
class Engine:
    """What differs between the frameworks below Keras.

    dtype: of the measured model; eager, jit: how Keras's compile is called; array: returns a native
    tensor as an array; gradients: of a loss of the model's outputs and its penalties, with the
    loss; count: takes a function that returns a number of traces, in a static mode; float64: a
    context in which there is float64; tensor: puts an array on the device.
    """

    dtype: str
    eager: bool
    jit: bool
    tensor: Callable[[Array], Any]
    array: Callable[[Any], Array]
    gradients: Callable[[keras.Model, Callable[[Any], Any], Any], tuple[Any, Sequence[Any]]]
    count: Callable[[Callable[[], int]], None] | None = None
    float64: Callable[[], AbstractContextManager[Any]] = nullcontext


class OwnModel:
    """A Keras model of the user's on one engine."""

    def __init__(self, engine: Engine, source: Source) -> None:
        self.engine, self.source = engine, source
        self.traced = 0
        with floats(engine.dtype):
            self.model = self._made(engine.dtype)
        self.start = [engine.array(one.value) for one in self.model.variables]
        self.x = engine.tensor(self._x(self.model))

    def _x(self, model: keras.Model) -> Array:
        shape = getattr(model, "input_shape", None)
        known = isinstance(shape, tuple) and None not in shape[1:]
        return self.source.x(shape[1:] if known and shape else None)

    def _made(self, dtype: str) -> keras.Model:
        """Return a built model with the common weights, rounded to a type."""
        model = self.source.make(keras.Model, "keras.Model", keras.utils.set_random_seed)
        if not model.built:
            with self.source.told():
                model(keras.ops.convert_to_tensor(self._x(model)))
        if not model.trainable_variables:
            raise DlbenchError(f"{self.source.place}: the model has no weights to train")
        for number, (_, _, variables) in enumerate(layers_of(model)):
            for place, variable in enumerate(variables):
                start = np.asarray(self.engine.array(variable.value), np.float64)
                values = drawn(start, number, place, self.source.seed)
                variable.assign(upcast(cast(values, dtype)))
        return model

    @cached_property
    def outputs(self) -> Array:
        """Return the outputs in inference, op by op."""
        return _predicted(self.engine, self.source, self.model, self.x)

    @property
    def logits(self) -> bool:
        """Return whether the outputs are logits of a loss of probabilities."""
        if self.source.network.loss not in CROSSENTROPIES:
            return False
        last = getattr(self.model.layers[-1], "activation", None) if self.model.layers else None
        if self.source.network.loss == "binary_crossentropy":
            return last is not keras.activations.sigmoid
        return not probabilities(self.outputs.astype(np.float64), self.engine.dtype)

    @cached_property
    def y(self) -> Any:
        """Return the labels, which must fit the outputs."""
        return self.engine.tensor(self.source.y(self.outputs.shape))

    def steps(self) -> Mapping[str, Callable[[], Step]]:
        """Return what makes each step."""
        return {"predict": self._predict, "train_step": self._train_step}

    def _compile(self, step: str) -> None:
        settings = self.source.network.optimizer
        if self.engine.count is not None:
            self._counted(step)
            self.engine.count(lambda: self.traced)
        self.model.compile(
            optimizer=OPTIMIZERS[type(settings)](settings),
            loss=LOSSES[self.source.network.loss](self.logits),
            run_eagerly=self.engine.eager,
            jit_compile=self.engine.jit,
        )

    def _counted(self, name: str) -> None:
        """Count the Python calls of a step of Keras: one for every trace."""
        step = getattr(self.model, name)

        def counted(*arguments: Any) -> Any:
            self.traced += 1
            return step(*arguments)

        setattr(self.model, name, counted)

    def _predict(self) -> Step:
        x, model = self.x, self.model
        self.y  # noqa: B018 - tells mistakes of the network before it is compiled
        self._compile("predict_step")
        return Step(
            lambda: model.predict_on_batch(x),
            lambda outputs: {"outputs": self.engine.tensor(outputs), **self._weights()},
            {"x": x, **self._weights()},
        )

    def _train_step(self) -> Step:
        x, y, model = self.x, self.y, self.model
        self._compile("train_step")
        optimizer = model.optimizer
        optimizer.build(model.trainable_variables)
        memory = [self.engine.array(one.value) for one in optimizer.variables]

        def reset() -> None:
            kept = zip(model.variables, self.start, strict=False)  # metrics come after the model's
            for variable, value in [*kept, *zip(optimizer.variables, memory, strict=True)]:
                variable.assign(value)

        return Step(
            lambda: model.train_on_batch(x, y),
            lambda loss: {"loss": self.engine.tensor(np.array(float(loss))), **self._weights()},
            {"x": x, "y": y, **self._weights()},
            reset,
        )

    def _weights(self) -> Mapping[str, Any]:
        return {f"weight/{one.path}": one.value for one in self.model.trainable_variables}

    @cached_property
    def has_chance(self) -> bool:
        """Return whether anything is random in training: a rate of dropout, or by experiment."""
        if any(chances(part) for part in parts_of(self.model)):
            return True
        logits = self.logits
        with self.engine.float64(), floats("float64"):
            loss = LOSSES[self.source.network.loss](logits)
            model, data = self._made("float64"), self._x(self.model)
            x, y = map(keras.ops.convert_to_tensor, (data, self.source.y(self.outputs.shape)))
            start = [(one, self.engine.array(one.value)) for one in floats_of(model)]

            def trained() -> float:
                for variable, value in start:
                    variable.assign(value)
                with self.source.told():
                    value = loss(y, model(x, training=True))
                    return float(self.engine.array(value + sum(map(keras.ops.sum, model.losses))))

            return chance.decides(trained, keras.utils.set_random_seed)

    def twin(self, dtype: str = "float64") -> Result:
        """Compute the model in float64, op by op, and without dropout.

        dtype: the type to which data and weights are rounded before.
        """
        logits = self.logits
        with self.engine.float64(), floats("float64"):
            return self._twin(LOSSES[self.source.network.loss](logits), logits, dtype)

    def _twin(self, loss: Any, logits: bool, dtype: str) -> Result:  # noqa: FBT001 - the outputs
        model, data = self._made(dtype), upcast(cast(self._x(self.model), dtype))
        take_over(model, self.start)
        for part in parts_of(model):
            for name in chances(part):
                setattr(part, name, 0.0)
        found = list(layers_of(model))
        entered = watched(self.engine.array, [layer for _, layer, _ in found])
        x = keras.ops.convert_to_tensor(data)
        y = upcast(cast(self.source.y(self.outputs.shape), dtype))
        outputs = _predicted(self.engine, self.source, model, x)
        others = _predicted(
            self.engine, self.source, model, keras.ops.convert_to_tensor(other(data))
        )
        again = _predicted(self.engine, self.source, model, x)
        labels = keras.ops.convert_to_tensor(y)
        value, gradients = self.engine.gradients(model, lambda given: loss(labels, given), x)
        slopes = {
            id(variable): np.zeros(0) if one is None else self.engine.array(one)
            for variable, one in zip(model.trainable_variables, gradients, strict=True)
        }
        return Result(
            layers=[
                Layer(
                    name,
                    [self.engine.array(one.value) for one in variables],
                    [slopes.get(id(one), np.zeros(0)) for one in variables],
                    entered.get(place),
                )
                for place, (name, _, variables) in enumerate(found)
            ],
            outputs=outputs,
            others=others,
            again=again,
            loss=float(self.engine.array(value)),
            x=data,
            y=y,
            logits=logits,
        )


def _predicted(engine: Engine, source: Source, model: keras.Model, x: Any) -> Array:
    """Return the outputs in inference, op by op."""
    with source.told():
        outputs = model(x, training=False)
    if isinstance(outputs, dict | list | tuple):
        what = f"{source.place}: the model has several outputs"
        raise DlbenchError(what, value=len(outputs), hint="One output is supported")
    return engine.array(outputs)
