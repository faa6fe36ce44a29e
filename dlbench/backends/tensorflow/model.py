"""A network as a user of TensorFlow writes it: keras.Sequential, loss, optimizer, GradientTape."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import keras
import tensorflow as tf

from dlbench.backends._keras import OPTIMIZERS
from dlbench.backends.base import Compile, Step
from dlbench.backends.tensorflow.natives import LAYERS, LOSSES
from dlbench.records import layers
from dlbench.records.network import Network


class Model:
    """A model with its start weights; `compiled` returns a function as the mode runs it."""

    def __init__(self, network: Network, start: dict[str, Any], compiled: Compile) -> None:
        self.network, self.start, self.compiled = network, start, compiled
        native = [LAYERS[type(layer)](layer) for layer in network.layers]
        self.native = keras.Sequential([keras.Input(network.inputs), *native])
        self.named = {
            name: getattr(native[int(name[5 : name.index(".")])], name.split(".")[1])
            for name in start
        }
        self.variables = list(self.named.values())
        for name, variable in self.named.items():
            variable.assign(start[name])
        self.loss = LOSSES[network.loss](network.ends_in_logits)
        self.state = list(self.native.non_trainable_weights)
        self.state_start = [tf.identity(variable.value) for variable in self.state]
        self.traced = 0

    def traces(self) -> int:
        """Return how often Keras has traced its own steps, without those of `compiled`."""
        return self.traced

    def optimizer(self, settings: layers.Optimizer) -> keras.optimizers.Optimizer:
        """Return a native optimizer of all variables; `reset` clears its state too."""
        made = OPTIMIZERS[type(settings)](settings)
        made.build(self.variables)
        self.state += made.variables
        self.state_start += [tf.identity(variable.value) for variable in made.variables]
        return made

    def reset(self) -> None:
        """Restore the start weights and statistics, and clear the optimizers' state."""
        for name, variable in self.named.items():
            variable.assign(self.start[name])
        for variable, value in zip(self.state, self.state_start, strict=True):
            variable.assign(value)

    def objective(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Return outputs and loss in training."""
        outputs = self.native(x, training=True)
        return outputs, tf.add_n([self.loss(y, outputs), *self.native.losses])

    def forward(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Return outputs and loss; a tape records for gradients."""
        with tf.GradientTape():
            return self.objective(x, y)

    def backward(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Return the loss, and its gradient by every variable."""
        with tf.GradientTape() as tape:
            _, loss = self.objective(x, y)
        return loss, tape.gradient(loss, self.variables)

    def step(self, optimizer: keras.optimizers.Optimizer, x: Any, y: Any) -> Any:
        """Take one training step; return the loss before it."""
        loss, gradients = self.backward(x, y)
        optimizer.apply_gradients(zip(gradients, self.variables, strict=True))
        return loss

    def steps(self, x: Any, y: Any, optimizers: Mapping[str, layers.Optimizer]) -> dict[str, Step]:
        """Return one step of each kind, in the mode."""
        settings = {"train_step": self.network.optimizer}
        settings |= {f"train_step/{name}": other for name, other in optimizers.items()}
        natives = {name: self.optimizer(one) for name, one in settings.items()}
        inputs = {"x": x, "y": y, **self.weights()}
        predict = self.predictor()

        def bound(function: Callable[..., Any], tensors: Callable[[Any], Any]) -> Step:
            """On this batch, passed as arguments.

            A traced function would fold a small captured batch into its graph as a constant.
            """
            run = self.compiled(function)
            return Step(lambda: run(x, y), tensors, inputs, self.reset)

        return {
            "predict": Step(lambda: predict(x), _outputs, inputs, self.reset),
            "forward": bound(self.forward, _forward),
            "backward": bound(self.backward, self._with_gradients),
            **{
                name: bound(partial(self.step, native), self.with_weights)
                for name, native in natives.items()
            },
        }

    def predictor(self) -> Callable[[Any], Any]:
        """Return the outputs' function in the mode."""
        return self.compiled(lambda x: self.native(x, training=False))

    def train_steps(self, batches: Sequence[tuple[Any, Any]]) -> list[Step]:
        """Return a training step of one model for each batch."""
        native = self.optimizer(self.network.optimizer)
        run = self.compiled(partial(self.step, native))
        return [
            Step(
                partial(run, x, y),
                self.with_weights,
                {"x": x, "y": y, **self.weights()},
                self.reset,
            )
            for x, y in batches
        ]

    def weights(self) -> dict[str, Any]:
        """Return the weights as tensors."""
        return {name: variable.value for name, variable in self.named.items()}

    def _with_gradients(self, result: tuple[Any, Any]) -> Mapping[str, Any]:
        loss, gradients = result
        named = zip(self.named, gradients, strict=True)
        return {"loss": loss, **{f"gradient/{name}": gradient for name, gradient in named}}

    def with_weights(self, loss: Any) -> Mapping[str, Any]:
        """Return the loss and every weight, by the names of dlbench."""
        return {"loss": loss, **{f"weight/{n}": v for n, v in self.weights().items()}}


def _outputs(outputs: Any) -> Mapping[str, Any]:
    return {"outputs": outputs}


def _forward(result: tuple[Any, Any]) -> Mapping[str, Any]:
    return {"outputs": result[0], "loss": result[1]}


def compile_keras(model: Model, optimizer: keras.optimizers.Optimizer, mode: str) -> None:
    """Call Keras's compile for `fit` and `predict` in a mode of the backend."""
    if mode != "eager":
        _count(model, "train_step")
        _count(model, "predict_step")
    model.native.compile(
        optimizer=optimizer,
        loss=model.loss,
        run_eagerly=mode == "eager",
        jit_compile=mode == "xla",
    )


def _count(model: Model, name: str) -> None:
    """Count the Python calls of a step of Keras: one for every trace."""
    step = getattr(model.native, name)

    def counted(data: Any) -> Any:
        model.traced += 1
        return step(data)

    setattr(model.native, name, counted)
