"""TensorFlow: Keras layers, losses and optimizers, run op by op, traced, or through XLA."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import keras
import tensorflow as tf

from dlbench import layers
from dlbench.arrays import STORAGE, Array, Weights, cast
from dlbench.backends._tensorflow_natives import LAYERS, LOSSES, OPTIMIZERS
from dlbench.contract import NO_OTHERS, Setting, Step
from dlbench.errors import Unavailable

DECLARATION = {
    "package": "tensorflow",
    "distributions": ["tensorflow", "tensorflow-cpu"],
    "install": "pip install tensorflow",
    "modes": {"eager": "dynamic", "function": "static", "xla": "static"},
    "devices": {
        "cpu": ["float32", "float64"],
        "cuda": ["float32", "float64", "tf32"],
    },
    "environment": {
        "KERAS_BACKEND": "tensorflow",
        "OMP_NUM_THREADS": "{threads}",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
    },
}


def start(setting: Setting) -> "TensorflowBackend":
    """The verbs on the setting's device, the only one left visible."""
    index = _show_only(setting.device)
    tf.config.threading.set_intra_op_parallelism_threads(setting.threads)
    tf.config.threading.set_inter_op_parallelism_threads(setting.threads)
    tf.config.experimental.enable_tensor_float_32_execution(setting.dtype == "tf32")
    keras.config.set_floatx(STORAGE[setting.dtype])
    keras.config.set_dtype_policy(STORAGE[setting.dtype])
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

    def compiled(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function as the mode runs it."""
        if self.setting.mode == "eager":
            return function
        return tf.function(function, jit_compile=self.setting.mode == "xla")

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
        network: layers.Network,
        weights: Weights,
        x: Array,
        y: Array,
        optimizers: Mapping[str, layers.Optimizer] = NO_OTHERS,
    ) -> dict[str, Step]:
        """keras.Sequential, the native loss and the native optimizers."""
        program = Program(self, network, weights, self.tensor(x), self.tensor(y))
        return program.steps(optimizers)

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

    def release(self) -> None:
        """Drop the models and graphs that Keras keeps."""
        keras.backend.clear_session()

    def is_out_of_memory(self, error: BaseException) -> bool:
        """TensorFlow has an error of its own."""
        return isinstance(error, MemoryError | tf.errors.ResourceExhaustedError)


class Program:
    """A network bound to weights and one batch."""

    def __init__(
        self,
        backend: TensorflowBackend,
        network: layers.Network,
        weights: Weights,
        x: Any,
        y: Any,
    ) -> None:
        self.backend, self.x, self.y = backend, x, y
        native = [LAYERS[type(layer)](layer) for layer in network.layers]
        self.model = keras.Sequential([keras.Input(network.inputs), *native])
        self.variables = {
            name: getattr(native[int(name[5 : name.index(".")])], name.split(".")[1])
            for name in weights
        }
        self.start = {name: backend.tensor(weight) for name, weight in weights.items()}
        for name, variable in self.variables.items():
            variable.assign(self.start[name])
        last = getattr(network.layers[-1], "activation", "linear")
        self.loss = LOSSES[network.loss](last == "linear")
        self.optimizer = network.optimizer

    def steps(self, optimizers: Mapping[str, layers.Optimizer]) -> dict[str, Step]:
        """One step of each kind, in the backend's mode."""
        model, x, y = self.model, self.x, self.y
        variables = list(self.variables.values())
        natives = {
            name: OPTIMIZERS[type(optimizer)](optimizer)
            for name, optimizer in {"": self.optimizer, **optimizers}.items()
        }
        for native in natives.values():
            native.build(variables)
        state = [variable for native in natives.values() for variable in native.variables]
        state += model.non_trainable_weights
        state_start = [tf.identity(variable.value) for variable in state]

        def objective(x: Any, y: Any) -> tuple[Any, Any]:
            outputs = model(x, training=True)
            return outputs, tf.add_n([self.loss(y, outputs), *model.losses])

        def forward(x: Any, y: Any) -> tuple[Any, Any]:
            with tf.GradientTape():
                return objective(x, y)

        def backward(x: Any, y: Any) -> tuple[Any, Any]:
            with tf.GradientTape() as tape:
                _, loss = objective(x, y)
            return loss, tape.gradient(loss, variables)

        def training(optimizer: Any) -> Callable[[Any, Any], Any]:
            def train_step(x: Any, y: Any) -> Any:
                loss, gradients = backward(x, y)
                optimizer.apply_gradients(zip(gradients, variables, strict=True))
                return loss

            return train_step

        def reset() -> None:
            for name, variable in self.variables.items():
                variable.assign(self.start[name])
            for variable, value in zip(state, state_start, strict=True):
                variable.assign(value)

        predict = self.backend.compiled(lambda x: model(x, training=False))
        inputs = {"x": x, "y": y, **self._native()}
        bound = [self._bound(function) for function in (forward, backward)]
        return {
            "predict": Step(lambda: predict(x), _outputs, inputs, reset),
            "forward": Step(bound[0], lambda r: {"outputs": r[0], "loss": r[1]}, inputs, reset),
            "backward": Step(bound[1], self._with_gradients, inputs, reset),
            **{
                f"train_step/{name}".rstrip("/"): Step(
                    self._bound(training(native)), self._with_weights, inputs, reset
                )
                for name, native in natives.items()
            },
        }

    def _bound(self, function: Callable[[Any, Any], Any]) -> Callable[[], Any]:
        """The function in the mode, on this batch, passed as arguments.

        A traced function would fold a small captured batch into its graph as a constant.
        """
        run, x, y = self.backend.compiled(function), self.x, self.y
        return lambda: run(x, y)

    def _native(self) -> dict[str, Any]:
        return {name: variable.value for name, variable in self.variables.items()}

    def _with_gradients(self, result: tuple[Any, Any]) -> Mapping[str, Any]:
        loss, gradients = result
        named = zip(self.variables, gradients, strict=True)
        return {"loss": loss, **{f"gradient/{name}": gradient for name, gradient in named}}

    def _with_weights(self, loss: Any) -> Mapping[str, Any]:
        return {"loss": loss, **{f"weight/{n}": v for n, v in self._native().items()}}


def _outputs(outputs: Any) -> Mapping[str, Any]:
    return {"outputs": outputs}
