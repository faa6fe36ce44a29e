"""Read the settings of TensorFlow and Keras by which dlbench departs from its defaults.

It imports nothing of dlbench: the tests run it in a process without it, too.
"""

import inspect
from collections.abc import Callable
from functools import partial

import keras
import tensorflow as tf


def _default(function: Callable[..., object], parameter: str) -> object:
    return inspect.signature(function).parameters[parameter].default


# By the name of the setting, its value in this process.
STATE: dict[str, Callable[[], object]] = {
    "tf.config.threading.set_intra_op_parallelism_threads": (
        tf.config.threading.get_intra_op_parallelism_threads
    ),
    "tf.config.threading.set_inter_op_parallelism_threads": (
        tf.config.threading.get_inter_op_parallelism_threads
    ),
    "tf.config.experimental.enable_tensor_float_32_execution": (
        tf.config.experimental.tensor_float_32_execution_enabled
    ),
}

# By the name of an argument, its default.
ARGUMENTS: dict[str, Callable[[], object]] = {
    "tf.data.Options().threading.private_threadpool_size": lambda: (
        tf.data.Options().threading.private_threadpool_size
    ),
    "keras.Model.compile(jit_compile)": partial(_default, keras.Model.compile, "jit_compile"),
    "keras.Model.fit(verbose)": partial(_default, keras.Model.fit, "verbose"),
    "keras.Model.predict(verbose)": partial(_default, keras.Model.predict, "verbose"),
    "keras.optimizers.Adagrad(initial_accumulator_value)": partial(
        _default, keras.optimizers.Adagrad, "initial_accumulator_value"
    ),
    "keras.optimizers.Adagrad(epsilon)": partial(_default, keras.optimizers.Adagrad, "epsilon"),
    "keras.optimizers.RMSprop(epsilon)": partial(_default, keras.optimizers.RMSprop, "epsilon"),
    "keras.optimizers.AdamW(weight_decay)": partial(
        _default, keras.optimizers.AdamW, "weight_decay"
    ),
}
