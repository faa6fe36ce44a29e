"""Compare two stored runs, or two targets of one, and judge the comparison."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import asdict

from dlbench import arguments
from dlbench.analysis import frames
from dlbench.analysis.run import versus
from dlbench.api.load import load_run
from dlbench.api.result import RunResult
from dlbench.archive import gate as gates
from dlbench.archive.comparison import Compared, compare_runs
from dlbench.archive.gate import Gate
from dlbench.archive.likeness import Unmatched
from dlbench.archive.targets import compare_targets
from dlbench.archive.verdict import Change, Mean
from dlbench.experience import luck
from dlbench.records.run import Run, UsualLuck
from dlbench.results.find import LATEST

if TYPE_CHECKING:
    from pandas import DataFrame

WHY = "runs are compared case by case"
BEFORE = f"{LATEST}~1"

# The columns of a frame, with their types.
COLUMNS = {
    **dict.fromkeys(("case", "workload", "label", "target", "backend"), str),
    **dict.fromkeys(("a_s", "b_s", "raw", "ratio", "low", "high"), float),
    **dict.fromkeys(("verdict", "reason"), str),
    **dict.fromkeys(("p", "p_display", "p_gate"), float),
    "new_software": bool,
}


class ComparisonResult:
    """A comparison of B with A, case by case."""

    def __init__(self, compared: Compared) -> None:
        self.compared = compared

    @property
    def changes(self) -> tuple[Change, ...]:
        """The cases that both have: times, ratio B / A with its 95 % interval, verdict on B."""
        return self.compared.changes

    @property
    def means(self) -> tuple[Mean, ...]:
        """Geometric means of the ratios, each with its interval."""
        return self.compared.means

    @property
    def unmatched(self) -> tuple[Unmatched, ...]:
        """The cases that are not compared, each with its side and the reason."""
        return self.compared.unmatched

    def gate(self, slower: float = 0.05, *, strict: bool = False) -> Gate:
        """Whether a case is slower by more than a share, beyond doubt; see `Gate`.

        strict: whether cases that may be slower, and cases that B lacks, count too. Raises
        UsageError for runs of two machines, and for a share outside 0 to 1.
        """
        limit = gates.limit_of(f"slower:{arguments.number('slower', slower, float):f}")
        return gates.judge(self.compared, limit, strict=arguments.flag("strict", strict))

    def frame(self) -> "DataFrame":
        """One line per case, as a pandas data frame."""
        return frames.frame((asdict(one) for one in self.changes), COLUMNS)

    def __repr__(self) -> str:
        return f"<ComparisonResult of {len(self.changes)} cases: {self.compared.b}>"

    def _repr_html_(self) -> str:
        """The comparison, for a notebook."""
        from dlbench.archive.sheet import sheet_of
        from dlbench.formats import html
        from dlbench.printer import Printer

        return html.write_sheet(sheet_of(self.compared), Printer())


def compare(
    a: RunResult | str | Path = BEFORE,
    b: RunResult | str | Path = LATEST,
    *,
    run: RunResult | str | Path | None = None,
    margin: float | None = None,
    results: str | Path = "results",
) -> ComparisonResult:
    """Compare run B with run A case by case, or target `b` of a run with its target `a`.

    a, b: results, paths, ids, beginnings of ids, `latest`, or `latest~1` for the one before it;
    with `run`, two of its targets, such as torch/eager. Cases are matched by their ids; what is
    not the same work is named and not compared. margin: smaller differences do not count, a
    fraction. results: the folder in which ids are looked up.

    Two runs were not measured together: the intervals allow for what runs on this machine differ
    by, and cases whose software is the same in both show how the machine has changed.

    Raises UsageError if there is no such run or target, or nothing in common.
    """
    asked = versus(None, margin).margin
    if run is not None:
        names = [arguments.text(*one) for one in (("a", a), ("b", b))]
        whole = _loaded(run, results)
        return ComparisonResult(compare_targets(whole.stored, names[0], names[1], asked))
    ours, theirs = (_loaded(one, results) for one in (a, b))
    lucks = _learnt(ours.run, theirs.run)
    return ComparisonResult(compare_runs(ours.stored, theirs.stored, [*lucks], asked))


def _loaded(run: RunResult | str | Path, results: str | Path) -> RunResult:
    return run if isinstance(run, RunResult) else load_run(run, results, WHY)


def _learnt(*runs: Run) -> Iterator[UsualLuck | None]:
    """Yield what runs on this machine have shown so far, with the software of each run."""
    for run in runs:
        found, _ = luck.usual(run.environment, run.plan)
        yield found
