"""The matrix products of level.py in plain NumPy: `python numpy_loops.py MODE THREADS`."""

from collections.abc import Callable
from typing import Any

import numpy as np
from loop import main


def matmul(size: int) -> Callable[[], Any]:
    a, b = (np.random.default_rng(0).random((size, size), np.float32) for _ in "ab")
    return lambda: a @ b


if __name__ == "__main__":
    main(matmul)
