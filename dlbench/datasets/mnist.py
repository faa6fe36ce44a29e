"""MNIST: 70000 handwritten digits of 28 x 28 grey pixels.

The split is fixed. The files are not shipped: they are read from the folder in DLBENCH_DATA, or
downloaded once.
"""

import functools
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from dlbench.datasets import _idx, _mnist_files
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
"""The largest pixel, so that inputs lie in [0, 1]."""

SIZE = (28, 28)
"""Of an image, in pixels."""

LARGEST_DIGIT = 9

Bytes: TypeAlias = npt.NDArray[np.uint8]


def unavailable_reason() -> str | None:
    """Find or download the four files; return None, or the sentence why they cannot be had.

    Raises UsageError if DLBENCH_DATA is not a folder, or if a file in it is not the published one.
    """
    found = _mnist_files.obtain()
    return found if isinstance(found, str) else None


def load(seed: int) -> Split:
    """Return inputs of shape (rows, 28, 28) in [0, 1] and int64 digits; `seed` changes nothing.

    The arrays are shared by all callers in the process: do not write into them. Raises UsageError
    if the files cannot be had, are not the published ones, or hold no digits with their labels.
    """
    del seed
    found = _mnist_files.obtain()
    if isinstance(found, str):
        raise UsageError("MNIST is not on this machine", hint=found)
    return _read(found)


@functools.cache
def _read(folder: Path) -> Split:
    return Split(*_part(folder, "train"), *_part(folder, "t10k"))


def _part(folder: Path, part: str) -> tuple[Inputs, npt.NDArray[np.int64]]:
    images = _mnist_files.file(folder, f"{part}-images-idx3-ubyte")
    labels = _mnist_files.file(folder, f"{part}-labels-idx1-ubyte")
    pixels, digits = _idx.read(images, dimensions=3), _idx.read(labels, dimensions=1)
    _check(images, pixels, labels, digits)
    return np.divide(pixels, WHITE, dtype=np.float32), digits.astype(np.int64)


def _check(images: Path, pixels: Bytes, labels: Path, digits: Bytes) -> None:
    """Refuse what two whole IDX files may hold and MNIST does not."""
    if pixels.shape[1:] != SIZE:
        what = f"{images} has images of a wrong size"
        raise UsageError(what, value=pixels.shape[1:], allowed=str(SIZE), hint=_idx.HINT)
    if len(pixels) != len(digits):
        what = f"{images} and {labels} do not belong together"
        value = f"{len(pixels)} images, {len(digits)} labels"
        raise UsageError(what, value=value, allowed="a label for each image", hint=_idx.HINT)
    wrong = np.flatnonzero(digits > LARGEST_DIGIT)
    if len(wrong):
        what = f"{labels} has a wrong label for image {wrong[0] + 1}"
        label = int(digits[wrong[0]])
        raise UsageError(what, value=label, allowed=f"0 to {LARGEST_DIGIT}", hint=_idx.HINT)
