"""The results of `run`, `train` and `load`: records, and pandas frames of them."""

from pathlib import Path
from typing import TYPE_CHECKING

from dlbench import arguments
from dlbench.analysis import frames
from dlbench.analysis.run import ComparedRows, RunAnalysis, versus
from dlbench.analysis.verdicts import MARGIN
from dlbench.errors import UsageError, unwritable
from dlbench.records.measurement import Measurement
from dlbench.records.run import Run
from dlbench.records.training import TrainingResult, TrainingRun
from dlbench.results.folder import Results, Trained
from dlbench.results.select import selected
from dlbench.trainings.epochs import EPOCH_COLUMNS, flat_epochs
from dlbench.trainings.pace import Pace, paces_of

if TYPE_CHECKING:
    from pandas import DataFrame

# Statuses of cases with which nothing is wrong.
FINE = {"ok", "skipped"}
# The columns of a comparison: which case, and how it compares with the baseline.
COMPARISON = [
    *("label", "target", "baseline", "time_s"),
    *("ratio", "ratio_low", "ratio_high", "verdict", "reason"),
]


class RunResult:
    """A run: its measurements and their analysis. folder: where it is stored."""

    def __init__(self, stored: Results, folder: Path) -> None:
        self.stored, self.folder = stored, folder

    @property
    def run(self) -> Run:
        """The head of the run: plan, machine, versions, command."""
        return self.stored.run

    @property
    def measurements(self) -> tuple[Measurement, ...]:
        """The raw measurements, one per case and generation."""
        return self.stored.measurements

    @property
    def ok(self) -> bool:
        """Return whether no case failed; a skipped case is no failure."""
        return all(one.status in FINE for one in self.measurements)

    @property
    def is_empty(self) -> bool:
        """Return whether no case was measured."""
        return not any(one.status == "ok" for one in self.measurements)

    @property
    def failures(self) -> tuple[str, ...]:
        """The reasons why cases were not measured, each once."""
        return tuple(dict.fromkeys(row.failure for row in self.rows().rows if row.failure))

    def filtered(self, expression: str) -> "RunResult":
        """Return the result with the cases whose id matches an expression.

        expression: words with `and`, `or`, `not` and parentheses, such as "torch and not b512";
        all cases if it is empty. Raises UsageError for a mistake in it, or if nothing matches.
        """
        words = arguments.text("expression", expression)
        return RunResult(selected(self.stored, words), self.folder)

    def rows(self, baseline: str | None = None, margin: float = MARGIN) -> ComparedRows:
        """One row per case, compared with a target or, without one, with the fastest.

        baseline: the id of a target or some of its parts, such as torch/eager. margin: smaller
        differences do not count, a fraction. Raises UsageError for a baseline that is not one
        target of the run, and for a margin outside 0 to 1.
        """
        against = versus(baseline, margin)
        return RunAnalysis(self.stored, against.margin).against(against.baseline)

    def frame(self, baseline: str | None = None, margin: float = MARGIN) -> "DataFrame":
        """One line per case, as a pandas data frame; see `rows` for the arguments."""
        return frames.of_rows(self.rows(baseline, margin).rows, self.run.id)

    def samples(self) -> "DataFrame":
        """One line per timed block, as a pandas data frame."""
        live = (case for group in self.run.plan.groups for case in group.live)
        return frames.of_samples(self.measurements, {case.id: case for case in live})

    def compare(self, baseline: str | None = None, margin: float = MARGIN) -> "DataFrame":
        """The ratio to the baseline with its 95 % interval and verdict, one line per case."""
        return self.frame(baseline, margin)[COMPARISON]

    def report(self, path: str | Path | None = None, *, force: bool = False) -> Path:
        """Write the report and return its page; `write_report` returns all of its files."""
        return self.write_report(path, force=force)[0]

    def write_report(self, path: str | Path | None = None, *, force: bool = False) -> list[Path]:
        """Write the report into a folder, and return its files, the page first.

        path: the folder; None is `report` in the run's own folder. Raises UsageError if it holds
        files that are not of an earlier report; force: write over them.
        """
        from dlbench.report import page

        if path is not None:
            return page.write(self.stored, arguments.path("path", path), force=force)
        folder = self.folder / "report"
        if folder.is_symlink():  # the run may be a stranger's
            what = "the report's folder is a link, which may lead anywhere"
            raise UsageError(what, value=str(folder), hint="Choose another folder with -o DIR")
        return page.write(self.stored, folder, force=force)

    def __repr__(self) -> str:
        count = len(self.run.plan.cases)
        return f"<RunResult {self.run.id}: {count} cases, {self.folder}>"

    def _repr_html_(self) -> str:
        """The tables of the run, for a notebook: one element, with its own style and no script."""
        from dlbench.formats import html
        from dlbench.printer import Printer
        from dlbench.report.document import document_of

        return html.write(document_of(self.stored), Printer())


class TrainingOutcome:
    """Trainings of one network: one per target and seed. folder: where they are stored."""

    def __init__(self, stored: Trained, folder: Path) -> None:
        self.stored, self.folder = stored, folder

    @property
    def run(self) -> TrainingRun:
        """The head: network, schedule, targets, seeds, machine, versions, command."""
        return self.stored.run

    @property
    def trainings(self) -> tuple[TrainingResult, ...]:
        """The trainings, each with all of its epochs."""
        return self.stored.results

    @property
    def ok(self) -> bool:
        """Return whether every training was completed."""
        return all(one.status == "ok" for one in self.trainings)

    @property
    def is_empty(self) -> bool:
        """Return whether no epoch was trained."""
        return not any(one.epochs for one in self.trainings)

    def frame(self) -> "DataFrame":
        """One line per target and seed, with its last epoch, as a pandas data frame."""
        return frames.of_trainings(self.trainings)

    def epochs(self) -> "DataFrame":
        """One line per epoch, as a pandas data frame."""
        return frames.frame(flat_epochs(self.trainings), EPOCH_COLUMNS)

    def paces(self) -> tuple[Pace, ...]:
        """How long epochs took, what disturbed them, and their trend: one for every target."""
        cores = self.run.environment.usable_cores
        return tuple(paces_of(self.trainings, cores).values())

    def report(self, path: str | Path | None = None, *, force: bool = False) -> list[Path]:
        """Draw the learning curve as SVG and PNG; the files, none if no epoch was trained.

        Raises UsageError if other files have their names; force: write over them.
        """
        from dlbench.report.trainings import learning_curve

        folder = self.folder if path is None else arguments.path("path", path)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            return learning_curve.write(self.stored, folder, force=force or path is None)
        except OSError as error:
            raise unwritable("the learning curve", folder, error) from error

    def __repr__(self) -> str:
        return f"<TrainingOutcome {self.run.id}: {len(self.trainings)} trainings, {self.folder}>"

    def _repr_html_(self) -> str:
        """The table of the trainings, for a notebook."""
        from dlbench.formats import html
        from dlbench.printer import Printer
        from dlbench.report.trainings.tables import document_of

        return html.write_trainings(document_of(self.stored), Printer())
