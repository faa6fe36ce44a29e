"""tf.function: one trace per shape or signature, with or without XLA."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf


class TensorflowCompiler:
    """tf.function, with or without XLA. traces: functions that return numbers of traces."""

    def __init__(self, *, xla: bool) -> None:
        self.xla = xla
        self.traces: list[Callable[[], int]] = []

    def compiled(
        self, function: Callable[..., Any], signature: Sequence[Any] | None = None
    ) -> Callable[..., Any]:
        """Return the function traced. signature: of all calls, for a single trace."""
        traced = tf.function(function, input_signature=signature, jit_compile=self.xla)
        self.traces.append(traced.experimental_get_tracing_count)
        return traced

    def start(self) -> None:
        """Trace and run a training step of one weight: Keras sets up much when it is first used."""
        weight, optimizer = tf.Variable(0.0), keras.optimizers.SGD()
        optimizer.build([weight])

        def step() -> Any:
            with tf.GradientTape() as tape:
                loss = weight * weight
            optimizer.apply_gradients(zip(tape.gradient(loss, [weight]), [weight], strict=True))
            return loss

        self.compiled(step)()

    def wait_until_idle(self) -> None:
        """Do nothing: a call compiles before it returns."""

    def keep(self, folder: str) -> bool:  # noqa: ARG002
        """Forget all graphs; return False, as TensorFlow keeps nothing on disk."""
        self.forget()
        return False

    def forget(self) -> None:
        """Drop the models and graphs that Keras keeps, and their count."""
        self.traces.clear()
        keras.backend.clear_session()

    def graphs(self) -> int:
        """Return the number of traces; XLA compiles each of them."""
        return sum(count() for count in self.traces)
