"""The time left of a run: what the plan expects, scaled by what the run has taken so far.

Pure: every function is told the time, in seconds of any clock.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple, Protocol

from dlbench.records.measurement import Measurement, Phase, Progress, Taken
from dlbench.records.plan import Forecast, Plan
from dlbench.report.watching.countdown import Left
from dlbench.report.watching.tasks import COMPILER, TOGETHER, Task, is_over, tasks_of, worker_of

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
# Seconds that tasks took, and that the plan expected of them.
Pair = tuple[float, float]
NOTHING: Pair = (0.0, 0.0)
NONE: Mapping[Names, Pair] = MappingProxyType({})


class _Job(NamedTuple):
    """A task under way: when it began, and its parts: their scales and expected seconds."""

    task: Task
    began: float
    parts: dict[Scales, float]


class Forecasted:
    """The time left, from the forecast of every task and from what the tasks so far took.

    A task is expected to take the plan's seconds times a scale: what such tasks took so far, by
    what the plan expected of them. Such tasks are those of the same phase and worker; without
    one, of the same phase and kind of mode; without one, of the same phase.
    """

    def __init__(self, plan: Plan, forecast: Forecast, now: float) -> None:
        self.plan, self.forecast, self.began = plan, forecast, now
        self.known = {c.id: c for group in plan.groups for c in group.live if not c.skip}
        self.cases = dict(self.known)  # without those that failed
        self.generations = plan.sampling.generations
        self.tasks: dict[Task, float] = {}
        self.to_come: dict[Scales, float] = {}  # their sums, as the time left is asked for often
        for generation in range(self.generations):
            for task, seconds in tasks_of(plan, forecast, generation):
                self._put(task, seconds)
        self.taken: dict[Names, Pair] = {}
        self.job: _Job | None = None
        self.place: tuple[int, str] | None = None
        self.compilers: dict[str, float] = {}  # by the case that started one: the seconds so far
        # Of the row's rounds: how many are planned, its cases, and their blocks so far.
        self.planned = 0
        self.active: list[str] = []
        self.taken_of: dict[str, int] = {}
        self.needed: list[float] = []  # of earlier rows: the share of the planned rounds

    def see(self, event: object, now: float) -> None:
        """Take note of an event."""
        if isinstance(event, Measurement):
            self._report(event)
        elif isinstance(event, Taken):
            self.taken_of[event.case] = self.taken_of.get(event.case, 0) + len(event.blocks)
        elif isinstance(event, Progress) and event.phase and event.phase != "renewing":
            self._move(event, event.phase, now)

    def _report(self, event: Measurement) -> None:
        """Learn what the compiler's start took; drop what will not be done of a failed case."""
        compiler_s = self.compilers.pop(event.case, None)
        case = self.cases.get(event.case)
        if case is None:
            return
        if compiler_s is not None and event.compiling is not None:
            more_s = event.compiling.start_s - compiler_s
            self._learn(self._scales(Task(0, "", "preparing", case.id)), -more_s)
            self._learn(self._scales(Task(0, "", COMPILER, worker_of(case))), more_s)
        if event.status != "ok":
            del self.cases[case.id]
            self.active = [one for one in self.active if one != case.id]
            gone = {case.id, worker_of(case)} - {worker_of(one) for one in self.cases.values()}
            self._drop(task for task in self.tasks if task.case in gone)

    def _move(self, event: Progress, phase: Phase, now: float) -> None:
        """Begin another task, or go on with the rounds of a row."""
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
        self.planned = event.rounds
        self.active = [one for one, case in self.cases.items() if case.workload.id == event.row]

    def _leave(self, generation: int, row: str) -> None:
        """Drop what has not been done of the row before, if another begins."""
        place = generation, row
        if place != self.place:
            self._drop(task for task in self.tasks if (task.generation, task.row) == self.place)
            self.place = place

    def _begin(self, task: Task, now: float) -> None:
        self.taken_of = {}
        parts, case = [task], self.cases.get(task.case)
        if task.phase == "preparing" and case is not None:
            parts.append(Task(task.generation, "", COMPILER, worker_of(case)))
        expected = {self._scales(part): self._take(part) for part in parts if part in self.tasks}
        self.job = _Job(task, now, expected)

    def _end(self, now: float) -> None:
        """Learn from the task under way: its time belongs to its parts as was expected."""
        if self.job is None:
            return
        for scales, took_s in self._shared(self.job, now - self.job.began).items():
            self._learn(scales, took_s, self.job.parts[scales])
            if scales[0][0] == COMPILER:
                self.compilers[self.job.task.case] = took_s
        if self.job.task.phase == "measuring":
            self.needed.append(self._done)

    def _shared(self, job: _Job, took_s: float) -> dict[Scales, float]:
        """Return the seconds of each part of a task that takes so long."""
        expected = {scales: part_s * self._scale(scales) for scales, part_s in job.parts.items()}
        total_s = sum(expected.values())
        return {one: took_s * part_s / total_s for one, part_s in expected.items() if total_s}

    def _learn(self, scales: Scales, took_s: float, expected_s: float = 0.0) -> None:
        for names in scales:
            before = self.taken.get(names, NOTHING)
            self.taken[names] = before[0] + took_s, before[1] + expected_s

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
        if task.phase == COMPILER:
            return (task.phase, task.case), (task.phase,)
        case = self.known.get(task.case)
        if case is None:
            return ((task.phase,),)
        return (task.phase, worker_of(case)), (task.phase, case.mode_kind), (task.phase,)

    def _scale(self, scales: Scales, under_way: Mapping[Names, Pair] = NONE) -> float:
        """Return the scale of a task. under_way: what counts besides what has ended."""
        for names in scales:
            took_s, expected_s = self.taken.get(names, NOTHING)
            more_s, more_expected_s = under_way.get(names, NOTHING)
            if expected_s + more_expected_s > 0:
                return (took_s + more_s) / (expected_s + more_expected_s)
        return 1.0

    def left(self, now: float) -> Left | None:
        """Return the time left; None before the first event."""
        if self.job is None:
            return None
        since_s = now - self.job.began
        now_s, is_late = self._left_of_job(self.job, since_s)
        counts = is_late or self._has_rounds
        under_way = self._under_way(self.job, since_s + now_s) if counts else NONE
        later_s = sum(part_s * self._scale(one, under_way) for one, part_s in self.to_come.items())
        budget_s = self.plan.sampling.budget_s
        if budget_s is not None and now_s + later_s > (rest_s := self.began + budget_s - now):
            return Left(max(0.0, rest_s))
        return Left(max(0.0, now_s + later_s), is_late)

    def _under_way(self, job: _Job, seconds: float) -> dict[Names, Pair]:
        """Return what a task of so many seconds would add to what has been learnt."""
        shared = self._shared(job, seconds)
        return {n: (part_s, job.parts[one]) for one, part_s in shared.items() for n in one}

    @property
    def _has_rounds(self) -> bool:
        """Return whether every case of the row has had a turn, so that rounds tell the rest."""
        is_any = bool(self.planned and self.active)
        return is_any and all(case in self.taken_of for case in self.active)

    def _left_of_job(self, job: _Job, since_s: float) -> tuple[float, bool]:
        """Return the seconds left of the task under way, and whether it is late."""
        if self._has_rounds:
            return self._left_of_rounds(since_s), False
        expected_s = sum(part_s * self._scale(scales) for scales, part_s in job.parts.items())
        is_late = since_s > max(LATE_FACTOR * expected_s, expected_s + LATE_S)
        return max(0.0, expected_s - since_s), is_late

    @property
    def _done(self) -> float:
        """Return the share of the row's planned rounds that are done."""
        blocks = sum(self.taken_of.get(case, 0) for case in self.active)
        return blocks / max(self.planned * len(self.active), 1)

    def _left_of_rounds(self, since_s: float) -> float:
        """Return the seconds left of a row's rounds: by those so far and those that rows need."""
        usual = sum(self.needed) / len(self.needed) if self.needed else 1.0
        by_rounds_s = since_s * max(usual - self._done, 0.0) / self._done
        most_s = self.plan.sampling.case_s * len(self.active)
        return min(by_rounds_s, max(0.0, most_s - since_s))
