"""TensorFlow for one setting: products, steps of a network, and a trainer."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import keras
import tensorflow as tf

from dlbench import layers
from dlbench.arrays import Array, Weights, cast
from dlbench.backends.base import NO_OTHERS, Setting, Step, TrainingJob
from dlbench.backends.tensorflow.model import Compile, Model
from dlbench.backends.tensorflow.trainer import Trainer, trainer
from dlbench.errors import Unavailable
from dlbench.model import DTYPES
from dlbench.network import Network


def start(setting: Setting) -> "TensorflowBackend":
    """The verbs on the setting's device, the only one left visible."""
    index = _show_only(setting.device)
    tf.config.threading.set_intra_op_parallelism_threads(setting.threads)
    tf.config.threading.set_inter_op_parallelism_threads(setting.threads)
    tf.config.experimental.enable_tensor_float_32_execution(setting.dtype == "tf32")
    keras.config.set_floatx(DTYPES[setting.dtype].storage)
    keras.config.set_dtype_policy(DTYPES[setting.dtype].storage)
    return TensorflowBackend(setting, index)


def _show_only(device: str) -> int:
    """Hide every GPU but the one asked for; its index.

    Among visible devices TensorFlow prefers a GPU, wherever the operands lie.
    """
    gpus = tf.config.list_physical_devices("GPU")
    index = int(device.partition(":")[2] or 0)
    if device == "cpu":
        tf.config.set_visible_devices([], "GPU")
    elif index < len(gpus):
        tf.config.set_visible_devices(gpus[index], "GPU")
    else:
        raise Unavailable(
            f"TensorFlow {tf.__version__} sees {len(gpus)} GPUs, no device",
            value=device,
            hint="pip install 'tensorflow[and-cuda]' and a driver, or choose --device cpu",
        )
    return index


class TensorflowBackend:
    """TensorFlow on one device, eager, traced or through XLA."""

    def __init__(self, setting: Setting, index: int) -> None:
        self.setting, self.index = setting, index
        self.traces: list[Callable[[], int]] = []

    def compiled(
        self, function: Callable[..., Any], signature: Sequence[Any] | None = None
    ) -> Callable[..., Any]:
        """The function as the mode runs it. signature: of all calls, traced once."""
        if self.setting.mode == "eager":
            return function
        xla = self.setting.mode == "xla"
        traced = tf.function(function, input_signature=signature, jit_compile=xla)
        self.traces.append(traced.experimental_get_tracing_count)
        return traced

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
        self.traces.append(made.traces)
        return made

    def _model(self, network: Network, weights: Weights, compiled: Compile | None = None) -> Model:
        start = {name: self.tensor(weight) for name, weight in weights.items()}
        return Model(network, start, compiled or self.compiled)

    def wait(self) -> None:
        """CPU calls return when they are done; a GPU is synchronised."""
        if self.setting.device != "cpu":
            tf.test.experimental.sync_devices()

    def device_clock(self) -> None:
        """TensorFlow offers no events on its streams."""

    def place(self, tensor: Any) -> tuple[str, str]:
        """The tensor's own word, a GPU by the number asked for."""
        kind, _ = re.findall(r"(CPU|GPU):(\d+)$", tensor.device)[0]
        return "cpu" if kind == "CPU" else f"cuda:{self.index}", tensor.dtype.name

    def array(self, tensor: Any) -> Array:
        """A copy on the host."""
        return tensor.numpy()

    def threads(self) -> int | None:
        """Intra-op threads."""
        return tf.config.threading.get_intra_op_parallelism_threads()

    def facts(self) -> dict[str, str | int | None]:
        """Versions, and whether float32 means float32."""
        return {
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
            "tf32": int(tf.config.experimental.tensor_float_32_execution_enabled()),
            "inter_op_threads": tf.config.threading.get_inter_op_parallelism_threads(),
        }

    def start_compiler(self) -> None:
        """Trace and run a training step of one weight: Keras sets up much when it is first used."""
        weight, optimizer = tf.Variable(0.0), keras.optimizers.SGD()
        optimizer.build([weight])

        def step() -> Any:
            with tf.GradientTape() as tape:
                loss = weight * weight
            optimizer.apply_gradients(zip(tape.gradient(loss, [weight]), [weight], strict=True))
            return loss

        self.compiled(step)()

    def settle_compiler(self) -> None:
        """Whoever calls has compiled before the call returns."""

    def keep_compiled(self, folder: str) -> bool:  # noqa: ARG002
        """TensorFlow keeps nothing on disk."""
        self.release()
        return False

    def graphs(self) -> int:
        """How often functions were traced; XLA compiles each trace."""
        return sum(count() for count in self.traces)

    def release(self) -> None:
        """Drop the models and graphs that Keras keeps."""
        self.traces.clear()
        keras.backend.clear_session()

    def is_out_of_memory(self, error: BaseException) -> bool:
        """TensorFlow has an error of its own."""
        return isinstance(error, MemoryError | tf.errors.ResourceExhaustedError)
