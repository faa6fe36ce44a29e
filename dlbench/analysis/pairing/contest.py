"""A contest: the cases of one workload, the ratio of every two, and which may be the fastest."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from math import inf, log1p

from dlbench.analysis.pairing.located import LocatedPair
from dlbench.stats.best import Standing, share, standings
from dlbench.stats.location import CONFIDENCE
from dlbench.stats.multiple import holm

ALPHA = 1 - CONFIDENCE

Pairs = Mapping[tuple[str, str], LocatedPair]
"""By the ids of case and baseline, each pair in one direction or in both."""


class Contest:
    """The timed cases of a workload, by id, and their located pairs."""

    def __init__(self, cases: Sequence[str], pairs: Pairs) -> None:
        self.cases = list(cases)
        missing = {(b, a): one.mirrored() for (a, b), one in pairs.items() if (b, a) not in pairs}
        self.pairs = {**pairs, **missing} if missing else pairs

    @cached_property
    def standings(self) -> dict[str, Standing]:
        """The standing of every case; of one alone, that it may be the best."""
        alpha = share(ALPHA, len(self.cases))
        lower, upper = [
            [
                [None if a == b else end(self.pairs[a, b], alpha) for b in self.cases]
                for a in self.cases
            ]
            for end in (LocatedPair.lower, LocatedPair.upper)
        ]
        return dict(zip(self.cases, standings(lower, upper), strict=True))

    @property
    def contenders(self) -> list[str]:
        """The cases that may be the fastest; all, if each is slower than another in turn."""
        found = [case for case in self.cases if self.standings[case].may_be_best]
        return found or self.cases

    def among(self, cases: Sequence[str]) -> "Contest":
        """Return the contest of some of the cases alone."""
        return Contest(cases, self.pairs)

    def reference(self, seconds: Mapping[str, float]) -> str:
        """Return the contender with the least regret: how much slower it is than the best, at most.

        seconds: of a step, by case; they decide where nothing is judged.
        """

        def regret(case: str) -> tuple[float, float]:
            at_most = self.standings[case].at_most
            return (inf if at_most is None else at_most, seconds[case])

        return min(self.contenders, key=regret)

    def leads(self, case: str, margin: float) -> bool | None:
        """Return whether the case may be the fastest, or is as good up to the margin, a share.

        None if it was judged with no other one.
        """
        standing = self.standings[case]
        if standing.at_least is None:
            return None
        is_as_good = standing.at_most is not None and standing.at_most <= log1p(margin)
        return standing.may_be_best or is_as_good

    def ranks(self, margin: float) -> dict[str, int | None]:
        """Return the rank of every case: one more than the number of cases surely faster.

        So cases that cannot be told apart share a rank. Surely: by more than the margin, a share,
        after Holm's adjustment for all pairs in both directions. None if a case was judged with no
        other one. A case that does not lead has rank 2 at least: it is slower than the fastest,
        whichever that is.
        """
        both = [(a, b) for a in self.cases for b in self.cases if a != b]
        ps = holm([self.pairs[pair].p_slower(margin) for pair in both])
        slower = [pair for pair, p in zip(both, ps, strict=True) if p is not None and p <= ALPHA]
        found: dict[str, int | None] = {}
        for case in self.cases:
            leads = self.leads(case, margin)
            faster = sum(a == case for a, _ in slower)
            found[case] = None if leads is None else 1 if leads else 1 + max(1, faster)
        return found

    def p_not_best(self, case: str, margin: float) -> float | None:
        """Return the p-value of "no other is faster by more than the margin", for all rivals.

        Doubled, as the interval is two-sided.
        """
        ps = [
            p
            for other in self.cases
            if other != case and (p := self.pairs[case, other].p_slower(margin)) is not None
        ]
        return min(1.0, 2 * len(ps) * min(ps)) if ps else None
