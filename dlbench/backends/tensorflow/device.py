"""A CPU or a GPU as TensorFlow uses it."""

import re
from collections.abc import Callable
from functools import cached_property, partial
from typing import Any

import keras
import tensorflow as tf

from dlbench import units
from dlbench.backends._queue import PRODUCTS, SIDE, Blocker
from dlbench.backends.tensorflow.precision import widened
from dlbench.errors import Unavailable
from dlbench.machine import allocators
from dlbench.reference.arrays import Array

# TensorFlow's name of the GPU that is visible.
ONLY_GPU = "GPU:0"


class TensorflowDevice:
    """A device by dlbench's name of it."""

    def __init__(self, name: str) -> None:
        self.name, self.index = name, int(name.partition(":")[2] or 0)

    def show_no_other(self) -> None:
        """Hide every GPU but this one; Unavailable if TensorFlow does not see it.

        Among visible devices TensorFlow prefers a GPU, wherever the operands lie.
        """
        gpus = tf.config.list_physical_devices("GPU")
        if self.name == "cpu":
            tf.config.set_visible_devices([], "GPU")
        elif self.index < len(gpus):
            tf.config.set_visible_devices(gpus[self.index], "GPU")
        else:
            seen = units.counted(len(gpus), "GPU")
            raise Unavailable(
                f"TensorFlow {tf.__version__} sees {seen}, not the device",
                value=self.name,
                hint="Install the GPU's driver and: pip install -e '.[tensorflow]' "
                "'tensorflow[and-cuda]'. Or choose --device cpu",
            )

    def wait(self) -> None:
        """Synchronise a GPU; CPU calls return when they are done."""
        if self.name != "cpu":
            tf.test.experimental.sync_devices()

    def queue(self) -> Blocker | None:
        """Return products to queue before steps: TensorFlow has no events; None on the CPU."""
        return None if self.name == "cpu" else Blocker(self._products)

    @cached_property
    def _products(self) -> Callable[[], Any]:
        """Products, one after the other, traced once.

        All elements are the same power of two, before and after.
        """

        def chain(x: Any) -> Any:
            for _ in range(PRODUCTS):
                x = tf.matmul(x, x)
            return x

        return partial(tf.function(chain), tf.fill((SIDE, SIDE), 1 / SIDE))

    def place(self, tensor: Any) -> tuple[str, str]:
        """Return device and dtype by the tensor's account, with the GPU's index in dlbench."""
        kind, _ = re.findall(r"(CPU|GPU):(\d+)$", tensor.device)[0]
        return "cpu" if kind == "CPU" else f"cuda:{self.index}", tensor.dtype.name

    def array(self, tensor: Any) -> Array:
        """Return a copy on the host, in a type that NumPy has."""
        found: Array = (widened(tensor) if tensor.dtype == tf.bfloat16 else tensor).numpy()
        return found

    def threads(self) -> int | None:
        """Return the number of intra-op threads."""
        return tf.config.threading.get_intra_op_parallelism_threads()

    def facts(self) -> dict[str, str | int | None]:
        """Return versions and the precision of float32 products."""
        return {
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
            "tf32": int(tf.config.experimental.tensor_float_32_execution_enabled()),
            "inter_op_threads": tf.config.threading.get_inter_op_parallelism_threads(),
        }

    def begin_peak(self) -> None:
        """Count the bytes of tensors on a GPU from now on; it is the only visible one."""
        if self.name != "cpu":
            tf.config.experimental.reset_memory_stats(ONLY_GPU)

    def peak_bytes(self) -> int | None:
        """Return the most bytes of tensors on a GPU since then; None on the CPU."""
        if self.name == "cpu":
            return None
        return int(tf.config.experimental.get_memory_info(ONLY_GPU)["peak"])

    def is_out_of_memory(self, error: BaseException) -> bool:
        """Return whether it is TensorFlow's own error, or that of a library, such as cuBLAS."""
        is_own = isinstance(error, tf.errors.ResourceExhaustedError)
        return is_own or allocators.is_out_of_memory(error)
