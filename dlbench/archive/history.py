"""Each case over the stored runs: its ratio to a yardstick of the same run, and where it changes.

The yardstick is NumPy's eager mode on the same workload, measured in turns with the case: a slower
day, kernel or machine state cancels in the ratio. A case without one has its time alone.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from math import exp, log
from pathlib import Path

from msgspec.structs import replace

from dlbench.analysis.limits.roof import implausible
from dlbench.analysis.pairing.pairs import pair_rounds
from dlbench.analysis.samples import CaseSamples, join_generations
from dlbench.analysis.verdicts import MARGIN
from dlbench.archive.likeness import Likeness, content_hash
from dlbench.errors import UnreadableResults
from dlbench.records.base import Record
from dlbench.records.case import Case, Group, Target
from dlbench.records.run import Environment, Run
from dlbench.results.find import folders
from dlbench.results.folder import RUN, Results, is_closed, read_run
from dlbench.results.select import selected
from dlbench.stats.location import location
from dlbench.stats.steps import Step, steps
from dlbench.syntax import expression

YARDSTICK, YARDSTICK_MODE = "numpy", "eager"

# Times of one machine differ by so much from day to day: without a yardstick, smaller steps are
# the machine's as likely as the software's.
MARGIN_OF_TIMES = 0.10


class Point(Record, frozen=True):
    """A case in one run: the seconds of a step, and how many times those of the yardstick.

    ratio: None without a yardstick; machine, work: where one of them changes, another history
    begins; software: the versions, for where it steps.
    """

    run: str
    started: str
    seconds: float
    ratio: float | None
    machine: str
    work: str
    software: dict[str, str]


class Turn(Record, frozen=True):
    """A step in a history: the run that it begins with, and how many times as long steps take.

    changed: what is different in that run from the one before;
    given: whether machine or work changed, so that nothing was tested.
    """

    run: str
    started: str
    factor: float
    p: float | None
    changed: tuple[str, ...]
    given: bool = False


class Series(Record, frozen=True):
    """The history of a case. is_ratio: whether its steps are those of ratios to the yardstick."""

    case: str
    label: str
    workload: str
    target: Target
    is_ratio: bool
    points: tuple[Point, ...]
    turns: tuple[Turn, ...]

    @property
    def values(self) -> list[float]:
        """Return the logarithms that are looked at: of ratios, or of seconds."""
        return [self.value(one) for one in self.points]

    def value(self, point: Point) -> float:
        """Return the logarithm of a point: of its ratio, or of its seconds."""
        return log((point.ratio or 1.0) if self.is_ratio else point.seconds)


@dataclass(frozen=True)
class History:
    """All series of some runs. runs: their ids, oldest first; warnings: what could not be read.

    margin: smaller steps do not count; a share.
    """

    runs: tuple[str, ...]
    series: tuple[Series, ...]
    warnings: tuple[str, ...] = ()
    margin: float = MARGIN


def history(results: Path, pattern: str = "*", keep: str = "", margin: float = MARGIN) -> History:
    """Read the runs whose ids match a pattern such as `*-quick`, and find the steps of each case.

    keep: an expression over ids of cases. Runs without such a case are left out.
    """
    runs, warnings = list[Run](), list[str]()
    found: dict[str, list[tuple[Case, Point]]] = {}
    for folder in folders(results, (RUN,)):
        if is_closed(folder) or not fnmatchcase(folder.name, pattern):
            continue
        try:
            stored = read_run(folder)
        except UnreadableResults as error:
            warnings.append(str(error))
            continue
        if keep and not _matches(stored.run, keep):
            continue
        runs.append(stored.run)
        warnings += stored.warnings
        part = selected(stored, keep)
        wanted = {case.id for case in part.run.plan.cases}
        # the yardstick need not be among the cases that are asked for
        samples = _plausible(stored)
        for case, point in _points(stored.run, samples):
            if case.id in wanted:
                found.setdefault(case.id, []).append((case, point))
    changes = _Changes(runs)
    series = tuple(_series(those, margin, changes) for those in found.values())
    return History(tuple(run.id for run in runs), series, tuple(warnings), margin)


def _matches(run: Run, keep: str) -> bool:
    matches = expression(keep, "--filter")
    return any(matches(case.id) for case in run.plan.cases)


def _plausible(stored: Results) -> dict[str, CaseSamples]:
    """Return the samples by case, without the implausible ones, which measured something else."""
    samples = join_generations(stored.measurements)
    wrong = implausible(stored.run, samples)
    return {case: one for case, one in samples.items() if case not in wrong}


def _points(run: Run, samples: dict[str, CaseSamples]) -> Iterator[tuple[Case, Point]]:
    machine = _machine(run.environment)
    for group in run.plan.groups:
        yardstick = _yardstick(group, samples)
        for case in group.cases:
            own = samples.get(case.id)
            if own is None or own.status != "ok" or not own.middle_s:
                continue
            ratio = (
                None if yardstick is None else _ratio(own, samples[yardstick.id], case, yardstick)
            )
            data = "random data" if case.workload.synthetic else ""
            work = f"{content_hash(run, case.workload)}{data}"
            software = {
                case.target.backend: run.environment.versions.get(case.target.backend, ""),
                "Python": run.environment.python,
                "dlbench": run.dlbench,
                "system": run.environment.system,
            }
            yield case, Point(run.id, run.started, own.middle_s, ratio, machine, work, software)


def _machine(env: Environment) -> str:
    return ", ".join([env.cpu or "", str(env.usable_cores), *env.gpus])


def _yardstick(group: Group, samples: dict[str, CaseSamples]) -> Case | None:
    """Return the yardstick of a workload; None if it was not measured."""
    for case in group.cases:
        is_one = (case.target.backend, case.target.mode) == (YARDSTICK, YARDSTICK_MODE)
        if is_one and case.id in samples and samples[case.id].status == "ok":
            return case
    return None


def _ratio(
    own: CaseSamples, of_yardstick: CaseSamples, case: Case, yardstick: Case
) -> float | None:
    """Return the paired ratio; None without common rounds.

    Also of the yardstick to itself, and of another device: a slow processor does not slow a GPU.
    """
    kinds = {one.target.device.partition(":")[0] for one in (case, yardstick)}
    if case.id == yardstick.id or len(kinds) > 1:
        return None
    pair = pair_rounds(own, of_yardstick)
    return exp(location(pair.generations).value) if pair.generations else None


def margin_of_times(margin: float) -> float:
    """Return the margin of steps of times without a yardstick. margin: that of ratios."""
    return max(margin, MARGIN_OF_TIMES)


def _series(those: Sequence[tuple[Case, Point]], margin: float, changes: "_Changes") -> Series:
    points = sorted((point for _, point in those), key=lambda one: one.started)
    case = those[-1][0]
    is_ratio = all(one.ratio is not None for one in points)
    limit = margin if is_ratio else margin_of_times(margin)
    bare = Series(
        case.id, case.workload.label, case.workload.id, case.target, is_ratio, tuple(points), ()
    )
    return replace(bare, turns=tuple(_turns(bare, limit, changes)))


def _turns(series: Series, margin: float, changes: "_Changes") -> Iterator[Turn]:
    """Yield the given breaks and the steps between them, in order."""
    points, values = series.points, series.values
    starts = [n for n in range(1, len(points)) if _place(points[n]) != _place(points[n - 1])]
    ends = [*starts, len(points)]
    for start, end in zip([0, *starts], ends, strict=True):
        if start:
            yield _turn(series, start, None, changes)
        for step in steps(values[start:end], margin):
            yield _turn(series, start + step.at, step, changes)


def _place(point: Point) -> tuple[str, str]:
    return point.machine, point.work


def _turn(series: Series, at: int, step: Step | None, changes: "_Changes") -> Turn:
    one, before = series.points[at], series.points[at - 1]
    change = step.change if step else series.value(one) - series.value(before)
    # a new yardstick changes the ratios of all others
    backends = [series.target.backend, *([YARDSTICK] if series.is_ratio else [])]
    changed = tuple(changes.between(before, one, backends, given=step is None))
    return Turn(one.run, one.started, exp(change), step and step.p, changed, given=step is None)


class _Changes:
    """What changed between stored runs, each two of them looked at once. runs: all of them."""

    def __init__(self, runs: Iterable[Run]) -> None:
        self.runs = {run.id: run for run in runs}
        self.likenesses: dict[tuple[str, str], Likeness] = {}

    def between(
        self, before: Point, after: Point, backends: Iterable[str], *, given: bool
    ) -> Iterator[str]:
        """Yield what is different between the runs of two points, for these backends."""
        if given:
            yield from ["another machine"] if before.machine != after.machine else []
            yield from ["other work"] if before.work != after.work else []
        runs = self.runs[before.run], self.runs[after.run]
        known = self.likenesses.setdefault((before.run, after.run), Likeness(*runs))
        for backend in dict.fromkeys(backends):
            yield from [known.software[backend]] if backend in known.software else []
        yield from known.everywhere
        old, new = (run.environment.system for run in runs)
        yield from [f"system {old} → {new}"] if old != new else []
        yield from known.cards
