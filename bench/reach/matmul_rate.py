"""GFLOP/s of a 1024 product by dlbench and by torch.utils.benchmark, in turns.

dlbench times its backend's step; torch.utils.benchmark times the framework's own product, written
here without dlbench, on tensors made here. One process, the same threads: a slow step, a slow loop
or a wrong thread count would all show.
"""

import os
import sys
import tempfile
from collections.abc import Callable

import numpy as np
from paired import ratio, tell

from dlbench import registry
from dlbench.backends.base import Setting
from dlbench.harness.worker import timing
from dlbench.machine.environment import usable_cores
from dlbench.reference.arrays import Array

SIZE = 1024
SECONDS = 0.1
ROUNDS = 41
LEAST, MOST = 0.90, 1.10

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def torch_product(a: Array, b: Array) -> Callable[[], object]:
    """PyTorch's product, as its users write it."""
    import torch

    left, right = torch.from_numpy(a), torch.from_numpy(b)
    return lambda: torch.matmul(left, right)


def tensorflow_product(a: Array, b: Array) -> Callable[[], object]:
    """TensorFlow's product, as its users write it."""
    import tensorflow as tf

    left, right = tf.constant(a), tf.constant(b)
    return lambda: tf.matmul(left, right)


PRODUCTS = {"torch": torch_product, "tensorflow": tensorflow_product}


def compare(name: str) -> bool:
    """Time one framework's product both ways; whether the rates agree."""
    from torch.utils.benchmark import Timer

    threads = usable_cores()
    with tempfile.TemporaryDirectory() as scratch:
        setting = Setting("cpu", "eager", "float32", threads, scratch)
        backend = registry.load("backends", name).start(setting)
    a, b = np.random.default_rng(0).standard_normal((2, SIZE, SIZE), np.float32)
    step = backend.matmul(a, b)
    timing.block(step.run, backend.device.wait, 10)
    iterations = timing.iterations_for(SECONDS, timing.block(step.run, backend.device.wait, 10))
    timer = Timer("run()", globals={"run": PRODUCTS[name](a, b)}, num_threads=threads)

    def rate_of_ours() -> float:
        return 1 / timing.block(step.run, backend.device.wait, iterations).step_s

    def rate_of_theirs() -> float:
        return 1 / timer.timeit(iterations).median

    found = ratio(rate_of_ours, rate_of_theirs, ROUNDS)
    what = f"{name} matmul {SIZE}, GFLOP/s by dlbench / by torch.utils.benchmark"
    return tell(what, found, MOST, LEAST)


if __name__ == "__main__":
    reached = [compare(name) for name in PRODUCTS]
    sys.exit(not all(reached))
