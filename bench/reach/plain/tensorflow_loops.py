"""The cells of level.py in plain TensorFlow: `python tensorflow_loops.py MODE THREADS`."""

import sys
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from loop import images, main, plain

BATCH = 32


def iris() -> tuple[Any, Any, Any]:
    model = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(10, "relu"),
            layers.Dense(8, "relu"),
            layers.Dense(3, "softmax"),
        ]
    )
    rng = np.random.default_rng(0)
    x, y = rng.random((BATCH, 4), np.float32), rng.integers(3, size=BATCH)
    return model, tf.constant(x), tf.constant(y)


def mnist() -> tuple[Any, Any, Any]:
    model = keras.Sequential(
        [
            keras.Input((28, 28)),
            layers.Flatten(),
            layers.Dense(512, "relu"),
            layers.Dropout(0.2),
            layers.Dense(10, "softmax"),
        ]
    )
    return model, *map(tf.constant, images(BATCH))


NETWORKS = {"iris": iris, "mnist-512": mnist}


def matmul(size: int) -> Callable[[], Any]:
    a, b = (tf.constant(np.random.default_rng(0).random((size, size), np.float32)) for _ in "ab")
    product = mode(tf.matmul)
    return lambda: product(a, b)


def predict(name: str) -> Callable[[], Any]:
    model, x, _ = NETWORKS[name]()
    run = mode(lambda x: model(x, training=False))
    return lambda: run(x)


def forward(name: str) -> Callable[[], Any]:
    model, x, y = NETWORKS[name]()
    loss = keras.losses.SparseCategoricalCrossentropy()

    def outputs_and_loss(x: Any, y: Any) -> Any:
        with tf.GradientTape():
            outputs = model(x, training=True)
            return outputs, loss(y, outputs)

    run = mode(outputs_and_loss)
    return lambda: run(x, y)


def train_step(name: str) -> Callable[[], Any]:
    model, x, y = NETWORKS[name]()
    loss = keras.losses.SparseCategoricalCrossentropy()
    optimizer = keras.optimizers.Adam(1e-6)
    optimizer.build(model.trainable_variables)

    def train(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            found = loss(y, model(x, training=True))
        gradients = tape.gradient(found, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return found

    run = mode(train)
    return lambda: run(x, y)


if __name__ == "__main__":
    tf.config.threading.set_intra_op_parallelism_threads(int(sys.argv[2]))
    tf.config.threading.set_inter_op_parallelism_threads(int(sys.argv[2]))
    modes = {"eager": plain, "function": tf.function, "xla": tf.function(jit_compile=True)}
    mode = modes[sys.argv[1]]
    main(matmul, (forward, train_step, predict), NETWORKS)
