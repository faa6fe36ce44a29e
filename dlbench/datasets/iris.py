"""Iris: four lengths in cm of 150 flowers of three species.

These are UCI's rows, two of which differ from Fisher's paper and from scikit-learn's copy.
"""

from pathlib import Path

from dlbench.datasets import _csv
from dlbench.datasets.base import Split, permuted

DECLARATION = {
    "features": [4],
    "classes": 3,
    "train_rows": 100,
    "test_rows": 50,
    "licence": "CC BY 4.0",
    "source": "Fisher (1936), UCI Machine Learning Repository, doi 10.24432/C56C76",
}

TEST_ROWS = 50
"""From the lecture's shapes, (100, 4) and (50, 4): a third of the 150 rows."""

SPECIES = ("Iris-setosa", "Iris-versicolor", "Iris-virginica")
"""The species; their labels are their positions."""

FILE = Path(__file__).parent / "files" / "iris.csv"


def unavailable_reason() -> str | None:
    """Return None: the file is shipped.

    Raises UsageError if it is missing or damaged.
    """
    load(0)
    return None


def load(seed: int) -> Split:
    """Return inputs of shape (rows, 4) in cm and int64 species of shape (rows,).

    The species are numbered in the order of their names. `seed` draws the split. Raises UsageError
    if the file is missing or damaged.
    """
    x, y = _csv.labelled(FILE, SPECIES)
    return permuted(x, y, TEST_ROWS, seed)
