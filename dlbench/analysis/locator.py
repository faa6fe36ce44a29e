"""The locator of a run: what all of its pairs tell about the ratio of any two of its cases."""

from collections.abc import Sequence
from typing import NamedTuple

from dlbench.analysis.level import doubt
from dlbench.analysis.pairing.contest import Contest
from dlbench.analysis.pairing.located import Knowledge, LocatedPair, located
from dlbench.analysis.pairing.luck import Luck, correlation_of
from dlbench.analysis.pairing.pairs import Pair
from dlbench.analysis.rows import Row


class Locator(NamedTuple):
    """What a run knows about the ratio of any two of its cases."""

    luck: Luck
    noise: float | None

    def contest(self, rows: Sequence[Row], pairs: Sequence[Pair]) -> Contest:
        """Locate the pairs of a workload."""
        by_case = {row.case: row for row in rows}
        correlation = correlation_of(pairs)
        found = {
            (pair.case, pair.baseline): self.located(
                pair, by_case[pair.case], by_case[pair.baseline], correlation
            )
            for pair in pairs
        }
        return Contest(list(by_case), found)

    def located(
        self, pair: Pair, row: Row, base: Row, correlation: float | None = None
    ) -> LocatedPair:
        """Locate the ratio of two cases, with the doubts about their level."""
        luck = self.luck.of(row.workload.id, (row.target.id, base.target.id))
        return located(pair, Knowledge(luck, correlation, self.noise))._replace(
            doubt=doubt(row.level) + doubt(base.level),
            unsteady=row.level.steady is False or base.level.steady is False,
        )
