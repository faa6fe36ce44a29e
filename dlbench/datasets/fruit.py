"""Fruit: three rows of two numbers with a 0/1 target, the lecture's smallest example.

The lecture has no test rows: it predicts for [[2, 0]], whose target is not given.
"""

import numpy as np

from dlbench.datasets.base import Split

DECLARATION = {
    "features": [2],
    "classes": None,
    "train_rows": 3,
    "test_rows": 0,
    "licence": "none needed: nine numbers",
    "source": "University of Salford, Artificial Intelligence, Lecture 7",
}


def unavailable_reason() -> str | None:
    """Return None: nothing is needed."""
    return None


def load(seed: int) -> Split:
    """Return inputs of shape (3, 2), targets of shape (3, 1) and no test rows.

    `seed` changes nothing.
    """
    del seed
    return Split(
        x_train=np.array([[0, 1], [2, 1], [1, 0]], dtype=np.float32),
        y_train=np.array([[1], [1], [0]], dtype=np.float32),
        x_test=np.empty((0, 2), dtype=np.float32),
        y_test=np.empty((0, 1), dtype=np.float32),
    )
