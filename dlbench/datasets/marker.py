"""Marker: rows of 20 symbols, drawn at random; the class is the symbol behind the marker.

The marker is symbol 0 and stands once in a row, the others are 1 to 9. So a network has to keep
what it has read until the end.
"""

import numpy as np

from dlbench.datasets.base import Inputs, Labels, Split

DECLARATION = {
    "features": [20],
    "classes": 9,
    "train_rows": 10000,
    "test_rows": 2000,
    "licence": "none needed: random rows",
    "source": "dlbench",
}

TRAIN_ROWS, TEST_ROWS = 10_000, 2_000
LENGTH, SYMBOLS, MARKER = 20, 10, 0


def unavailable_reason() -> str | None:
    """Return None: nothing is needed."""
    return None


def load(seed: int) -> Split:
    """Return symbols as float32, (rows, 20), and int64 classes, (rows,). `seed` draws all rows."""
    rng = np.random.default_rng(seed)
    train, test = _rows(rng, TRAIN_ROWS), _rows(rng, TEST_ROWS)
    return Split(*train, *test)


def _rows(rng: np.random.Generator, rows: int) -> tuple[Inputs, Labels]:
    symbols = rng.integers(1, SYMBOLS, (rows, LENGTH))
    marked, every = rng.integers(LENGTH - 1, size=rows), np.arange(rows)
    symbols[every, marked] = MARKER
    return symbols.astype(np.float32), symbols[every, marked + 1] - 1
