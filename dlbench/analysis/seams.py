"""The seams of a resumed run: how the speed of the machine has changed where it was stopped."""

from collections.abc import Iterator
from typing import NamedTuple

from dlbench.records.case import Case
from dlbench.records.measurement import Sample
from dlbench.records.seam import Seam
from dlbench.results.folder import Results
from dlbench.stats.level import quiet_steps
from dlbench.stats.location import Estimate, Variance
from dlbench.stats.luck import USUAL
from dlbench.stats.shift import shift


class SeamDrift(NamedTuple):
    """A seam, the case that was measured before and after it, and how its time has changed.

    case: None if there was none to measure again; change: the ratio of the times after and before,
    None if one of them is unknown.
    """

    seam: Seam
    case: Case | None
    change: Estimate | None

    @property
    def is_beyond_doubt(self) -> bool:
        """Return whether the whole interval lies on one side of 1."""
        if self.change is None or self.change.low is None or self.change.high is None:
            return False
        return self.change.low > 1 or self.change.high < 1


def drifts(results: Results) -> Iterator[SeamDrift]:
    """Yield the seams of a run in their order."""
    cases = {case.id: case for case in results.run.plan.cases}
    luck = results.run.luck
    usual = Variance(luck.variance, luck.df) if luck else USUAL
    for seam in results.seams:
        check = seam.check
        if check is None or check.case not in cases:
            yield SeamDrift(seam, None, None)
        else:
            before = _before(results, seam, check.case)
            found = shift(quiet_steps(before), quiet_steps(check.samples), usual)
            yield SeamDrift(seam, cases[check.case], found)


def _before(results: Results, seam: Seam, case: str) -> tuple[Sample, ...]:
    """Return the samples of the case before the seam; none if its measurement is not there."""
    wanted = case, seam.generation
    those = (one.samples for one in results.measurements if (one.case, one.generation) == wanted)
    return next(those, ())
