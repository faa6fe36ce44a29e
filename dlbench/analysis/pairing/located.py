"""A pair of cases with the bounds of its ratio, however much is known of it.

Where rounds were quiet and many, both bounds come from one location. Where they were disturbed,
stopped or few, the ratio lies between the lower end of one location and the upper end of another
(partial identification: Manski 2003, Partial Identification of Probability Distributions; Imbens &
Manski 2004, Econometrica 72(6)).
"""

from math import log, log1p, pi, sqrt
from statistics import median
from typing import Literal, NamedTuple

from dlbench.analysis.pairing.pairs import Pair
from dlbench.analysis.pairing.views import View
from dlbench.stats.location import Location, Variance, location

Basis = Literal["measured", "disturbed", "throttled", "few"]

# Log of the largest plausible ratio: a larger one comes from a broken clock or an edited file.
LARGEST = log(1e9)

# Of few rounds only a large difference is told: their noise is that of other pairs, and what
# disturbs one of them shows in no other.
FEW_MARGIN = 0.25
SINGLE_MARGIN = 1.0

# Degrees of freedom of the noise of few rounds, which comes from other pairs.
FEW_DF = 4.0


class LocatedPair(NamedTuple):
    """Two cases and what is known of their log ratio.

    middle: its estimate; lows, highs: the true one is at least the least of the former and at most
    the largest of the latter; basis: what they rest on, None without bounds; doubt: how far the
    ratio may be wrong because turns cost one of the cases time, a logarithm: no number of rounds
    removes it; unsteady: whether the time of one of the cases never stopped changing.
    """

    pair: Pair
    middle: float | None
    lows: tuple[Location, ...] = ()
    highs: tuple[Location, ...] = ()
    basis: Basis | None = None
    doubt: float = 0.0
    unsteady: bool = False

    @property
    def is_judged(self) -> bool:
        """Return whether the ratio has bounds."""
        return bool(self.lows) and not self.unsteady

    @property
    def bounded_middle(self) -> float:
        """Return the estimate, 0 without one, within what can be shown."""
        return bounded(self.middle or 0.0)

    @property
    def least_margin(self) -> float:
        """Return the margin below which nothing can be told of so few rounds; a share."""
        if self.basis != "few":
            return 0.0
        return FEW_MARGIN if self.pair.rounds > 1 else SINGLE_MARGIN

    def lower(self, alpha: float) -> float | None:
        """Return the lower end with this one-sided error; None without one."""
        if not self.is_judged:
            return None
        ends = [found.interval(1 - 2 * alpha).low for found in self.lows]
        end = min(end for end in ends if end is not None) - self.doubt
        return 0.0 if self._is_hidden(end) and end > 0 else bounded(end)

    def upper(self, alpha: float) -> float | None:
        """Return the upper end with this one-sided error; None without one."""
        if not self.is_judged:
            return None
        ends = [found.interval(1 - 2 * alpha).high for found in self.highs]
        end = max(end for end in ends if end is not None) + self.doubt
        return 0.0 if self._is_hidden(end) and end < 0 else bounded(end)

    def _is_hidden(self, end: float) -> bool:
        """Return whether so few rounds may not tell a difference of this size."""
        return self.basis == "few" and abs(end) <= log1p(self.least_margin)

    def p_slower(self, margin: float) -> float | None:
        """Return the one-sided p-value of "not slower by more than the margin", a share."""
        return self._p(1, margin)

    def p_faster(self, margin: float) -> float | None:
        """Return the one-sided p-value of "not faster by more than the margin", a share."""
        return self._p(-1, margin)

    def _p(self, sign: int, margin: float) -> float | None:
        if not self.is_judged:
            return None
        edge = log1p(max(margin, self.least_margin)) + self.doubt
        locations = self.lows if sign > 0 else self.highs
        ps = [found._replace(value=sign * found.value).p_above(edge) for found in locations]
        return max(p for p in ps if p is not None)

    def mirrored(self) -> "LocatedPair":
        """Return the same with case and baseline exchanged."""
        return self._replace(
            pair=self.pair.mirrored(),
            middle=None if self.middle is None else -self.middle,
            lows=_negative(self.highs),
            highs=_negative(self.lows),
        )


def _negative(locations: tuple[Location, ...]) -> tuple[Location, ...]:
    return tuple(found._replace(value=-found.value) for found in locations)


def bounded(value: float) -> float:
    """Return a log ratio within what can be shown."""
    return min(max(value, -LARGEST), LARGEST)


class Knowledge(NamedTuple):
    """What other pairs tell about one. luck: the variance between processes.

    correlation: of successive rounds, None estimates it from the pair's own; noise: the standard
    deviation of the log ratio of a round, None if unknown.
    """

    luck: Variance
    correlation: float | None = None
    noise: float | None = None


def located(pair: Pair, known: Knowledge) -> LocatedPair:
    """Locate the ratio of a pair."""
    if not pair.generations:
        return LocatedPair(pair, pair.middle)
    middle = location(pair.generations).value
    views = [_ends(view, known) for view in pair.views]
    if views and all(low.error is not None and high.error is not None for low, high in views):
        lows, highs = zip(*views, strict=True)
        return LocatedPair(pair, middle, lows, highs, _basis(pair))
    if known.noise is None or pair.busy or pair.is_throttled:
        return LocatedPair(pair, middle)
    few = _of_few(pair, known.luck, known.noise)
    return LocatedPair(pair, middle, (few,), (few,), "few")


def _ends(view: View, known: Knowledge) -> tuple[Location, Location]:
    low = location(view.least, known.luck, known.correlation)
    if view.most is view.least:
        return low, low
    return low, location(view.most, known.luck, known.correlation)


def _basis(pair: Pair) -> Basis:
    if pair.busy:
        return "disturbed"
    return "throttled" if pair.is_throttled else "measured"


def _of_few(pair: Pair, luck: Variance, noise: float) -> Location:
    """Locate too few rounds for an interval of their own, by the noise of other pairs' rounds."""
    values = [value for group in pair.generations for value in group]
    variance = pi / 2 * noise**2 / len(values) + luck.value
    return Location(median(values), sqrt(variance), FEW_DF, len(pair.generations))
