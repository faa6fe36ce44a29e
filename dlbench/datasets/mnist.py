"""MNIST: 70000 handwritten digits of 28 x 28 grey pixels.

The split is fixed. The files are not shipped: they are read from the folder in DLBENCH_DATA, or
downloaded once.
"""

import functools
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dlbench.datasets import _idx, _mnist_files
from dlbench.errors import UsageError
from dlbench.splits import Inputs, Split

DECLARATION = {
    "features": [28, 28],
    "classes": 10,
    "train_rows": 60000,
    "test_rows": 10000,
    "licence": "CC BY-SA 3.0",
    "source": "Yann LeCun and Corinna Cortes, The MNIST database of handwritten digits",
}

WHITE = np.float32(255)
"""The largest pixel, so that inputs lie in [0, 1]."""


def prepare() -> str | None:
    """Find or download the four files; return None, or the sentence why they cannot be had.

    Raises UsageError if DLBENCH_DATA is not a folder, or if a file in it is not the published one.
    """
    found = _mnist_files.obtain()
    return found if isinstance(found, str) else None


def load(seed: int) -> Split:
    """Return inputs of shape (rows, 28, 28) in [0, 1] and int64 digits; `seed` changes nothing.

    The arrays are shared by all callers in the process: do not write into them. Raises UsageError
    if the files cannot be had or are not the published ones.
    """
    del seed
    found = _mnist_files.obtain()
    if isinstance(found, str):
        raise UsageError("MNIST is not on this machine", hint=found)
    return _read(found)


@functools.cache
def _read(folder: Path) -> Split:
    return Split(
        x_train=_pixels(folder, "train"),
        y_train=_digits(folder, "train"),
        x_test=_pixels(folder, "t10k"),
        y_test=_digits(folder, "t10k"),
    )


def _pixels(folder: Path, part: str) -> Inputs:
    pixels = _idx.read(_mnist_files.file(folder, f"{part}-images-idx3-ubyte"), dimensions=3)
    return np.divide(pixels, WHITE, dtype=np.float32)


def _digits(folder: Path, part: str) -> npt.NDArray[np.int64]:
    digits = _idx.read(_mnist_files.file(folder, f"{part}-labels-idx1-ubyte"), dimensions=1)
    return digits.astype(np.int64)
