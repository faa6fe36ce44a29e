"""Does a backend compute what the float64 oracle computes? Checked before anything is timed.

Every quantity has an absolute tolerance per element: C * eps * sqrt(K) * (largest magnitude), K
being the longest sum behind it, plus what is lawfully uncertain there (ReLU kinks, the
amplification of an optimizer's first step). It must not know any framework.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

import numpy as np

from dlbench.arrays import Array
from dlbench.model import DTYPES, ParityCheck

# Rounding errors of a sum of K terms grow like eps * sqrt(K) (Higham and Mary, 2019, "A new
# approach to probabilistic rounding error analysis"); the factor covers the layers in a row.
# Seen with the lecture's networks: up to 3 * eps * sqrt(K).
C = 16


@dataclass(frozen=True)
class Expected:
    """The oracle's value of a quantity, and what it may be off beyond rounding (absolute)."""

    value: Array
    slack: Array | float = 0.0


# The largest magnitude grows with the sum too, so that a coarse dtype would pass anything: beyond
# one in a hundred, a result is wrong in every dtype.
LARGEST_TOLERANCE = 1e-2


def relative_tolerance(dtype: str, longest_sum: int) -> float:
    """Tolerance by the quantity's largest magnitude, for sums of up to `longest_sum` terms."""
    return min(C * DTYPES[dtype].eps * sqrt(longest_sum), LARGEST_TOLERANCE)


def check(
    expected: Mapping[str, Expected], got: Mapping[str, Array], tolerance: float
) -> tuple[ParityCheck, ...]:
    """One check per quantity, each told at its worst element."""
    if set(expected) != set(got):
        missing = ", ".join(sorted(set(expected) ^ set(got)))
        raise ValueError(f"the backend and the oracle name different quantities: {missing}")
    return tuple(_check(name, expected[name], got[name], tolerance) for name in expected)


def _check(name: str, expected: Expected, got: Array, tolerance: float) -> ParityCheck:
    want = np.asarray(expected.value, np.float64)
    if got.shape != want.shape:
        raise ValueError(f"{name} has shape {got.shape}, the oracle's has {want.shape}")
    scale = float(np.abs(want).max(initial=0)) or 1.0
    error = np.abs(got.astype(np.float64) - want) / scale
    allowed = np.broadcast_to(tolerance + expected.slack / scale, error.shape)
    if not np.isfinite(error).all():
        return ParityCheck(name, None, tolerance)
    worst = int((error / allowed).argmax())
    return ParityCheck(name, float(error.flat[worst]), float(allowed.flat[worst]))
