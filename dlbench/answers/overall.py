"""Two sides of a question over all workloads that both have: counts and a geometric mean."""

from collections.abc import Sequence
from math import exp
from statistics import median
from typing import NamedTuple

from msgspec.structs import replace

from dlbench.analysis.pairing.pairs import Pair
from dlbench.answers.duel import Duel
from dlbench.records.base import Record
from dlbench.stats.location import Estimate
from dlbench.stats.mean import of_generations, of_intervals


class Overall(Record, frozen=True):
    """Two sides of a question over all workloads that both have.

    same: the values of the other axes, if only targets with these were compared, like for like;
    ratio: geometric mean of the time of `right` divided by that of `left`, with its interval;
    least, most: the smallest and the largest ratio of a workload; left_faster, right_faster:
    number of workloads in which that side is faster beyond doubt; equal: in which both are equal,
    up to the margin.
    """

    question: str
    left: str
    right: str
    same: tuple[str, ...]
    workloads: int
    ratio: float
    low: float | None
    high: float | None
    least: float
    most: float
    left_faster: int
    right_faster: int
    equal: int = 0

    @property
    def is_known(self) -> bool:
        """Return whether the mean has an interval; a disturbed machine gives none."""
        return self.low is not None and self.high is not None

    def mirrored(self) -> "Overall":
        """Return the same with the two sides exchanged."""
        return replace(
            self,
            left=self.right,
            right=self.left,
            ratio=1 / self.ratio,
            low=None if self.high is None else 1 / self.high,
            high=None if self.low is None else 1 / self.low,
            least=1 / self.most,
            most=1 / self.least,
            left_faster=self.right_faster,
            right_faster=self.left_faster,
        )


class Sides(NamedTuple):
    """Two sides of a question, and the values of the other axes that both have."""

    question: str
    left: str
    right: str
    same: tuple[str, ...] = ()


def overall_of(sides: Sides, duels: Sequence[Duel], mean: Estimate) -> Overall:
    """Count the verdicts of the duels, and add their geometric mean."""
    ratios = [exp(one.ratio.value) for one in duels]
    verdicts = [one.verdict for one in duels]
    return Overall(
        **sides._asdict(),
        workloads=len(duels),
        ratio=exp(mean.value),
        low=None if mean.low is None else exp(mean.low),
        high=None if mean.high is None else exp(mean.high),
        least=min(ratios),
        most=max(ratios),
        left_faster=verdicts.count("slower"),
        right_faster=verdicts.count("faster"),
        equal=verdicts.count("same"),
    )


def mean_of(duels: Sequence[Duel]) -> Estimate:
    """Return the mean over workloads: one number a generation, where there are several."""
    medians = [_medians(one.pair.pair) for one in duels]
    counts = {len(values) for values in medians}
    quiet = all(_is_plain(one) for one in duels)
    if quiet and len(counts) == 1 and counts.pop() > 1:
        return of_generations(medians)
    return of_intervals([one.ratio for one in duels])


def _is_plain(one: Duel) -> bool:
    """Return whether the medians of all generations are all that is to be known of a pair."""
    pair = one.pair
    is_judged = pair.is_judged and pair.basis == "measured"
    return is_judged and not pair.doubt and not pair.pair.lost


def _medians(pair: Pair) -> list[float]:
    return [median(group) for group in pair.generations]
