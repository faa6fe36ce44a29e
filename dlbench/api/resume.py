"""Go on with a run that was stopped, from the first row that is not complete."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from msgspec.structs import replace

from dlbench import arguments, units
from dlbench.api.alone import WAIT, measuring, note_others
from dlbench.api.changes import of_machine, of_plan, refused
from dlbench.api.invocation import Interrupted, Watch, consume, now, unwatched
from dlbench.api.load import run_folder
from dlbench.api.result import RunResult
from dlbench.api.run import launcher, planned_for, store, told
from dlbench.errors import UnreadableResults, UsageError
from dlbench.experience import costs
from dlbench.harness.supervisor.past import Past, past_of
from dlbench.harness.supervisor.pool import Launch
from dlbench.harness.supervisor.run import Supervisor
from dlbench.machine import environment
from dlbench.machine.occupancy import Presence
from dlbench.plan.estimate import expected, forecast
from dlbench.plan.request import Request
from dlbench.plan.targets import read_declarations
from dlbench.records.case import Declaration, Group
from dlbench.records.costs import Costs
from dlbench.records.measurement import Measurement, Notice
from dlbench.records.plan import Plan
from dlbench.records.run import Run
from dlbench.records.seam import Resumed, Seam
from dlbench.results import folder as folders
from dlbench.results import lock, seams
from dlbench.results.find import LATEST
from dlbench.results.find import folders as folders_in

NOTHING_LEFT = "Nothing is left to measure"


def resume(
    run: str | Path = LATEST,
    *,
    results: str | Path = "results",
    progress: Watch = unwatched,
    request: Request | None = None,
    other_runs: str = WAIT,
) -> RunResult:
    """Measure what a stopped run has left, and return the whole result.

    What was measured is kept; a row that was cut is measured again as a whole. First, one case of
    before is measured once more: the result tells whether the machine has changed meanwhile. Of a
    time limit, what the kept measurements took is gone.

    run: the path of its folder, its id, the beginning of its id, or `latest`, which may be without
    a measurement. results: the folder in which ids are looked up. progress: called with every
    event. request: what to measure, which must be what was planned; None is what was planned.
    other_runs: as in `run`.

    Raises UsageError if the machine, the software or the plan is not that of the run, with the
    differences, and if the run is still being measured. Ctrl-C raises Interrupted, a
    KeyboardInterrupt whose `result` holds what was measured.
    """
    folder = _latest(results) if run == LATEST else None
    folder = folder or run_folder(run, results, "only runs can be resumed")
    declarations = read_declarations()
    machine = environment.capture(declarations)
    with lock.held(folder):
        head = folders.RUN.read_head(folder)
        _refuse_search(head, folder)
        _refuse_unnamed_file(head, request)
        known = told(costs.usual(machine), progress)
        changes = of_machine(head, machine)
        if request is not None:
            changes += of_plan(head.plan, planned_for(request, declarations, progress, known))
        if changes:
            raise refused(folder, changes)
        past = _past(head.plan, folder)
        with measuring("dlbench run", other_runs, progress) as presence:
            stopped = _Stopped(head, folder, past, known, presence)
            interrupted = stopped.go_on(declarations, progress)
    result = RunResult(folders.read_run(folder), folder)
    if interrupted:
        raise Interrupted(result, "measured")
    return result  # books learn nothing from it: an ended run may be resumed, and is in them


def _refuse_search(head: Run, folder: Path) -> None:
    """Raise UsageError for a crossover: its rows are chosen as it goes on, and are in no plan."""
    if head.command.startswith("dlbench crossover"):
        raise UsageError(
            "a crossover cannot be resumed", value=str(folder), hint=f"Repeat it: {head.command}"
        )


def _refuse_unnamed_file(head: Run, request: Request | None) -> None:
    """Raise UsageError if the run measures a file of Python that the user does not name now.

    Nothing that is stored in a folder of results makes a file run.
    """
    if head.plan.own and request is None:
        file = head.plan.file
        raise UsageError(
            "the run measures a file of Python, which runs only if you name it",
            value=file,
            hint=f"Name it, such as: dlbench run {Path(file).name or 'net.py'} --resume latest",
        )


def _latest(results: str | Path) -> Path | None:
    """Return the newest run, also one that was stopped before its first measurement."""
    return next(reversed(folders_in(arguments.path("results", results), (folders.RUN,))), None)


def _past(plan: Plan, folder: Path) -> Past:
    """Return what was measured; UnreadableResults if it is not of this plan."""
    lines, _ = folders.RUN.read_lines(folder)
    # one that was being written when the user interrupted is there twice
    measurements = list({(one.case, one.generation): one for one in lines}.values())
    known = {case.id for group in plan.groups for case in group.live}
    generations = range(plan.sampling.generations)
    for one in measurements:
        if one.case not in known or one.generation not in generations:
            raise UnreadableResults(f"{folder} has a measurement that its plan lacks: {one.case}")
    return past_of(plan, measurements)


@dataclass(frozen=True)
class _Stopped:
    """A run that was stopped, with its folder.

    known: what earlier runs took; presence: of the resumed run on the machine.
    """

    run: Run
    folder: Path
    past: Past
    known: Costs
    presence: Presence

    def go_on(self, declarations: Mapping[str, Declaration], progress: Watch) -> bool:
        """Measure what is left; return whether the user interrupted."""
        plan = self.run.plan
        dropped = seams.cut(self.folder, self._is_kept)
        with folders.RUN.appending(self.folder) as written:
            try:
                self._announce(progress)
                with launcher(plan, declarations, self.folder) as launch:
                    if not self.past.is_complete:
                        seams.append(
                            self.folder, replace(_seam(plan, self.past, launch), cut=dropped)
                        )
                    supervisor = Supervisor(plan, launch, expected_s=expected(plan, self.known))
                    events = supervisor.after(self.past).measure()
                    return consume(events, partial(store, written), progress)
            except KeyboardInterrupt:  # while workers start or end
                return True
            finally:
                note_others(self.run, self.presence, written)

    def _is_kept(self, one: Measurement) -> bool:
        return (one.case, one.generation) in self._kept

    @cached_property
    def _kept(self) -> set[tuple[str, int]]:
        return {(one.case, one.generation) for one in self.past.kept}

    def _announce(self, progress: Watch) -> None:
        """Tell the watcher what is planned, and what of it is measured."""
        progress(self.run)
        progress(forecast(self.run.plan, self.known))
        progress(Resumed(self.past.kept, self.past.rows))
        progress(Notice(_told(self.run.plan, self.past)))


def _told(plan: Plan, past: Past) -> str:
    """Return how much is measured, in a sentence."""
    if past.is_complete:
        return NOTHING_LEFT
    rows = len(plan.groups) * plan.sampling.generations
    return (
        f"Going on with the run; complete so far: {len(past.rows)} of {units.counted(rows, 'row')}"
    )


def _seam(plan: Plan, past: Past, launch: Launch) -> Seam:
    """Measure a case of before once more, the one that is ready soonest; return the seam.

    A dynamic one, if there is any: a static one would be compiled again. Without a limit of time.
    """
    cases = {case.id: case for case in plan.cases}
    able = [one for one in past.kept if one.case in cases and one.samples]
    if not able:
        return Seam(now(), len(past.kept))
    before = min(
        reversed(able),  # the latest of equals
        key=lambda one: (cases[one.case].mode_kind == "static", one.preparing_s or 0.0),
    )
    case = cases[before.case]
    sampling = replace(plan.sampling, generations=1, renewals=0, budget_s=None)
    alone = replace(plan, groups=(Group(case.workload, (case,)),), sampling=sampling)
    events = Supervisor(alone, launch).measure()
    [check] = [event for event in events if isinstance(event, Measurement)]
    return Seam(now(), len(past.kept), check=check, generation=before.generation)
