"""The time left of a run: what the plan expects, scaled by what the run has taken so far.

Pure: every function is told the time, in seconds of any clock.
"""

from collections import Counter
from math import inf
from typing import NamedTuple, Protocol

from dlbench.grouping import grouped
from dlbench.records.case import Case
from dlbench.records.measurement import Measurement, Phase, Progress, Taken
from dlbench.records.plan import Forecast, Plan
from dlbench.records.seam import Resumed
from dlbench.report.watching.countdown import Left
from dlbench.report.watching.rounds import Rounds
from dlbench.report.watching.scales import NONE, Name, Names, Pair, Scales
from dlbench.report.watching.tasks import (
    COMPILER,
    TOGETHER,
    Backlog,
    Task,
    tasks_of,
    worker_of,
)

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

    # The first parts of `verify` wait until the frameworks have started.
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


class Unknown:
    """No time left is told: nobody knows which rows are to come."""

    def see(self, event: object, now: float) -> None:
        """Ignore the event."""

    def left(self, now: float) -> Left | None:  # noqa: ARG002
        """Return None."""
        return None


class _Job(NamedTuple):
    """A task under way: when it began, and the expected seconds of its parts, by their scales."""

    task: Task
    began: float
    parts: dict[Names, float]


class Forecasted:
    """The time left, from the forecast of every task and from what the tasks so far took.

    A task is expected to take the plan's seconds times a scale: what such tasks took so far, by
    what the plan expected of them. Such tasks are those of the same phase and worker; without
    one, of the same phase and kind of mode; without one, of the same phase.
    """

    def __init__(self, plan: Plan, forecast: Forecast, now: float) -> None:
        self.sampling, self.began = plan.sampling, now
        self.planned = {c.id: c for group in plan.groups for c in group.live if not c.skip}
        self.rows = {c.id: group.workload.id for group in plan.groups for c in group.live}
        # without those that failed: the cases of each row, and how many each worker has
        self.cases = grouped(self.planned, self.rows.__getitem__)
        self.workers = Counter(map(worker_of, self.planned.values()))
        self.generations = plan.sampling.generations
        self.backlog, self.scales, self.rounds = Backlog(self._names), Scales(), Rounds()
        for generation in range(self.generations):
            for task, seconds in tasks_of(plan, forecast, generation):
                self.backlog.put(task, seconds)
        self.job: _Job | None = None
        self.place: tuple[int, str] | None = None
        self.compilers: dict[str, float] = {}  # by the case that started one: the seconds so far

    def see(self, event: object, now: float) -> None:
        """Take note of an event."""
        if isinstance(event, Measurement):
            self._report(event)
        elif isinstance(event, Resumed):
            for generation, row in event.rows:
                self.backlog.drop_row(generation, row)
        elif isinstance(event, Taken):
            self.rounds.take(event.case, len(event.blocks))
        elif isinstance(event, Progress) and event.phase and event.phase != "renewing":
            self._move(event, event.phase, now)

    def _report(self, event: Measurement) -> None:
        """Learn what the compiler's start took; drop what will not be done of a failed case."""
        compiler_s, case = self.compilers.pop(event.case, None), self._case(event.case)
        if case is None:
            return
        if compiler_s is not None and event.compiling is not None:
            more_s = event.compiling.start_s - compiler_s
            self.scales.learn(self._names(Task(0, "", "preparing", case.id)), -more_s)
            self.scales.learn(self._names(Task(0, "", COMPILER, worker_of(case))), more_s)
        if event.status != "ok":
            row, worker = self.rows[case.id], worker_of(case)
            self.cases[row].remove(case.id)
            self.workers[worker] -= 1
            self.backlog.drop_case(row, [case.id] if self.workers[worker] else [case.id, worker])

    def _move(self, event: Progress, phase: Phase, now: float) -> None:
        """Begin another task, or go on with the rounds of a row."""
        if event.generations != self.generations:  # a budget allows fewer
            for generation in range(event.generations, self.generations):
                self.backlog.drop_generation(generation)
            self.generations = event.generations
        case = "" if phase in TOGETHER else event.case
        row = "" if phase == "starting" else event.row
        task = Task(event.generation, row, phase, case)
        if self.job is None or task != self.job.task:
            self._end(now)
            self._leave(event.generation, event.row)
            self.backlog.begin(task, event.row)
            self._begin(task, now)
        if phase == "measuring":
            self.rounds.plan(event.rounds, self.cases.get(event.row, []))

    def _leave(self, generation: int, row: str) -> None:
        """Drop what has not been done of the row before, if another begins."""
        before, self.place = self.place, (generation, row)
        if before is not None and before != self.place:
            self.backlog.drop_row(*before)

    def _begin(self, task: Task, now: float) -> None:
        parts, case = [task], self._case(task.case)
        if task.phase == "preparing" and case is not None:
            parts.append(Task(task.generation, "", COMPILER, worker_of(case)))
        there = [part for part in parts if part in self.backlog]
        expected = {self._names(part): self.backlog.take(part) for part in there}
        self.job = _Job(task, now, expected)

    def _end(self, now: float) -> None:
        """Learn from the task under way: its time belongs to its parts as was expected."""
        self.rounds.begin()
        if self.job is None:
            return
        for names, took_s in self.scales.shared(self.job.parts, now - self.job.began).items():
            self.scales.learn(names, took_s, self.job.parts[names])
            if names[0][0] == COMPILER:
                self.compilers[self.job.task.case] = took_s

    def _case(self, name: str) -> Case | None:
        """Return a planned case; None for others, and for one that failed."""
        case = self.planned.get(name)
        return case if case is not None and name in self.cases[self.rows[name]] else None

    def _names(self, task: Task) -> Names:
        """Return the scales of a task, the narrowest first."""
        if task.phase == COMPILER:
            return (task.phase, task.case), (task.phase,)
        case = self.planned.get(task.case)
        if case is None:
            return ((task.phase,),)
        return (task.phase, worker_of(case)), (task.phase, case.mode_kind), (task.phase,)

    def left(self, now: float) -> Left | None:
        """Return the time left; None before the first event."""
        if self.job is None:
            return None
        now_s, is_late = self._left_of_job(self.job, now - self.job.began)
        under_way = NONE
        if is_late or self.rounds.are_known:
            under_way = self._under_way(self.job, now - self.job.began + now_s)
        sums = self.backlog.sums.items()
        later_s = sum(part_s * self.scales.of(names, under_way) for names, part_s in sums)
        most_s = inf if self.sampling.budget_s is None else self.sampling.budget_s
        rest_s = self.began + most_s - now
        return Left(max(0.0, min(now_s + later_s, rest_s)), is_late and now_s + later_s <= rest_s)

    def _left_of_job(self, job: _Job, since_s: float) -> tuple[float, bool]:
        """Return the seconds left of the task under way, and whether it is late."""
        if self.rounds.are_known:
            return self.rounds.left_s(since_s, self.sampling.case_s), False
        expected_s = sum(part_s * self.scales.of(names) for names, part_s in job.parts.items())
        is_late = since_s > max(LATE_FACTOR * expected_s, expected_s + LATE_S)
        return max(0.0, expected_s - since_s), is_late

    def _under_way(self, job: _Job, seconds: float) -> dict[Name, Pair]:
        """Return what a task of so many seconds adds to what is known."""
        shared = self.scales.shared(job.parts, seconds).items()
        return {name: (part_s, job.parts[names]) for names, part_s in shared for name in names}
