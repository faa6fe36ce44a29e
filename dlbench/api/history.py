"""The history of each case over the stored runs."""

from pathlib import Path
from typing import TYPE_CHECKING

from dlbench import arguments
from dlbench.analysis import frames
from dlbench.analysis.run import versus
from dlbench.archive import history as histories
from dlbench.archive.history import History, Series
from dlbench.errors import UsageError

if TYPE_CHECKING:
    from pandas import DataFrame

COLUMNS = {
    **dict.fromkeys(("case", "label", "target", "run", "started"), str),
    "seconds": float,
    "ratio": float | None,
}


class HistoryResult:
    """Each case over the runs, oldest first, with the steps in it."""

    def __init__(self, found: History) -> None:
        self.found = found

    @property
    def series(self) -> tuple[Series, ...]:
        """The history of every case: its points, and the steps beyond doubt."""
        return self.found.series

    def frame(self) -> "DataFrame":
        """One line per case and run, as a pandas data frame."""
        lines = (
            {
                "case": series.case,
                "label": series.label,
                "target": series.target.id,
                **{name: getattr(one, name) for name in ("run", "started", "seconds", "ratio")},
            }
            for series in self.series
            for one in series.points
        )
        return frames.frame(lines, COLUMNS)

    def __repr__(self) -> str:
        return f"<HistoryResult of {len(self.series)} cases in {len(self.found.runs)} runs>"

    def _repr_html_(self) -> str:
        """The tables, for a notebook."""
        from dlbench.archive.timeline import sheet_of
        from dlbench.formats import html
        from dlbench.printer import Printer

        return html.write_sheet(sheet_of(self.found), Printer())


def history(
    pattern: str = "*",
    *,
    filter: str = "",  # noqa: A002 - the name of the option
    margin: float | None = None,
    results: str | Path = "results",
) -> HistoryResult:
    """Return each case over the stored runs, as its ratio to NumPy eager in the same run.

    pattern: of ids of runs, such as `*-quick`. filter: an expression over ids of cases. margin:
    smaller steps do not count, a fraction. results: the folder of runs.

    Raises UsageError if no run matches.
    """
    asked = versus(None, margin).margin
    words = arguments.text("pattern", pattern), arguments.text("filter", filter)
    folder = arguments.path("results", results)
    found = histories.history(folder, *words, asked)
    if not found.runs:
        raise UsageError(
            f"no run in {folder}/ matches", value=pattern, hint="See: dlbench list runs"
        )
    return HistoryResult(found)
