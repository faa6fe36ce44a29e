"""Chance in a user's own network: the seeds of what it draws from, and whether it draws at all."""

import random
from collections.abc import Callable
from typing import Any

import numpy as np

# The seeds of an experiment. Dropout in a small network drops the same for two of them by chance.
SEEDS = range(4)

# Sums in float64 that a GPU adds up in another order differ by less, a dropped unit by more.
SAME = 1e-9


def nothing(seed: int) -> None:
    """Seed no framework: for one whose draws take their seed as an argument."""


def seed_all(seed: int, framework: Callable[[int], Any]) -> None:
    """Seed Python, NumPy's old generators and the framework, all that a file may draw from."""
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - for what the file draws from it
    framework(seed)


def decides(loss: Callable[[], float], framework: Callable[[int], Any]) -> bool:
    """Return whether a loss in training differs from seed to seed."""
    first: float | None = None
    for seed in SEEDS:
        seed_all(seed, framework)
        found = loss()
        if first is None:
            first = found
        elif abs(found - first) > SAME * abs(first):
            return True
    return False
