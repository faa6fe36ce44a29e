"""The contract of a data set: four arrays of training and test rows, ready for any framework.

A module of the family has a docstring whose first line describes the data set; a literal
`DECLARATION` (features, classes, train_rows, test_rows, licence, source); `unavailable_reason()`,
which gets the data and returns None, or returns why the data is not available; and
`load(seed) -> Split`. Both raise UsageError if a file is missing or damaged.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from dlbench import registry
from dlbench.errors import UsageError
from dlbench.records.network import Network

Inputs: TypeAlias = npt.NDArray[np.float32]
"""Shape (rows, *features)."""

Labels: TypeAlias = npt.NDArray[np.float32] | npt.NDArray[np.int64]
"""float32 of shape (rows, 1) for regression and two classes, int64 of shape (rows,) for more."""


@dataclass(frozen=True, eq=False)
class Split:
    """Training rows and test rows; ValueError if the numbers of inputs and labels differ.

    Splits are compared by identity, because the comparison of arrays has no single truth value.
    """

    x_train: Inputs
    y_train: Labels
    x_test: Inputs
    y_test: Labels

    def __post_init__(self) -> None:
        """Check the numbers of inputs and labels."""
        for x, y in ((self.x_train, self.y_train), (self.x_test, self.y_test)):
            if len(x) != len(y):
                message = f"{len(x)} rows of inputs but {len(y)} labels"
                raise ValueError(message)


def permuted(x: Inputs, y: Labels, test_rows: int, seed: int) -> Split:
    """Shuffle the rows; the first `test_rows` are for testing, the others for training.

    Raises ValueError unless 0 <= test_rows <= rows.
    """
    if not 0 <= test_rows <= len(x):
        message = f"cannot take {test_rows} test rows out of {len(x)}"
        raise ValueError(message)
    order = np.random.default_rng(seed).permutation(len(x))
    test, train = order[:test_rows], order[test_rows:]
    return Split(x[train], y[train], x[test], y[test])


def batch(split: Split, size: int, seed: int) -> tuple[Inputs, Labels]:
    """Draw `size` training rows; return copies of them.

    The rows come from a seeded permutation. If `size` exceeds their number, more permutations
    follow, so every row comes once before any comes twice. Raises ValueError if `size` is below 1,
    or if there is no training row.
    """
    rows = len(split.x_train)
    if size < 1 or rows < 1:
        message = f"cannot take a batch of {size} out of {rows} training rows"
        raise ValueError(message)
    rng = np.random.default_rng(seed)
    order = np.concatenate([rng.permutation(rows) for _ in range(0, size, rows)])[:size]
    return split.x_train[order], split.y_train[order]


def rows_of(network: Network) -> int:
    """Return the number of training rows of a network; UsageError if it has no data set."""
    if not network.has_data:
        raise UsageError(
            "an epoch needs a data set, and the network has none",
            value=network.name,
            hint="Give it a dataset, or measure train_step",
        )
    return int(registry.declaration("datasets", network.dataset, dict)["train_rows"])


def known_rows(network: Network) -> int | None:
    """Return the number of training rows; None without a data set, or if dlbench lacks it."""
    return rows_of(network) if network.dataset in registry.names("datasets") else None
