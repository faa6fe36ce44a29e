"""Measure a suite: plan it, measure it, store it."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from msgspec.structs import replace

from dlbench import __version__, arguments
from dlbench.api.alone import WAIT, measuring, note_others
from dlbench.api.invocation import Interrupted, Watch, consume, now, unwatched
from dlbench.api.machine import this_machine
from dlbench.api.result import RunResult
from dlbench.errors import UsageError
from dlbench.experience import costs, luck, roofs
from dlbench.harness.supervisor.launcher import Launcher
from dlbench.harness.supervisor.run import Supervisor
from dlbench.machine import environment, memory_limit
from dlbench.machine.occupancy import Presence
from dlbench.plan import build, settings, suite
from dlbench.plan.estimate import estimate, expected, forecast, of_groups
from dlbench.plan.request import DEFAULT_SUITE, Request
from dlbench.plan.targets import read_declarations
from dlbench.records.case import Declaration
from dlbench.records.costs import Costs
from dlbench.records.machine.roofs import Roofs
from dlbench.records.measurement import Measurement, Notice
from dlbench.records.plan import Estimate, Plan
from dlbench.records.run import Environment, Run, UsualLuck
from dlbench.results import folder as folders
from dlbench.results import lock
from dlbench.results.writer import Writer

T = TypeVar("T")


def dry_run(
    asked: Request | str | Path = DEFAULT_SUITE, *, progress: Watch = unwatched, **options: Any
) -> Plan:
    """Return what `run` would measure, and measure nothing; the arguments are those of `run`."""
    declarations = read_declarations()
    return planned_for(
        Request.of(asked, options), declarations, progress, _known(declarations, progress)
    )


def estimated(planned: Plan) -> Estimate:
    """Return how long it takes, about, to measure a plan, as far as earlier runs here show it."""
    return estimate(planned, _known(read_declarations(), unwatched))


def starting_s(planned: Plan) -> float:
    """Return how long it takes, about, to start the workers of a plan once, whatever its limit."""
    once = replace(planned.sampling, generations=1)
    known = _known(read_declarations(), unwatched)
    return of_groups(planned.groups, once, known).starting_s


def _known(declarations: Mapping[str, Declaration], watch: Watch) -> Costs:
    """Return what earlier runs on this machine took; the watcher is told of a damaged book."""
    return told(costs.usual(environment.capture(declarations)), watch)


def run(
    asked: Request | str | Path = DEFAULT_SUITE,
    *,
    results: str | Path = "results",
    progress: Watch = unwatched,
    command: str = "",
    other_runs: str = WAIT,
    **options: Any,
) -> RunResult:
    """Measure a suite and return the result, which is also stored in a folder below `results`.

    asked: the name of a suite or a workload, the path of a TOML file, or a Request. options: the
    fields of Request, such as backend="torch,numpy", batch=[32, 512] or rigor="standard".
    progress: called with every event. command: recorded as the command that repeats the run; made
    from the request if empty. other_runs: if another dlbench measures on this machine, `wait`,
    `refuse` by a UsageError, or `ignore` it; both runs then say so.

    Raises UsageError for a mistake in the arguments. Ctrl-C raises Interrupted, a
    KeyboardInterrupt whose `result` holds what was measured.
    """
    request, place = Request.of(asked, options), arguments.path("results", results)
    check = partial(dry_run, request)
    with measuring("dlbench run", other_runs, progress, check) as presence:
        return _run(request, place, command, progress, presence)


def _run(
    request: Request, place: Path, command: str, progress: Watch, presence: Presence
) -> RunResult:
    """Measure and store. presence: of this run on the machine."""
    declarations = read_declarations()
    machine = environment.capture(declarations)  # takes a second, so before there is a folder
    known = told(costs.usual(machine), progress)
    planned = planned_for(request, declarations, progress, known)
    usual = told(luck.usual(machine, planned), progress)
    _refuse_limit(planned)
    reach = told(roofs.known(machine), progress)
    for note in planned.notes:
        progress(Notice(note))
    folder = folders.new_folder(place, planned.suite)
    head = head_of(
        folder, command or request.command, planned, machine, usual, declarations, reach=reach
    )
    head = replace(head, beside=presence.others())
    interrupted = _measure(head, folder, declarations, progress, known, presence)
    result = RunResult(folders.read_run(folder), folder)
    if interrupted:
        raise Interrupted(result, "measured")
    remember(result, progress)
    return result


def head_of(  # noqa: PLR0913, PLR0917 - what is known of a run before it starts
    folder: Path,
    command: str,
    planned: Plan,
    machine: Environment,
    usual: UsualLuck | None,
    declarations: Mapping[str, Declaration],
    *,
    reach: Roofs | None,
) -> Run:
    """Return the head of a run that starts now."""
    return Run(
        folder.name,
        now(),
        command,
        planned,
        machine,
        __version__,
        usual,
        settings=settings.departures(planned, declarations),
        differences=settings.differences(planned, declarations),
        roofs=reach,
        usual_dtypes=settings.usual_dtypes(planned, declarations),
    )


def remember(result: RunResult, watch: Watch) -> None:
    """Keep for later runs what this one shows of the machine; the watcher is told the notes."""
    told((None, luck.remember(result.stored)), watch)
    told((None, costs.remember(result.stored)), watch)


def told(found: tuple[T, str], watch: Watch) -> T:
    """Return what was found; tell the watcher the note."""
    value, note = found
    if note:
        watch(Notice(note))
    return value


def planned_for(
    request: Request, declarations: Mapping[str, Declaration], watch: Watch, known: Costs
) -> Plan:
    """Return the plan; the watcher is told which data sets are replaced by random numbers."""
    machine = this_machine(declarations)
    planned = build.make(suite.load(request.suite), request, machine, known)
    for dataset in _datasets(planned):
        if reason := machine.unavailable_reason(dataset):
            watch(Notice(f"Random numbers are used instead of {dataset}: {reason}"))
    return planned


def _datasets(plan: Plan) -> list[str]:
    """The data sets of the networks of a plan."""
    networks = plan.networks.values()
    return list(dict.fromkeys(network.dataset for network in networks if network.has_data))


def _measure(  # noqa: PLR0913, PLR0917 - what is known of a run before it starts
    run: Run,
    folder: Path,
    declarations: Mapping[str, Declaration],
    progress: Watch,
    known: Costs,
    presence: Presence,
) -> bool:
    """Measure and store; return whether the user interrupted. known: what earlier runs took."""
    with lock.held(folder), folders.RUN.writing(folder, run) as written:
        try:
            progress(run)
            progress(forecast(run.plan, known))
            with launcher(run.plan, declarations, folder) as launch:
                ahead_s = expected(run.plan, known)
                events = Supervisor(run.plan, launch, expected_s=ahead_s).measure()
                return consume(events, partial(store, written), progress)
        except KeyboardInterrupt:  # while workers end
            return True
        finally:
            note_others(run, presence, written)


def _refuse_limit(plan: Plan) -> None:
    """Raise UsageError for a limit of memory that this system does not have."""
    gib = plan.sampling.memory_limit_gib
    if gib is not None and not memory_limit.available():
        raise UsageError("--memory-limit needs Linux", value=gib, hint="Leave it out")


def launcher(plan: Plan, declarations: Mapping[str, Declaration], folder: Path) -> Launcher:
    """Return what starts the workers of a plan, with their logs in its folder of results."""
    sampling, logs = plan.sampling, folder / folders.LOGS_FOLDER
    logs.mkdir(exist_ok=True)
    memory_gib = sampling.memory_limit_gib
    return Launcher(declarations, logs, renews=sampling.renewals > 0, memory_gib=memory_gib)


def store(written: Writer[Measurement], event: object) -> None:
    """Store an event if it is a measurement."""
    if isinstance(event, Measurement):
        written.append(event)
