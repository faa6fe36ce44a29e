"""Adjust p-values for the number of comparisons.

Pure functions. A comparison without a p-value, None, stays None and is not counted.
"""

from collections.abc import Sequence

import numpy as np


def holm(ps: Sequence[float | None]) -> list[float | None]:
    """Adjust p-values so that the probability of any false alarm is limited, as a gate needs it.

    Holm (1979), Scandinavian Journal of Statistics 6(2): the k-th smallest of m is multiplied by
    m - k + 1. The result is at least that of the smaller ones, and at most 1. The p-values may
    depend on each other in any way.
    """
    known = [p for p in ps if p is not None]
    adjusted = iter(_step_down(known) if known else [])
    return [None if p is None else next(adjusted) for p in ps]


def _step_down(ps: Sequence[float]) -> list[float]:
    """Return Holm's adjustment of p-values without None."""
    order = np.argsort(ps, kind="stable")
    raised = np.asarray(ps)[order] * np.arange(len(ps), 0, -1)
    adjusted = np.empty(len(ps))
    adjusted[order] = np.minimum(np.maximum.accumulate(raised), 1)
    return [float(p) for p in adjusted]
