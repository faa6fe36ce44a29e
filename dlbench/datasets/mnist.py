"""MNIST: 70000 handwritten digits of 28 x 28 grey pixels.

The split is fixed. The files are not shipped: they are read from the folder in DLBENCH_DATA, or
downloaded once.
"""

import functools
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dlbench.datasets import _mnist
from dlbench.datasets.base import Inputs, Split
from dlbench.errors import UsageError

DECLARATION = {
    "features": [28, 28],
    "classes": 10,
    "train_rows": 60000,
    "test_rows": 10000,
    "licence": "CC BY-SA 3.0",
    "source": "Yann LeCun and Corinna Cortes, The MNIST database of handwritten digits",
}

WHITE = np.float32(255)
"""The largest value of a pixel; divided by it, inputs lie in [0, 1]."""


def unavailable_reason() -> str | None:
    """Find or download the four files; return None, or a sentence that says why it failed.

    Raises UsageError if DLBENCH_DATA is not a folder, or if a file in it is not the published one.
    """
    folder = _mnist.obtain()
    return folder if isinstance(folder, str) else None


def load(seed: int) -> Split:
    """Return inputs of shape (rows, 28, 28) in [0, 1] and int64 digits; `seed` changes nothing.

    All callers in the process share the arrays: do not write into them. Raises UsageError if the
    files are not available, or are not the published ones.
    """
    del seed
    folder = _mnist.obtain()
    if isinstance(folder, str):
        raise UsageError("MNIST is not on this machine", hint=folder)
    return _read(folder)


@functools.cache
def _read(folder: Path) -> Split:
    return Split(*_part(folder, "train"), *_part(folder, "t10k"))


def _part(folder: Path, part: str) -> tuple[Inputs, npt.NDArray[np.int64]]:
    pixels = _mnist.read(folder, f"{part}-images-idx3-ubyte")
    digits = _mnist.read(folder, f"{part}-labels-idx1-ubyte")
    return np.divide(pixels, WHITE, dtype=np.float32), digits.astype(np.int64)
