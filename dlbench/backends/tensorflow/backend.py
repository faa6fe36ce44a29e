"""TensorFlow for one setting: products, steps of a network, and a trainer."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import keras
import tensorflow as tf

from dlbench.backends.base import (
    Batch,
    Compile,
    Framework,
    Problem,
    Setting,
    Step,
    Trainer,
    TrainingJob,
)
from dlbench.backends.tensorflow.calls import CALLS
from dlbench.backends.tensorflow.compiler import TensorflowCompiler
from dlbench.backends.tensorflow.device import TensorflowDevice
from dlbench.backends.tensorflow.model import Model
from dlbench.backends.tensorflow.precision import as_given
from dlbench.backends.tensorflow.trainer import trainer
from dlbench.errors import Unavailable
from dlbench.records.base import DTYPES
from dlbench.records.network import Network
from dlbench.reference.arrays import Array


def start(setting: Setting) -> "TensorflowBackend":
    """Start TensorFlow on the setting's device, and hide all others."""
    device = TensorflowDevice(setting.device)
    device.show_no_other()
    tf.config.threading.set_intra_op_parallelism_threads(setting.threads)
    tf.config.threading.set_inter_op_parallelism_threads(setting.threads)
    tf.config.experimental.enable_tensor_float_32_execution(setting.dtype == "tf32")
    keras.config.set_floatx(DTYPES[setting.dtype].storage)
    keras.config.set_dtype_policy(DTYPES[setting.dtype].storage)
    return TensorflowBackend(setting, device)


class TensorflowBackend(Framework[Model]):
    """TensorFlow on one device, eager, traced or through XLA."""

    def __init__(self, setting: Setting, device: TensorflowDevice) -> None:
        self.setting, self.device = setting, device
        self.product = tf.matmul
        mode = setting.mode
        self.compiler = None if mode == "eager" else TensorflowCompiler(xla=mode == "xla")

    def compiled(
        self, function: Callable[..., Any], signature: Sequence[Any] | None = None
    ) -> Callable[..., Any]:
        """Return the function as the mode runs it. signature: of all calls, for a single trace."""
        if self.compiler is None:
            return function
        return self.compiler.compiled(function, signature)

    def tensor(self, array: Array) -> Any:
        """Return the array as a tensor on the only visible device, in the setting's dtype."""
        return tf.identity(tf.constant(as_given(array, self.setting.dtype)))

    def for_any_size(self, batch: Batch) -> Compile:
        """Return `compiled` with an input signature for any number of rows; Unavailable for XLA."""
        if self.setting.mode == "xla":
            raise Unavailable("XLA compiles for one fixed shape; dynamic shapes are not possible")
        signature = [tf.TensorSpec([None, *one.shape[1:]], one.dtype) for one in batch]
        return partial(self.compiled, signature=signature)

    def model(self, network: Network, start: dict[str, Any], compiled: Compile) -> Model:
        """Return keras.Sequential with native loss and optimizers."""
        return Model(network, start, compiled)

    def trainer(self, job: TrainingJob) -> Trainer:
        """Return a trainer, after setting the seed of its dropout layers."""
        keras.utils.set_random_seed(job.seed)
        return super().trainer(job)

    def calling(self, model: Model, problem: Problem, kind: str, name: str) -> Step:
        """Return the model's step of this kind in the call of this name."""
        self._count_traces_of(model)
        x, y = (as_given(array, self.setting.dtype) for array in (problem.x, problem.y))
        return CALLS[kind, name](model, x, y, self.setting.mode)

    def loop(self, model: Model, job: TrainingJob) -> Trainer:
        """Return Keras's fit, or a custom step on a data set or on slices."""
        self._count_traces_of(model)
        return trainer(model, job, self.tensor, self.setting)

    def _count_traces_of(self, model: Model) -> None:
        if self.compiler is not None:
            self.compiler.traces.append(model.traces)

    def release(self) -> None:
        """Drop the models and graphs that Keras keeps."""
        if self.compiler is not None:
            self.compiler.traces.clear()
        keras.backend.clear_session()
