"""The contract of a data set: four arrays of training and test rows, ready for any framework.

A module of the family has a docstring whose first line describes the data set; a literal
`DECLARATION` (features, classes, train_rows, test_rows, licence, source); `unavailable_reason()`,
which makes sure that the data is there and returns None, or why it cannot be had; and
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
    """Training rows and test rows; raises ValueError if inputs and labels differ in number.

    Two splits are equal only if they are the same object: arrays have no single truth value.
    """

    x_train: Inputs
    y_train: Labels
    x_test: Inputs
    y_test: Labels

    def __post_init__(self) -> None:
        """Refuse inputs without labels and labels without inputs."""
        for x, y in ((self.x_train, self.y_train), (self.x_test, self.y_test)):
            if len(x) != len(y):
                message = f"{len(x)} rows of inputs but {len(y)} labels"
                raise ValueError(message)


def permuted(x: Inputs, y: Labels, test_rows: int, seed: int) -> Split:
    """Draw `test_rows` rows for testing; the others, in the order drawn, are for training.

    Raises ValueError unless 0 <= test_rows <= rows.
    """
    if not 0 <= test_rows <= len(x):
        message = f"cannot take {test_rows} test rows out of {len(x)}"
        raise ValueError(message)
    order = np.random.default_rng(seed).permutation(len(x))
    test, train = order[:test_rows], order[test_rows:]
    return Split(x[train], y[train], x[test], y[test])


def batch(split: Split, size: int, seed: int) -> tuple[Inputs, Labels]:
    """Return copies of the first `size` rows of a seeded permutation of the training rows.

    When `size` exceeds the rows, further permutations follow one after the other, so every row
    comes once before any comes twice. Raises ValueError if `size` is below 1 or there is no
    training row.
    """
    rows = len(split.x_train)
    if size < 1 or rows < 1:
        message = f"cannot take a batch of {size} out of {rows} training rows"
        raise ValueError(message)
    rng = np.random.default_rng(seed)
    order = np.concatenate([rng.permutation(rows) for _ in range(0, size, rows)])[:size]
    return split.x_train[order], split.y_train[order]


def rows_of(network: Network) -> int:
    """Return how many rows of training data a network has; UsageError if it has no data set."""
    if not network.has_data:
        raise UsageError(
            "an epoch goes over a data set, and there is none for the network",
            value=network.name,
            hint="Give it a dataset, or measure train_step",
        )
    return int(registry.declaration("datasets", network.dataset, dict)["train_rows"])


def known_rows(network: Network) -> int | None:
    """Return its rows of training data; None without a data set, or if it is not installed here."""
    return rows_of(network) if network.dataset in registry.names("datasets") else None
