"""The tasks of a run, with the seconds that its forecast expects of each."""

from collections.abc import Callable, Collection, Iterator, Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

from dlbench.records.case import Case
from dlbench.records.measurement import Phase
from dlbench.records.plan import Forecast, Plan
from dlbench.report.watching.scales import Names

# The phases of a row in their order, and their share of a case's preparation or of its measuring.
# Rough: from the first row on, every phase has a scale of its own.
PREPARING: Mapping[Phase, float] = MappingProxyType(
    {"preparing": 0.6, "checking": 0.2, "warming up": 0.2}
)
MEASURING: Mapping[Phase, float] = MappingProxyType(
    {"ramping up": 0.2, "measuring": 0.7, "ending": 0.1}
)
ORDER: tuple[str, ...] = ("starting", *PREPARING, *MEASURING)

# Phases that all cases of a row go through together.
TOGETHER: frozenset[Phase] = frozenset(("starting", "measuring"))


# To start the compiler, which is a part of the first preparing of every worker with a static mode.
COMPILER: Literal["compiler"] = "compiler"


class Task(NamedTuple):
    """A part of a run: a phase of a row in a generation, and of a case unless it is of all.

    To start the workers, and to start the compiler of a worker (whose name stands in place of the
    case), are tasks without a row.
    """

    generation: int
    row: str
    phase: Phase | Literal["compiler"]
    case: str = ""


def tasks_of(plan: Plan, forecast: Forecast, generation: int) -> Iterator[tuple[Task, float]]:
    """Yield the tasks of a generation with their expected seconds."""
    rows = {
        group.workload.id: [case for case in group.live_in(generation) if not case.skip]
        for group in plan.groups
    }
    yield Task(generation, "", "starting"), forecast.starting_s
    static = [case for cases in rows.values() for case in cases if case.mode_kind == "static"]
    for worker, target in {worker_of(case): case.target.id for case in static}.items():
        yield Task(generation, "", COMPILER, worker), forecast.compiler_s[target]
    for row, cases in rows.items():
        measuring_s = sum(forecast.measuring_s[case.id] for case in cases)
        yield Task(generation, row, "measuring"), MEASURING["measuring"] * measuring_s
        for case in cases:
            for phase, share in PREPARING.items():
                task = Task(generation, row, phase, case.id)
                yield task, share * forecast.preparing_s[case.id]
            for phase in MEASURING.keys() - TOGETHER:
                task = Task(generation, row, phase, case.id)
                yield task, MEASURING[phase] * forecast.measuring_s[case.id]


def worker_of(case: Case) -> str:
    """Return the name of the process that a case has with others of its target."""
    return f"{case.target.id}/null" if case.null else case.target.id


def is_over(task: Task, now: Task, row: str) -> bool:
    """Return whether a task cannot come any more when another begins, in this row."""
    if task.generation != now.generation:
        return task.generation < now.generation
    if task.row in {"", row} and task.phase != COMPILER:
        return ORDER.index(task.phase) < ORDER.index(now.phase)
    return False


class Backlog:
    """The tasks to come, with the seconds that are expected of each.

    names_of: the scales of a task. tasks: by generation and row, as an event concerns one row of
    many; sums: the seconds of the tasks with equal scales, as the time left is asked for often.
    """

    def __init__(self, names_of: Callable[[Task], Names]) -> None:
        self.names_of = names_of
        self.tasks: dict[int, dict[str, dict[Task, float]]] = {}
        self.sums: dict[Names, float] = {}

    def __contains__(self, task: Task) -> bool:
        """Return whether the task is still to come."""
        return task in self._row(task.generation, task.row)

    def _row(self, generation: int, row: str) -> dict[Task, float]:
        return self.tasks.get(generation, {}).get(row, {})

    def put(self, task: Task, seconds: float) -> None:
        """Add a task."""
        names = self.names_of(task)
        self.tasks.setdefault(task.generation, {}).setdefault(task.row, {})[task] = seconds
        self.sums[names] = self.sums.get(names, 0.0) + seconds

    def take(self, task: Task) -> float:
        """Remove a task, and return its expected seconds; 0 if it is not there."""
        seconds = self._row(task.generation, task.row).pop(task, 0.0)
        if seconds:
            self.sums[self.names_of(task)] -= seconds
        return seconds

    def begin(self, task: Task, row: str) -> None:
        """Remove what cannot come any more when a task begins, in this row."""
        for generation in [number for number in self.tasks if number < task.generation]:
            self.drop_generation(generation)
        for place in ("", row):
            self._drop(task.generation, place, lambda other: is_over(other, task, row))

    def drop_generation(self, number: int) -> None:
        """Remove all tasks of a generation."""
        for row in self.tasks.get(number, {}):
            self.drop_row(number, row)
        self.tasks.pop(number, None)

    def drop_row(self, generation: int, row: str) -> None:
        """Remove all tasks of a row in a generation."""
        self._drop(generation, row, lambda _: True)

    def drop_case(self, row: str, names: Collection[str]) -> None:
        """Remove the tasks of these cases of a row, or of these workers, in all generations."""
        for generation in self.tasks:
            for place in ("", row):
                self._drop(generation, place, lambda task: task.case in names)

    def _drop(self, generation: int, row: str, is_gone: Callable[[Task], bool]) -> None:
        for task in [task for task in self._row(generation, row) if is_gone(task)]:
            self.take(task)
