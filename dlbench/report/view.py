"""What of a run is shown, and in which order."""

from collections.abc import Sequence
from math import inf
from typing import Literal, NamedTuple, get_args

from dlbench.analysis.rows import Row, is_timed
from dlbench.analysis.run import FASTEST, Versus, versus
from dlbench.report.metrics import FORMS, METRICS, Metric
from dlbench.syntax import choice, within

Order = Literal["rank", "name", "plan"]

# More targets than any run has.
LARGEST_TOP = 10_000

ORDERS: tuple[str, ...] = (*get_args(Order), *METRICS)


class View(NamedTuple):
    """The options of a page of a run.

    metrics: None for those that suit each workload; against: the baseline and the margin; wide: a
    table for each metric with a column for each target, instead of a ranking; sort: the order of
    the targets, `rank`, `name`, `plan` or a metric, its best first; top: the number of targets of
    each workload, 0 for all, None for as many as a page holds.
    """

    metrics: tuple[Metric, ...] | None = None
    against: Versus = FASTEST
    wide: bool = False
    sort: str = "rank"
    top: int | None = None
    side: str | None = None

    def most(self, lines: int, few: int, count: int) -> int | None:
        """Return how many targets of a workload are shown, None for all.

        few: as many, if there are more than `lines` on the page; count: the lines of the page.
        """
        if self.top is not None:
            return self.top or None
        return few if count > lines else None

    def ordered(self, race: Sequence[Row]) -> list[Row]:
        """Return the rows of a workload in this order; failures last."""
        if self.sort == "plan":
            return list(race)
        if self.sort == "name":
            return sorted(race, key=lambda row: row.target.id)
        if self.sort == "rank":
            return sorted(race, key=_by_rank)
        metric: Metric = next(name for name in METRICS if name == self.sort)
        return sorted(race, key=lambda row: _by_metric(row, metric))


DEFAULT = View()


def view_of(  # noqa: PLR0913 - the options of a command
    baseline: str | None,
    margin: float | None,
    sort: str,
    top: int | None,
    *,
    metrics: Sequence[Metric] | None = None,
    wide: bool = False,
) -> View:
    """Check what the user asks for; UsageError for a mistake."""
    return View(
        metrics=None if metrics is None else tuple(metrics),
        against=versus(baseline, margin),
        wide=wide,
        sort=choice("order", sort, ORDERS),
        top=within("--top", top, 0, LARGEST_TOP),
    )


def _by_rank(row: Row) -> tuple[bool, bool, float, float, float]:
    """Ranked before unranked before failed; targets of a rank by their ratio, then by time."""
    return (
        not is_timed(row),
        row.rank is None,
        row.rank or inf,
        max(1.0, row.comparison.ratio or 1.0),
        row.time.seconds or inf,
    )


def _by_metric(row: Row, metric: Metric) -> tuple[bool, float]:
    form = FORMS[metric]
    value = form.value(row)
    if not isinstance(value, (int, float)):
        return True, 0.0
    return False, -value if form.is_rate else value
