"""The seam of a run: where it was stopped and resumed."""

from dlbench.records.base import Record
from dlbench.records.measurement import Measurement


class Seam(Record, frozen=True):
    """One resumption of a run: one line on disk.

    resumed: the time in ISO 8601; kept: the number of measurements before it; cut: the number of
    those that were dropped, because their row was cut; check: a case of before, measured once more
    right after the seam, None without one; generation: the one in which the case was measured
    before.
    """

    resumed: str
    kept: int
    cut: int = 0
    check: Measurement | None = None
    generation: int = 0


class Resumed(Record, frozen=True):
    """What a resumed run need not measure again, for a progress display.

    rows: the generation and the id of the workload of every complete row.
    """

    kept: tuple[Measurement, ...]
    rows: frozenset[tuple[int, str]]
