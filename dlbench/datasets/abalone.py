"""Abalone: seven sizes and weights of 4177 sea snails, to tell the number of rings (the age).

The split is fixed: the training rows are those of the TensorFlow tutorial on CSV files, in its
order, and the test rows are all the others. As there, the sex, UCI's first column, is left out.
"""

from pathlib import Path

import numpy as np

from dlbench.splits import Inputs, Split

DECLARATION = {
    "features": [7],
    "classes": None,
    "train_rows": 3320,
    "test_rows": 857,
    "licence": "CC BY 4.0",
    "source": "Nash et al. (1994), UCI Machine Learning Repository, doi 10.24432/C55C7W",
}

FILES = Path(__file__).parent / "files"


def prepare() -> str | None:
    """Return None: the files are shipped."""
    return None


def load(seed: int) -> Split:
    """Return inputs of shape (rows, 7) in units of 200 mm and 200 g, and rings of shape (rows, 1).

    `seed` changes nothing: the split is fixed.
    """
    del seed
    return Split(*_rows("abalone_train.csv"), *_rows("abalone_test.csv"))


def _rows(name: str) -> tuple[Inputs, Inputs]:
    x = np.loadtxt(FILES / name, dtype=np.float32, delimiter=",", usecols=range(7))
    y = np.loadtxt(FILES / name, dtype=np.float32, delimiter=",", usecols=[7], ndmin=2)
    return x, y
