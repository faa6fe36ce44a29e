"""Abalone: seven sizes and weights of 4177 sea snails, to predict the number of rings (the age).

The split is fixed: the training rows are those of the TensorFlow tutorial on CSV files, in its
order, and the test rows are all the others. As there, the sex, UCI's first column, is left out.
"""

from pathlib import Path

from dlbench.datasets import _csv
from dlbench.datasets.base import Inputs, Split

DECLARATION = {
    "features": [7],
    "classes": None,
    "train_rows": 3320,
    "test_rows": 857,
    "licence": "CC BY 4.0",
    "source": "Nash et al. (1994), UCI Machine Learning Repository, doi 10.24432/C55C7W",
}

FILES = Path(__file__).parent / "files"


def unavailable_reason() -> str | None:
    """Return None: the files are shipped.

    Raises UsageError if one is missing or damaged.
    """
    load(0)
    return None


def load(seed: int) -> Split:
    """Return inputs of shape (rows, 7) in units of 200 mm and 200 g, and rings of shape (rows, 1).

    `seed` changes nothing: the split is fixed. Raises UsageError if a file is missing or damaged.
    """
    del seed
    return Split(*_part("abalone_train.csv"), *_part("abalone_test.csv"))


def _part(name: str) -> tuple[Inputs, Inputs]:
    table = _csv.numbers(FILES / name)
    # Copies, because frameworks need arrays without gaps between the rows.
    return table[:, :7].copy(), table[:, 7:].copy()
