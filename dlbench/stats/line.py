"""The line of a cost: seconds = start + work / rate. Pure functions."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import nnls


class Line(NamedTuple):
    """start_s: the seconds without any work; per_unit_s: those of a unit of work, 0 if none.

    worst: the largest deviation of a time from the line, a share.
    """

    start_s: float
    per_unit_s: float
    worst: float

    @property
    def rate_per_s(self) -> float | None:
        """Return the units of work per second; None if time does not grow with work."""
        return 1 / self.per_unit_s if self.per_unit_s else None


def fitted(work: Sequence[float], seconds: Sequence[float]) -> Line:
    """Fit by least squares of relative errors; neither part is below 0.

    Lawson & Hanson (1974), Solving Least Squares Problems, ch. 23. work, seconds: more than 0.
    """
    times, units = np.array(seconds, dtype=float), np.array(work, dtype=float)
    scale = float(units.max())
    columns = np.column_stack([1 / times, units / scale / times])
    (start_s, per_scale), _ = nnls(columns, np.ones(len(times)))
    line = start_s + per_scale * units / scale
    worst = float(np.max(np.abs(line / times - 1)))
    return Line(float(start_s), float(per_scale) / scale, worst)
