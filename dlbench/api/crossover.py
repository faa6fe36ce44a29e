"""Find where the faster of two targets changes along an axis: measure point by point, and store."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from dlbench import arguments, units
from dlbench.analysis.run import RunAnalysis
from dlbench.answers.crossing import Comparison, compared, points_of
from dlbench.api.alone import WAIT, measuring, note_others
from dlbench.api.invocation import Interrupted, Watch, consume, unwatched
from dlbench.api.result import RunResult
from dlbench.api.run import head_of, remember, told
from dlbench.experience import luck
from dlbench.harness.supervisor.growing import GrowingSupervisor as Supervisor
from dlbench.harness.supervisor.launcher import Launcher
from dlbench.machine import environment
from dlbench.machine.occupancy import Presence
from dlbench.plan.crossover import Search, search_of
from dlbench.plan.request import CrossoverRequest
from dlbench.plan.targets import read_declarations, this_machine
from dlbench.records.case import Declaration
from dlbench.records.measurement import Measurement, Notice
from dlbench.records.plan import Grown, Plan
from dlbench.records.run import Run
from dlbench.report import notes
from dlbench.report.crossing.subject import Subject
from dlbench.results import folder as folders
from dlbench.results import lock
from dlbench.results.folder import Results
from dlbench.results.writer import Writer
from dlbench.stats.crossing import MOST_POINTS, next_value

# The name of the results folder, behind its time.
NAME = "crossover"

# If nothing can be measured at an end of the axis, the next end to try lies so many times closer
# to the middle.
STEP_BACK = 4


class CrossoverResult(RunResult):
    """A run with one row for every measured value of an axis, and what it says."""

    def __init__(self, stored: Results, folder: Path, search: Search) -> None:
        super().__init__(stored, folder)
        self.search = search

    @property
    def comparison(self) -> Comparison:
        """Where which target is faster, where that changes, and what each costs."""
        search = self.search
        values = _values(self.run.plan, search)
        sides = search.left.id, search.right.id
        return compared(RunAnalysis(self.stored), search.axis.name, values, *sides)

    @property
    def subject(self) -> Subject:
        """What is shown of it: the comparison with all names."""
        search, reading = self.search, self.rows()
        network = "" if search.network is None else search.network.name
        return Subject(
            run=self.run,
            comparison=self.comparison,
            workload=" ".join(filter(None, (search.kind, network))),
            left=search.left,
            right=search.right,
            rows=tuple(reading.rows),
            warnings=(*self.stored.warnings, *notes.warnings(self.run, reading)),
            notes=(*self.run.plan.notes, *self._unfinished()),
        )

    def _unfinished(self) -> Iterator[str]:
        """Yield that the search would have gone on."""
        if next_point(self.search, self.stored) is not None:
            count = units.counted(len(self.run.plan.groups), "point")
            yield f"The search ended after {count}, before it was done; --budget gives it more time"

    def chart(self, path: str | Path | None = None) -> list[Path]:
        """Draw the times of both targets along the axis as SVG and PNG; return the files.

        path: the folder; None is the run's own.
        """
        from dlbench.report.crossing import chart

        folder = self.folder if path is None else arguments.path("path", path)
        return chart.write(self.subject, folder)

    def policy(self) -> str:
        """Return the source of a function that chooses the faster target; UsageError if unknown."""
        from dlbench.report.crossing import policy

        return policy.policy(self.subject)


def crossover(  # noqa: PLR0913 - by name alone
    *,
    between: str,
    other: str,
    results: str | Path = "results",
    progress: Watch = unwatched,
    command: str = "",
    other_runs: str = WAIT,
    **options: Any,
) -> CrossoverResult:
    """Find where the faster of two targets changes along an axis, such as the batch.

    between, other: parts of two targets, such as numpy and torch/eager. options: further fields of
    CrossoverRequest, such as network="mnist-512" or axis="batch". results, progress, command,
    other_runs: as in `run`. The measurements are stored as an ordinary run.

    Raises UsageError for a mistake in the arguments. Ctrl-C raises Interrupted, a
    KeyboardInterrupt whose `result` holds what was measured.
    """
    request = CrossoverRequest.of({**options, "between": between, "other": other})
    place = arguments.path("results", results)
    declarations = read_declarations()
    search = checked(request, declarations)
    machine = environment.capture(declarations)
    if search.missing_data:
        progress(Notice(search.missing_data))
    first = search.grown(search.start, search.first)
    usual = told(luck.usual(machine, first), progress)
    with measuring("dlbench crossover", other_runs, progress) as presence:
        folder = folders.new_folder(place, NAME)
        head = head_of(folder, command or request.command, first, machine, usual, declarations)
        hunt = _Hunt(search, replace(head, beside=presence.others()), folder, progress)
        interrupted = hunt.measure(declarations, presence)
    result = CrossoverResult(folders.read_run(folder), folder, search)
    if interrupted:
        raise Interrupted(result, "measured")
    remember(result, progress)
    return result


def checked(request: CrossoverRequest, declarations: Mapping[str, Declaration]) -> Search:
    """Return what would be searched for; UsageError for a mistake in the request."""
    return search_of(request, this_machine(declarations))


class _Hunt:
    """Measures row by row, and stores every measurement and every new row at once."""

    def __init__(self, search: Search, run: Run, folder: Path, progress: Watch) -> None:
        self.search, self.run, self.folder, self.progress = search, run, folder, progress
        self.measurements: list[Measurement] = []

    def measure(self, declarations: Mapping[str, Declaration], presence: Presence) -> bool:
        """Measure until the points are enough; return whether the user interrupted."""
        with lock.held(self.folder), folders.RUN.writing(self.folder, self.run) as written:
            try:
                self.progress(self.run)
                with Launcher(declarations, self.folder / folders.LOGS_FOLDER) as launch:
                    grow = partial(self._grow, written)
                    events = Supervisor(self.search.start, launch, grow).measure()
                    return consume(events, self._storing(written), self.progress)
            except KeyboardInterrupt:  # while workers end
                return True
            finally:
                note_others(self.run, presence, written)

    def _storing(self, written: Writer[Measurement]) -> Callable[[object], None]:
        def store(event: object) -> None:
            if isinstance(event, Measurement):
                written.append(event)
                self.measurements.append(event)

        return store

    def _grow(self, written: Writer[Measurement], plan: Plan) -> Plan | None:
        """Return the plan with the next row; None if the points are enough."""
        value = self._next(plan)
        if value is None:
            return None
        grown = self.search.grown(plan, value)
        usual, _ = luck.usual(self.run.environment, grown)  # it knows the new row too
        self.run = replace(self.run, plan=grown, luck=usual)
        written.replace_head(folders.head_text(self.run))
        self.progress(Grown(grown, MOST_POINTS))
        return grown

    def _next(self, plan: Plan) -> int | None:
        results = Results(replace(self.run, plan=plan), tuple(self.measurements))
        return next_point(self.search, results)


def next_point(search: Search, results: Results) -> int | None:
    """Return the value of the axis to measure next; None if the points are enough."""
    values = _values(results.run.plan, search)
    if len(values) >= MOST_POINTS:
        return None
    sides = search.left.id, search.right.id
    points = points_of(RunAnalysis(results), values, *sides) if values else []
    lost = sorted(set(values.values()) - {point.value for point in points})
    ends = _ends(search.first, search.last, lost)
    if ends is None:
        return None
    found = next_value(points, *ends)
    return None if found in lost else found


def _values(plan: Plan, search: Search) -> dict[str, int]:
    """Return the value of every row of the plan, by the id of its workload."""
    return {group.workload.id: search.value_of(group.workload) for group in plan.groups}


def _ends(first: int, last: int, lost: list[int]) -> tuple[int, int] | None:
    """Return the ends of the axis without the values that cannot be measured; None if none is left.

    A batch may not fit into memory.
    """
    while last in lost and last > first:
        last = max(first, last // STEP_BACK)
    while first in lost and first < last:
        first = min(last, first * STEP_BACK)
    return (first, last) if first < last else None
