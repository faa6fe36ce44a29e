"""Iris: four lengths in cm of 150 flowers of three species.

These are UCI's rows, two of which differ from Fisher's paper and from scikit-learn's copy.
"""

from pathlib import Path

import numpy as np

from dlbench.splits import Split, permuted

DECLARATION = {
    "features": [4],
    "classes": 3,
    "train_rows": 100,
    "test_rows": 50,
    "licence": "CC BY 4.0",
    "source": "Fisher (1936), UCI Machine Learning Repository, doi 10.24432/C56C76",
}

TEST_ROWS = 50
"""The lecture's shapes, (100, 4) and (50, 4): a third of the 150 rows."""

FILE = Path(__file__).parent / "files" / "iris.csv"


def prepare() -> str | None:
    """Return None: the file is shipped."""
    return None


def load(seed: int) -> Split:
    """Return inputs of shape (rows, 4) in cm and int64 species of shape (rows,).

    The species are numbered in the order of their names. `seed` draws the split.
    """
    x = np.loadtxt(FILE, dtype=np.float32, delimiter=",", usecols=range(4))
    names = np.loadtxt(FILE, dtype=str, delimiter=",", usecols=4)
    _, y = np.unique(names, return_inverse=True)
    return permuted(x, y.astype(np.int64), TEST_ROWS, seed)
