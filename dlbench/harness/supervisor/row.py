"""One row of the table in one generation: its cases are started, got ready and timed in turns.

It schedules and never computes; it prints nothing and stores nothing.
"""

from collections.abc import Callable, Generator, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from dlbench import units
from dlbench.harness import wire
from dlbench.harness.supervisor import schedule
from dlbench.harness.supervisor.case import CaseRun, GettingReady, renewal_steps
from dlbench.harness.supervisor.pool import WorkerPool
from dlbench.harness.supervisor.schedule import Budget, Renewals
from dlbench.harness.supervisor.stopping import Stop
from dlbench.records.case import Case, Group, Target
from dlbench.records.measurement import Measurement, Progress
from dlbench.records.plan import Plan

Events = Generator[Progress | Measurement, None, None]
Prepared = Generator[Progress | Measurement, None, list[CaseRun]]

# An order that only frees memory.
RELEASE_TIMEOUT_S = 60.0


@dataclass
class RunState:
    """What all rows of a run share: plan, workers and time, and what became of the cases.

    slot: cases of equal slot share a worker; done: how many measurements there have been; told:
    the ids of their cases; lost: of those that went wrong, which are not measured again; hung: of
    a target that took too long to compile, the workload.
    """

    plan: Plan
    pool: WorkerPool
    budget: Budget
    clock: Callable[[], float]
    slot: Callable[[Case], Hashable]
    done: int = 0
    told: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    hung: dict[Target, str] = field(default_factory=dict)

    @property
    def generation(self) -> int:
        """The number of the generation that is measured."""
        return self.budget.generation

    @property
    def direction(self) -> int:
        """1, and -1 in half of the generations: in as many cold as warm ones."""
        return sign(self.generation)

    @property
    def is_warm(self) -> bool:
        """Whether it finds the compiled code of the one before, as a second run does."""
        return self.generation % 2 == 1

    def due(self, group: Group) -> list[Case]:
        """The cases of a row that are measured in this generation, in the order of starting.

        Mirrored too: the first one gets other memory, and the next processes get the same again.
        """
        due = [case for case in group.live if case.id not in self.lost and not self.budget.is_late]
        return due[:: self.direction]

    def given_up(self, case: Case) -> str | None:
        """Why it is not even tried: a mode that hangs would hold up the others in every row."""
        slow = self.hung.get(case.target)
        if slow is None or case.id in self.told:
            return None
        return f"not tried, as {slow} took too long to compile; --compile-limit allows more"

    def progress(self, doing: str, what: str) -> Progress:
        """What is being done, and how much of the run."""
        return Progress(f"{doing} {what}", self.done, self._total())

    def _total(self) -> int:
        """How many measurements there will be if all goes well."""
        live = [case for group in self.plan.groups for case in group.live]
        return sum(1 if case.skip else self.budget.generations for case in live)


class RowRun:
    """The cases that share a workload, in one generation. later: the rows that come after."""

    def __init__(self, run: RunState, group: Group, later: Sequence[Group]) -> None:
        self.run, self.pool, self.later = run, run.pool, live(later)
        self.needed = {run.slot(case) for case in self.later}
        self.cases = [
            CaseRun(case, run.plan, partial(run.pool.ask, run.slot(case)), run.generation)
            for case in run.due(group)
        ]

    def measure(self) -> Events:
        """Start the missing workers, get all cases ready, then time them round by round."""
        self._skip()
        yield from self._start()
        yield from self._tell_of([one for one in self.cases if one.status != "ok"])
        going = [one for one in self.cases if one.status == "ok"]
        prepared = yield from self._get_ready(going, "preparing", CaseRun.prepare)
        checked = yield from self._get_ready(prepared, "checking", CaseRun.check, least=1)
        ready = yield from self._get_ready(checked, "warming up", CaseRun.warm_up, least=1)
        yield from self._rounds(ready)
        self.pool.dismiss(self.needed)

    def interrupted(self) -> Iterator[Measurement]:
        """The cases that have samples and were not told of."""
        for one in self.cases:
            if one.samples and not one.told:
                if one.going:
                    one.stop_reason = "interrupted"
                yield one.measurement()

    def _slot(self, one: CaseRun) -> Hashable:
        return self.run.slot(one.case)

    def _skip(self) -> None:
        for one in self.cases:
            if reason := one.case.skip or self.run.given_up(one.case):
                one.fail(wire.Failed("skipped", reason))

    def _start(self) -> Iterator[Progress]:
        targets = {self._slot(one): one.case.target for one in self.cases if one.status == "ok"}
        missing = self.pool.missing(targets)
        if missing:
            yield self.run.progress("starting", units.counted(len(missing), "worker"))
            with self.run.budget.preparing():
                self.pool.start({slot: targets[slot] for slot in missing}, warm=self.run.is_warm)
        for one in self.cases:
            refusal = self.pool.refused.get(self._slot(one))
            if one.status == "ok" and refusal is not None:
                one.fail(refusal)

    def _get_ready(
        self, cases: Sequence[CaseRun], doing: str, step: GettingReady, least: int = 0
    ) -> Prepared:
        """Take the cases through a step, and return those that are still well.

        least: once the budget is used up, the step ends after so many.
        """
        done: list[CaseRun] = []
        for one in cases:
            if self.run.budget.is_late and len(done) >= least:
                break
            yield self.run.progress(doing, one.case.id)
            with self.run.budget.preparing():
                began = self.run.clock()
                step(one)
                one.preparing_s += self.run.clock() - began
            if one.status == "ok":
                done.append(one)
            else:
                yield from self._finish([one])
        return done

    def _rounds(self, ready: Sequence[CaseRun]) -> Events:
        """Time blocks of all cases in turns, until a rule says that it is enough."""
        if not ready:
            return
        until = self._until(len(ready))
        stop, number = Stop(self.run.plan.sampling), 0
        renewed = self._renewable(ready)
        ready_s = sum(one.preparing_s for one in renewed)
        renewals = Renewals(self.run.plan.sampling, until, self.run.clock, ready_s)
        while going := [one for one in ready if one.going]:
            yield self.run.progress("measuring", ready[0].case.workload.id)
            going = yield from self._round(going, number)
            number += 1
            if reason := stop.reason([one.samples for one in going], until - self.run.clock()):
                for one in going:
                    one.stop_reason = reason
                yield from self._finish(going, is_last=True)
            elif (left := [one for one in renewed if one.going]) and renewals.due(stop.quiet):
                with renewals.making():
                    self._renew(left, renewals.made + 1)
                yield from self._finish([one for one in going if one.status != "ok"])

    def _until(self, cases: int) -> float:
        """When the last round begins at the latest."""
        later = [case for case in self.later if case.id not in self.run.lost]
        return self.run.clock() + self.run.budget.row_seconds(cases, len(later))

    def _round(self, going: Sequence[CaseRun], number: int) -> Prepared:
        """Time a block of every case, and return those that are still measured."""
        for one in schedule.order(going, number, f"{self.run.plan.seed}/{self.run.generation}"):
            self._block(one, number)
            if one.status != "ok":
                yield from self._finish([one])
        return [one for one in going if one.going]

    def _block(self, one: CaseRun, number: int) -> None:
        others = self.pool.others(self._slot(one))
        before = self.pool.used_s(others)
        reply = one.ask(wire.Block(one.case.id))
        after = self.pool.used_s(others)
        one.take(reply, number, None if before is None or after is None else after - before)

    def _renewable(self, ready: Sequence[CaseRun]) -> list[CaseRun]:
        """The cases that are renewed.

        Where a case of the row cannot be, the null and what it is a copy of are not either: the
        luck of renewed workers averages out, and what the null shows of luck is believed of all.
        """
        able = [one for one in ready if self._slot(one) in self.pool.renewable]
        is_whole = len(able) == len(ready)
        copied = () if is_whole else {one.case.target for one in ready if one.case.null}
        return [one for one in able if one.case.target not in copied]

    def _renew(self, cases: Sequence[CaseRun], number: int) -> None:
        """Let these cases go on in fresh copies of their workers.

        number: of the renewal, from 1; which case is first changes as between generations.
        """
        slots = dict.fromkeys(map(self._slot, cases))
        refused = {slot: self.pool.renew(slot) for slot in slots}
        for one in cases:
            one.renewal = number
            if refusal := refused[self._slot(one)]:
                one.fail(refusal)
        in_turn = cases[:: self.run.direction * sign(self.run.generation + number)]
        for step in renewal_steps(shared=len(slots) < len(cases)):
            for one in [one for one in in_turn if one.status == "ok"]:
                step(one)

    def _tell_of(self, cases: Iterable[CaseRun]) -> Iterator[Measurement]:
        for one in cases:
            if one.status != "ok":
                self.run.lost.add(one.case.id)
            if one.hung:
                self.run.hung[one.case.target] = one.case.workload.id
            yield one.measurement()
            one.told = True
            self.run.told.add(one.case.id)

    def _finish(self, cases: Sequence[CaseRun], *, is_last: bool = False) -> Events:
        """Tell of the cases, then free what they hold: an interrupt of the latter loses nothing.

        is_last: they end the row. Workers that are dismissed with it need not free anything
        before, which takes a tenth of a second.
        """
        for one in cases:
            one.facts |= self.pool.facts_of(self._slot(one))
        yield from self._tell_of(cases)
        for one in cases:
            if not is_last or self._slot(one) in self.needed:
                one.ask(wire.Release(one.case.id), RELEASE_TIMEOUT_S)


def sign(number: int) -> int:
    """1, and -1 in half of all numbers: + - - +, as many even as odd ones."""
    return -1 if number % 4 in {1, 2} else 1


def live(groups: Iterable[Group]) -> list[Case]:
    """Everything that is measured in these rows."""
    return [case for group in groups for case in group.live if not case.skip]
