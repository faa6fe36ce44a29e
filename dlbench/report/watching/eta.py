"""The time left of a run: what the plan expects, scaled by what the run has taken so far.

Pure: every function is told the time, in seconds of any clock.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple, Protocol

from dlbench.records.measurement import Measurement, Phase, Progress, Taken
from dlbench.records.plan import Forecast, Plan
from dlbench.report.watching.countdown import Left
from dlbench.report.watching.tasks import TOGETHER, Task, is_over, tasks_of, worker_of

# Work that takes so many times its expected time, and so many seconds more, is late: nobody knows
# when it ends.
LATE_FACTOR, LATE_S = 1.2, 3.0


class Eta(Protocol):
    """Estimates the time left from the events of a run."""

    def see(self, event: object, now: float) -> None:
        """Take note of an event."""

    def left(self, now: float) -> Left | None:
        """Return the time left; None if it is unknown."""


class ByCount:
    """The time left, from the number of parts that are done. They count as equally long."""

    # Seen with `verify`: the first parts wait until the frameworks have started.
    FEWEST = 3

    def __init__(self, now: float) -> None:
        self.began = self.counted = now
        self.done, self.total = 0.0, 0

    def see(self, event: object, now: float) -> None:
        """Take note of an event."""
        if isinstance(event, Progress):
            self.done, self.total, self.counted = event.done + event.part, event.total, now

    def left(self, now: float) -> Left | None:
        """Return the time left; None before the first parts are done."""
        if self.done < self.FEWEST:
            return None
        one_s = (self.counted - self.began) / self.done
        since_s = now - self.counted
        return Left(max(0.0, one_s * (self.total - self.done) - since_s))


# The name of a scale, such as (preparing, torch/cpu/...); the names that a task may take.
Names = tuple[str, ...]
Scales = tuple[Names, ...]


class _Job(NamedTuple):
    """A task under way: when it began, the seconds that the plan expects, whose scale it takes."""

    task: Task
    began: float
    expected_s: float
    scales: Scales


class Forecasted:
    """The time left, from the forecast of every task and from what the tasks so far took.

    A task is expected to take the plan's seconds times a scale: what such tasks took so far, by
    what the plan expected of them. Such tasks are those of the same phase and worker; without
    one, of the same phase and kind of mode; without one, of the same phase.
    """

    def __init__(self, plan: Plan, forecast: Forecast, now: float) -> None:
        self.plan, self.forecast, self.began = plan, forecast, now
        self.cases = {c.id: c for group in plan.groups for c in group.live if not c.skip}
        self.generations = plan.sampling.generations
        self.tasks: dict[Task, float] = {}
        self.to_come: dict[Scales, float] = {}  # their sums, as the time left is asked for often
        for generation in range(self.generations):
            for task, seconds in tasks_of(plan, forecast, generation):
                self._put(task, seconds)
        self.taken: dict[Names, tuple[float, float]] = {}
        self.job: _Job | None = None
        self.place = (0, "")
        self.blocks = self.planned = 0
        self.needed: list[float] = []

    def see(self, event: object, now: float) -> None:
        """Take note of an event."""
        if isinstance(event, Measurement) and event.status != "ok":
            self._drop(task for task in self.tasks if task.case == event.case)
            self.cases.pop(event.case, None)
        elif isinstance(event, Taken):
            self.blocks += len(event.blocks)
        elif isinstance(event, Progress) and event.phase and event.phase != "renewing":
            self._see(event, event.phase, now)

    def _see(self, event: Progress, phase: Phase, now: float) -> None:
        if event.generations != self.generations:  # a budget allows fewer
            self.generations = event.generations
            self._drop(task for task in self.tasks if task.generation >= self.generations)
        case = "" if phase in TOGETHER else event.case
        row = "" if phase == "starting" else event.row
        task = Task(event.generation, row, phase, case)
        if self.job is None or task != self.job.task:
            self._end(now)
            self._leave(event.generation, event.row)
            self._drop(other for other in self.tasks if is_over(other, task, event.row))
            self._begin(task, now)
        self.planned = event.rounds * len(self._cases_of(event.row))

    def _cases_of(self, row: str) -> list[str]:
        return [case.id for case in self.cases.values() if case.workload.id == row]

    def _leave(self, *place: Any) -> None:
        """Drop what has not been done of the row before, if another begins."""
        if place != self.place:
            self._drop(task for task in self.tasks if (task.generation, task.row) == self.place)
            self.place = place

    def _begin(self, task: Task, now: float) -> None:
        self.blocks = 0
        self.job = _Job(task, now, self._take(task) + self._compiler_s(task), self._scales(task))

    def _compiler_s(self, task: Task) -> float:
        """Return the expected seconds to start the compiler, for the worker's first case."""
        case = self.cases.get(task.case)
        if task.phase != "preparing" or case is None:
            return 0.0
        worker = worker_of(case)
        return sum(
            self._take(other)
            for other in [other for other in self.tasks if other.row == ""]
            if other.generation == task.generation
            and other.case
            and worker_of(self.cases[other.case]) == worker
        )

    def _end(self, now: float) -> None:
        """Learn from the task under way."""
        if self.job is None or not self.job.expected_s:
            return
        for names in self.job.scales:
            took_s, expected_s = self.taken.get(names, (0.0, 0.0))
            took_s += now - self.job.began
            self.taken[names] = took_s, expected_s + self.job.expected_s
        if self.job.task.phase == "measuring":
            self.needed.append(self.blocks / max(self.planned, 1))

    def _put(self, task: Task, seconds: float) -> None:
        scales = self._scales(task)
        self.tasks[task] = seconds
        self.to_come[scales] = self.to_come.get(scales, 0.0) + seconds

    def _take(self, task: Task) -> float:
        """Remove a task, and return its expected seconds; 0 if the plan does not have it."""
        seconds = self.tasks.pop(task, 0.0)
        if seconds:
            self.to_come[self._scales(task)] -= seconds
        return seconds

    def _drop(self, tasks: Iterable[Task]) -> None:
        for task in list(tasks):
            self._take(task)

    def _scales(self, task: Task) -> Scales:
        """Return the names of the scales of a task, the narrowest first."""
        case = self.cases.get(task.case)
        if case is None:
            return ((task.phase,),)
        return (task.phase, worker_of(case)), (task.phase, case.mode_kind), (task.phase,)

    def _scale(self, scales: Scales) -> float:
        known = (self.taken[names] for names in scales if names in self.taken)
        took_s, expected_s = next(known, (1.0, 1.0))
        return took_s / expected_s

    def left(self, now: float) -> Left | None:
        """Return the time left; None before the first event."""
        if self.job is None:
            return None
        now_s, is_late = self._left_of_job(self.job, now - self.job.began)
        later_s = sum(seconds * self._scale(scales) for scales, seconds in self.to_come.items())
        budget_s = self.plan.sampling.budget_s
        if budget_s is not None and now_s + later_s > (rest_s := self.began + budget_s - now):
            return Left(max(0.0, rest_s))
        return Left(max(0.0, now_s + later_s), is_late)

    def _left_of_job(self, job: _Job, since_s: float) -> tuple[float, bool]:
        """Return the seconds left of the task under way, and whether it is late."""
        if job.task.phase == "measuring" and self.blocks and self.planned:
            return self._left_of_rounds(job.task.row, since_s), False
        expected_s = job.expected_s * self._scale(job.scales)
        is_late = since_s > max(LATE_FACTOR * expected_s, expected_s + LATE_S)
        return max(0.0, expected_s - since_s), is_late

    def _left_of_rounds(self, row: str, since_s: float) -> float:
        """Return the seconds left of a row's rounds: by those so far and those that rows need."""
        done = self.blocks / self.planned
        usual = sum(self.needed) / len(self.needed) if self.needed else 1.0
        by_rounds_s = since_s * max(usual - done, 0.0) / done
        most_s = self.plan.sampling.case_s * len(self._cases_of(row))
        return min(by_rounds_s, max(0.0, most_s - since_s))
