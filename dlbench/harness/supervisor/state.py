"""The state that all rows of a run share.

It schedules and never computes; it prints nothing and stores nothing.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from msgspec.structs import replace

from dlbench import units
from dlbench.harness.supervisor.pool import MORE_TIME, WorkerPool
from dlbench.harness.supervisor.schedule import MEASURED_SHARE, Budget
from dlbench.machine.gpu.identity import Losses
from dlbench.machine.gpu.pace import Pace
from dlbench.records.case import Case, Group, Target
from dlbench.records.measurement import TIMED, Measurement, Phase, Progress
from dlbench.records.plan import Plan

# A worker that hangs costs the whole time limit, in every row. One that hangs twice has its reason
# in the target, not in a case.
MOST_HANGS = 2


class Later(NamedTuple):
    """What comes after a row in its generation, without the cases that the plan skips.

    cases: their number, without those that failed in an earlier generation; preparing_s: the
    seconds to get these ready; slots: of the workers that they need.
    """

    cases: int = 0
    preparing_s: float = 0.0
    slots: frozenset[Hashable] = frozenset()


def _with(slots: frozenset[Hashable], more: Iterable[Hashable]) -> frozenset[Hashable]:
    """Return both; the same object if there is nothing new, as most rows need the same workers."""
    new = slots.union(more)
    return slots if len(new) == len(slots) else new


@dataclass
class RunState:
    """The state that all rows of a run share: plan, workers, time and the outcome of the cases.

    slot: cases of equal slot share a worker; expected_s: the seconds to get each case ready, by its
    id; done: the number of measurements so far, without those
    of nulls and of cases that the plan skips; reported: the ids of all cases with a measurement;
    failed: the ids of the failed ones, which are not measured again; too_slow: for a target that
    took too long to compile, the id of the workload; hangs: how often a target's worker was silent;
    pace: the clocks of the cards so far; losses: the cards that were lost.
    """

    plan: Plan
    pool: WorkerPool
    budget: Budget
    clock: Callable[[], float]
    slot: Callable[[Case], Hashable]
    expected_s: Mapping[str, float]
    done: int = 0
    reported: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    too_slow: dict[Target, str] = field(default_factory=dict)
    hangs: Counter[Target] = field(default_factory=Counter)
    pace: Pace = field(default_factory=Pace)
    losses: Losses = field(default_factory=Losses)

    @property
    def generation(self) -> int:
        """Return the number of the current generation, from 0."""
        return self.budget.generation

    @property
    def direction(self) -> int:
        """Return 1, or -1 in half of the cold and half of the warm generations."""
        return sign(self.generation)

    @property
    def is_warm(self) -> bool:
        """Return whether workers find the code compiled before, as a second run would."""
        return self.generation % 2 == 1

    def cases_of(self, group: Group) -> list[Case]:
        """Return the cases of a row for this generation, in the order of their start.

        The order is mirrored too: the first process gets other memory than the next ones.
        """
        live = [] if self.budget.is_late else group.live_in(self.generation)
        fitting = self._fitting([case for case in live if not self._is_settled(case)])
        return [case for case in live if case.id in fitting][:: self.direction]

    def _is_settled(self, case: Case) -> bool:
        """Return whether a case is not measured again: it failed, or its target cannot go on."""
        is_vain = self.hangs[case.target] >= MOST_HANGS or case.target.device in self.losses.told
        return case.id in self.failed or (is_vain and case.id in self.reported)

    def _fitting(self, cases: Sequence[Case]) -> set[str]:
        """Return the ids of the cases of a row for which there is time, cheap ones first.

        A null needs its case. The cheapest case of the run is tried however late it is.
        """
        room_s = self.budget.left_s * (1 - MEASURED_SHARE)
        found, used_s, is_first = set[str](), 0.0, not self.done
        for case in sorted(cases, key=lambda case: (case.null, self.preparing_s([case]))):
            needed_s = used_s + self.preparing_s([case])
            copied = replace(case, null=False).id
            if case.skip or is_first or (needed_s <= room_s and (not case.null or copied in found)):
                found.add(case.id)
                used_s = needed_s
                is_first = is_first and bool(case.skip)
        return found

    def preparing_s(self, cases: Iterable[Case]) -> float:
        """Return the seconds to get these cases ready, without those that failed."""
        return sum(self.expected_s.get(c.id, 0.0) for c in cases if c.id not in self.failed)

    def row_seconds(self, cases: int, later: Later, reserve_s: float) -> float:
        """Return the seconds for the rounds of a row of so many cases; `later` are to come."""
        return self.budget.row_seconds(cases, later.cases, reserve_s, later.preparing_s)

    def reason_to_skip(self, case: Case) -> str | None:
        """Return why a case is not tried: it would delay the others in every row."""
        if case.id in self.reported:
            return None
        if self.hangs[case.target] >= MOST_HANGS:
            times = units.counted(MOST_HANGS, "time")
            return f"skipped, because its worker was silent {times}; {MORE_TIME}"
        if lost := self.losses.told.get(case.target.device):
            return f"skipped, because {lost}"
        workload = self.too_slow.get(case.target)
        if workload is None:
            return None
        return (
            f"skipped, because {workload} took too long to compile; "
            "--compile-limit raises the limit"
        )

    def progress(self, phase: Phase, what: str, row: str, **details: Any) -> Progress:
        """Return the current activity, and how much of the run is done.

        row: the id of the workload; details: further fields of Progress.
        """
        return Progress(
            f"{phase} {what}",
            self.done,
            self._total(),
            is_timed=phase in TIMED,
            phase=phase,
            row=row,
            generation=self.generation,
            generations=self.budget.generations,
            **details,
        )

    def case_progress(self, phase: Phase, case: Case, row: str) -> Progress:
        """Return that a phase of a case begins. row: the workload of its row."""
        return self.progress(phase, case.id, row, case=case.id)

    def grow(self, plan: Plan) -> None:
        """Go on with the plan with more rows."""
        self.plan = plan
        self.__dict__.pop("_counted", None)

    def count(self, measurement: Measurement) -> None:
        """Count the measurement if its case is one that `_total` counts."""
        self.done += measurement.case in self._counted

    def _total(self) -> int:
        """Return the number of measurements if no case fails: `--dry-run` names the same cases."""
        return len(self._counted) * self.budget.generations

    @cached_property
    def _counted(self) -> set[str]:
        return {case.id for case in self.plan.cases if not case.skip}


def sign(number: int) -> int:
    """Return 1, or -1 for half of all numbers: + - - +, for as many even as odd ones."""
    return -1 if number % 4 in {1, 2} else 1


def late(plan: Plan) -> str:
    """Return the reason of cases for which there was no time."""
    limit = f"{plan.sampling.budget_s or 0:g} s"
    return f"time limit of {limit} reached; --budget raises the limit"


def later_rows(run: RunState, groups: Sequence[Group]) -> list[Later]:
    """Return what comes after each row of this generation, whose rows have this order.

    Counted once, before the first row: a case fails in its own row alone.
    """
    after, found = Later(), list[Later]()
    for group in reversed(groups):
        found.append(after)
        live = [case for case in group.live_in(run.generation) if not case.skip]
        left = [case for case in live if case.id not in run.failed]
        after = Later(
            after.cases + len(left),
            after.preparing_s + run.preparing_s(left),
            _with(after.slots, map(run.slot, live)),
        )
    return found[::-1]
