"""Pairs of different frameworks, and their true ratios: loops of seconds, without dlbench.

A loop runs a step without a pause for seconds, in a process of its own that is stopped meanwhile.
The two of a pair take turns, in mirrored order, in several generations of fresh processes.
"""

import argparse
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import truth
from steps import SIZE
from steps import product as of_torch

LOOP_S = 1.5
# Threads and caches have settled by then.
LOOP_LEAD_IN_S = 0.5


class Side(NamedTuple):
    """One of a pair: the backend and its mode."""

    backend: str
    mode: str


# Part of a sitting: A and B.
PAIRS = {
    "frameworks": (Side("torch", "eager"), Side("tensorflow", "eager")),
    "tensorflow-torch": (Side("torch", "eager"), Side("tensorflow", "function")),
    "jax-numpy": (Side("numpy", "eager"), Side("jax", "jit")),
}


def operands() -> tuple[Any, Any]:
    """Two seeded arrays in float32, N(0, 1)."""
    generator = np.random.default_rng(0)
    a, b = (generator.standard_normal((SIZE, SIZE), np.float32) for _ in "ab")
    return a, b


def of_numpy(_: int) -> Callable[[], object]:
    """The number of threads comes from the environment."""
    a, b = operands()
    return lambda: a @ b


def of_tensorflow(threads: int, *, is_traced: bool = False) -> Callable[[], object]:
    """A product op by op, or traced."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    a, b = map(tf.constant, operands())
    product = tf.function(tf.matmul) if is_traced else tf.matmul
    return lambda: product(a, b)


def of_jax(_: int) -> Callable[[], object]:
    """A compiled product; a call returns when it is done. Threads come from the environment."""
    import jax

    jax.config.update("jax_cpu_enable_async_dispatch", False)  # noqa: FBT003
    a, b = map(jax.numpy.asarray, operands())
    product = jax.jit(jax.numpy.matmul)
    return lambda: product(a, b)


STEPS: dict[str, Callable[[int], Callable[[], object]]] = {
    "numpy eager": of_numpy,
    "torch eager": partial(of_torch, SIZE),
    "tensorflow eager": of_tensorflow,
    "tensorflow function": partial(of_tensorflow, is_traced=True),
    "jax jit": of_jax,
}


def establish(threads: int, seconds: float, generations: int) -> truth.Record:
    """The true ratio B / A of every pair with its interval, by part."""
    found = {}
    for part, sides in PAIRS.items():
        asked = [(__file__, "--step", " ".join(side)) for side in sides]
        times = [
            truth.in_one_generation(asked, threads, seconds, number)
            for number in range(generations)
        ]
        _, logs = zip(*map(truth.log_ratios, times), strict=True)
        found[part] = truth.interval(logs)
    return {"kind": "loops", "seconds": seconds, "generations": generations, "ratios": found}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--step", choices=STEPS, required=True)
    parser.add_argument("--threads", type=int, required=True)
    options = parser.parse_args()
    step = STEPS[options.step](options.threads)
    truth.serve(step, block_s=LOOP_S, lead_in_s=LOOP_LEAD_IN_S)
