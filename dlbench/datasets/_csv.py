"""Read the tables that dlbench ships, and refuse a changed file.

A table has columns of numbers, and may have a last column of names.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dlbench.datasets.base import Inputs
from dlbench.errors import UsageError

# Hashes of the files with the line ends of Unix.
SHA256 = {
    "abalone_test.csv": "9369d56dddca68bffb4c80f94dad3e6f64155dc0c02ad164cbe9e6b7eccd1d43",
    "abalone_train.csv": "f101c7fea4aa78fafdec80c65946ec258e49345222b9c07884fc4cb186546703",
    "ionosphere.csv": "46d52186b84e20be52918adb93e8fb9926b34795ff7504c24350ae0616a04bbd",
    "iris.csv": "596ffd580471ca4d4880f8e439c7281f3b50d8249a5960353cb200b1490f63a0",
}

HINT = "The file is a part of dlbench: install dlbench again"


def numbers(path: Path) -> Inputs:
    """Return the table, of shape (rows, columns).

    Raises UsageError if the file cannot be read or is not the shipped one.
    """
    return np.loadtxt(_lines(path), np.float32, delimiter=",")


def labelled(path: Path, names: Sequence[str]) -> tuple[Inputs, npt.NDArray[np.int64]]:
    """Return the numbers, shape (rows, columns), and each name's index in `names`, shape (rows,).

    Raises UsageError if the file cannot be read or is not the shipped one.
    """
    rows = [line.rpartition(",") for line in _lines(path)]
    x = np.loadtxt([fields for fields, _, _ in rows], np.float32, delimiter=",")
    return x, np.array([names.index(name) for _, _, name in rows], np.int64)


def _lines(path: Path) -> list[str]:
    """Return the lines of the file; UsageError unless its bytes are the shipped ones."""
    try:
        content = path.read_bytes()
    except OSError as error:
        what = f"cannot read the data ({error.strerror})"
        raise UsageError(what, value=str(path), hint=HINT) from error
    # Git may have written the line ends of Windows.
    content = content.replace(b"\r\n", b"\n")
    actual, shipped = hashlib.sha256(content).hexdigest(), SHA256[path.name]
    if actual != shipped:
        what = f"{path} is damaged; its SHA-256 is"
        raise UsageError(what, value=actual, allowed=shipped, hint=HINT)
    return content.decode().splitlines()
