"""TensorFlow for one setting: products, steps of a network, and a trainer."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import keras
import tensorflow as tf

from dlbench import layers
from dlbench.arrays import Array, Weights, cast
from dlbench.backends.base import NO_OTHERS, Setting, Step, TrainingJob
from dlbench.backends.tensorflow.compiler import TensorflowCompiler
from dlbench.backends.tensorflow.device import TensorflowDevice
from dlbench.backends.tensorflow.model import Compile, Model
from dlbench.backends.tensorflow.trainer import Trainer, trainer
from dlbench.errors import Unavailable
from dlbench.model import DTYPES
from dlbench.network import Network


def start(setting: Setting) -> "TensorflowBackend":
    """The verbs on the setting's device, the only one left visible."""
    device = TensorflowDevice(setting.device)
    device.show_no_other()
    tf.config.threading.set_intra_op_parallelism_threads(setting.threads)
    tf.config.threading.set_inter_op_parallelism_threads(setting.threads)
    tf.config.experimental.enable_tensor_float_32_execution(setting.dtype == "tf32")
    keras.config.set_floatx(DTYPES[setting.dtype].storage)
    keras.config.set_dtype_policy(DTYPES[setting.dtype].storage)
    return TensorflowBackend(setting, device)


class TensorflowBackend:
    """TensorFlow on one device, eager, traced or through XLA."""

    def __init__(self, setting: Setting, device: TensorflowDevice) -> None:
        self.setting, self.device = setting, device
        mode = setting.mode
        self.compiler = None if mode == "eager" else TensorflowCompiler(xla=mode == "xla")

    def compiled(
        self, function: Callable[..., Any], signature: Sequence[Any] | None = None
    ) -> Callable[..., Any]:
        """The function as the mode runs it. signature: of all calls, traced once."""
        if self.compiler is None:
            return function
        return self.compiler.compiled(function, signature)

    def tensor(self, array: Array) -> Any:
        """The array on the only visible device, in the setting's dtype."""
        return tf.identity(tf.constant(cast(array, self.setting.dtype)))

    def matmul(self, a: Array, b: Array) -> Step:
        """tf.matmul."""
        inputs = {"a": self.tensor(a), "b": self.tensor(b)}
        left, right = inputs.values()
        product = self.compiled(tf.matmul)
        return Step(lambda: product(left, right), lambda result: {"product": result}, inputs)

    def network(
        self,
        network: Network,
        weights: Weights,
        x: Array,
        y: Array,
        optimizers: Mapping[str, layers.Optimizer] = NO_OTHERS,
    ) -> dict[str, Step]:
        """keras.Sequential, the native loss and the native optimizers."""
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
        """One model; a dynamic shape is an input signature without the number of rows."""
        if dynamic_shapes and self.setting.mode == "xla":
            raise Unavailable("XLA compiles for the shapes that it is given: no dynamic shapes")
        native = [(self.tensor(x), self.tensor(y)) for x, y in batches]
        anyhow = [tf.TensorSpec([None, *one.shape[1:]], one.dtype) for one in native[0]]
        compiled = partial(self.compiled, signature=anyhow if dynamic_shapes else None)
        return self._model(network, weights, compiled).train_steps(native)

    def trainer(self, job: TrainingJob) -> Trainer:
        """Keras's fit, or a custom step on a data set or on slices."""
        keras.utils.set_random_seed(job.seed)  # of the dropout layers that are made next
        model = self._model(job.network, job.weights)
        made = trainer(model, job, self.tensor, self.setting)
        if self.compiler is not None:
            self.compiler.traces.append(made.traces)
        return made

    def _model(self, network: Network, weights: Weights, compiled: Compile | None = None) -> Model:
        start = {name: self.tensor(weight) for name, weight in weights.items()}
        return Model(network, start, compiled or self.compiled)

    def release(self) -> None:
        """Drop the models and graphs that Keras keeps."""
        if self.compiler is not None:
            self.compiler.traces.clear()
        keras.backend.clear_session()
