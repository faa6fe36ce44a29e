"""The step that every peer times, as a user of PyTorch writes it: no line of dlbench in it."""

import os
from collections.abc import Callable

import numpy as np

SIZE = 256


def product(k: int, threads: int) -> Callable[[], object]:
    """(256, k) times (k, 256) in float32: N(0, 1), seeded."""
    import torch

    torch.set_num_threads(threads)
    generator = np.random.default_rng([0, SIZE, SIZE, k])
    a = torch.from_numpy(generator.standard_normal((SIZE, k), np.float32))
    b = torch.from_numpy(generator.standard_normal((k, SIZE), np.float32))
    return lambda: a @ b


def asked() -> Callable[[], object]:
    """The step that the environment asks for: pyperf and pytest start processes of their own."""
    return product(int(os.environ["PEERS_K"]), int(os.environ["PEERS_THREADS"]))


def environment(k: int, threads: int) -> dict[str, str]:
    """What makes a process that is started with it time this step."""
    return {**os.environ, "PEERS_K": str(k), "PEERS_THREADS": str(threads)}
