"""Ionosphere: 34 radar readings of 351 returns, good or bad.

Two of the 351 rows are equal, and the second reading is 0 in every row.
"""

from pathlib import Path

import numpy as np

from dlbench.datasets import _csv
from dlbench.datasets.base import Split, permuted

DECLARATION = {
    "features": [34],
    "classes": 2,
    "train_rows": 235,
    "test_rows": 116,
    "licence": "CC BY 4.0",
    "source": "Sigillito et al. (1989), UCI Machine Learning Repository, doi 10.24432/C5W01B",
}

TEST_ROWS = 116
"""From the lecture's shapes, (235, 34) and (116, 34); the 0.3 in its code would give 106."""

RETURNS = ("b", "g")
"""Bad and good; their labels are their positions, 0 and 1."""

FILE = Path(__file__).parent / "files" / "ionosphere.csv"


def unavailable_reason() -> str | None:
    """Return None: the file is shipped.

    Raises UsageError if it is missing or damaged.
    """
    load(0)
    return None


def load(seed: int) -> Split:
    """Return inputs of shape (rows, 34) in [-1, 1] and labels of shape (rows, 1).

    A bad return is 0 and a good one 1. `seed` draws the split. Raises UsageError if the file is
    missing or damaged.
    """
    x, y = _csv.labelled(FILE, RETURNS)
    return permuted(x, y.astype(np.float32).reshape(-1, 1), TEST_ROWS, seed)
