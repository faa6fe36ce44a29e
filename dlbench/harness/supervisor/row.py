"""One row of the table in one generation: starts its cases, prepares them, times them in turns.

It schedules and never computes; it prints nothing and stores nothing.
"""

from collections.abc import Callable, Generator, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial

from dlbench import units
from dlbench.harness import wire
from dlbench.harness.supervisor import schedule
from dlbench.harness.supervisor.case import CaseRun, Preparation, renewal_steps
from dlbench.harness.supervisor.pool import WorkerPool
from dlbench.harness.supervisor.schedule import Budget, Renewals
from dlbench.harness.supervisor.stopping import Stop
from dlbench.records.case import Case, Group, Target
from dlbench.records.measurement import Measurement, Progress
from dlbench.records.plan import Plan

Events = Generator[Progress | Measurement, None, None]
Prepared = Generator[Progress | Measurement, None, list[CaseRun]]

# The time limit of an order that only frees memory.
RELEASE_TIMEOUT_S = 60.0


@dataclass
class RunState:
    """The state that all rows of a run share: plan, workers, time and the outcome of the cases.

    slot: cases of equal slot share a worker; done: the number of measurements so far, without those
    of nulls and of cases that the plan skips; reported: the ids of all cases with a measurement;
    failed: the ids of the failed ones, which are not measured again; too_slow: for a target that
    took too long to compile, the id of the workload.
    """

    plan: Plan
    pool: WorkerPool
    budget: Budget
    clock: Callable[[], float]
    slot: Callable[[Case], Hashable]
    done: int = 0
    reported: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    too_slow: dict[Target, str] = field(default_factory=dict)

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
        cases = [] if self.budget.is_late else [c for c in group.live if c.id not in self.failed]
        return cases[:: self.direction]

    def reason_to_skip(self, case: Case) -> str | None:
        """Return why a case is not tried: a slow compiler would delay the others in every row."""
        workload = self.too_slow.get(case.target)
        if workload is None or case.id in self.reported:
            return None
        return (
            f"skipped, because {workload} took too long to compile; "
            "--compile-limit raises the limit"
        )

    def progress(self, doing: str, what: str, part: float = 0.0) -> Progress:
        """Return the current activity, and how much of the run is done.

        part: the number of cases under way, by the share of their samples.
        """
        is_timed = doing in {"warming up", "measuring"}
        return Progress(f"{doing} {what}", self.done, self._total(), part, is_timed)

    def count(self, measurement: Measurement) -> None:
        """Count the measurement if its case is one that `_total` counts."""
        self.done += measurement.case in self._counted

    def _total(self) -> int:
        """Return the number of measurements if no case fails: `--dry-run` names the same cases."""
        return len(self._counted) * self.budget.generations

    @cached_property
    def _counted(self) -> set[str]:
        return {case.id for case in self.plan.cases if not case.skip}


class RowRun:
    """The cases of one workload in one generation. later: the rows after this one."""

    def __init__(self, run: RunState, group: Group, later: Sequence[Group]) -> None:
        self.run, self.pool, self.later = run, run.pool, live(later)
        self.needed = {run.slot(case) for case in self.later}
        self.cases = [
            CaseRun(case, run.plan, partial(run.pool.ask, run.slot(case)), run.generation)
            for case in run.cases_of(group)
        ]

    def measure(self) -> Events:
        """Start the missing workers, prepare all cases, then time them round by round."""
        self._skip()
        yield from self._start()
        yield from self._report([case_run for case_run in self.cases if case_run.status != "ok"])
        started = [case_run for case_run in self.cases if case_run.status == "ok"]
        prepared = yield from self._get_ready(started, "preparing", CaseRun.prepare)
        checked = yield from self._get_ready(prepared, "checking", CaseRun.check, least=1)
        ready = yield from self._get_ready(checked, "warming up", CaseRun.warm_up, least=1)
        yield from self._rounds(ready)
        self.pool.dismiss(self.needed)

    def interrupt(self) -> Iterator[Measurement]:
        """Yield the measurements of cases with samples that have not been reported yet."""
        for case_run in self.cases:
            if case_run.samples and not case_run.is_reported:
                if case_run.is_active:
                    case_run.stop_reason = "interrupted"
                yield case_run.measurement()

    def _slot(self, case_run: CaseRun) -> Hashable:
        return self.run.slot(case_run.case)

    def _skip(self) -> None:
        """Fail the cases that the plan skips or that are not worth a try."""
        for case_run in self.cases:
            if reason := case_run.case.skip or self.run.reason_to_skip(case_run.case):
                case_run.fail(wire.Failed("skipped", reason))

    def _start(self) -> Iterator[Progress]:
        """Start the missing workers; fail the cases of workers that did not start."""
        targets = {
            self._slot(case_run): case_run.case.target
            for case_run in self.cases
            if case_run.status == "ok"
        }
        missing = self.pool.missing(targets)
        if missing:
            yield self.run.progress("starting", units.counted(len(missing), "worker"))
            with self.run.budget.preparing():
                self.pool.start({slot: targets[slot] for slot in missing}, warm=self.run.is_warm)
        for case_run in self.cases:
            failure = self.pool.failures.get(self._slot(case_run))
            if case_run.status == "ok" and failure is not None:
                case_run.fail(failure)

    def _get_ready(
        self, cases: Sequence[CaseRun], doing: str, step: Preparation, least: int = 0
    ) -> Prepared:
        """Take the cases through a step; return those that did not fail.

        least: the number of cases that are taken even if the budget is used up.
        """
        done: list[CaseRun] = []
        for case_run in cases:
            if self.run.budget.is_late and len(done) >= least:
                break
            yield self.run.progress(doing, case_run.case.id)
            with self.run.budget.preparing():
                began = self.run.clock()
                step(case_run)
                case_run.preparing_s += self.run.clock() - began
            if case_run.status == "ok":
                done.append(case_run)
            else:
                yield from self._finish([case_run])
        return done

    def _rounds(self, ready: Sequence[CaseRun]) -> Events:
        """Time blocks of all cases in turns, until a stopping rule applies."""
        if not ready:
            return
        until = self._until(len(ready))
        stop, number = Stop(self.run.plan.sampling), 0
        renewed = self._renewable(ready)
        ready_s = sum(case_run.preparing_s for case_run in renewed)
        renewals = Renewals(self.run.plan.sampling, until, self.run.clock, ready_s)
        while active := [case_run for case_run in ready if case_run.is_active]:
            active = yield from self._round(active, number)
            number += 1
            if reason := stop.reason(
                [case_run.samples for case_run in active], until - self.run.clock()
            ):
                for case_run in active:
                    case_run.stop_reason = reason
                yield from self._finish(active, is_last=True)
            elif (
                left := [case_run for case_run in renewed if case_run.is_active]
            ) and renewals.are_due(stop.quiet):
                with renewals.measure_cost():
                    self._renew(left, renewals.count + 1)
                yield from self._finish(
                    [case_run for case_run in active if case_run.status != "ok"]
                )

    def _until(self, cases: int) -> float:
        """Return the latest time at which a round may begin."""
        later = [case for case in self.later if case.id not in self.run.failed]
        return self.run.clock() + self.run.budget.row_seconds(cases, len(later))

    def _round(self, active: Sequence[CaseRun], number: int) -> Prepared:
        """Time one block of every case; return the cases that did not fail."""
        turns = schedule.order(active, number, f"{self.run.plan.seed}/{self.run.generation}")
        cases = sum(not case_run.case.null for case_run in active)
        for turn, case_run in enumerate(turns):
            share = (number + turn / len(turns)) / self.run.plan.sampling.blocks
            yield self.run.progress("measuring", case_run.case.workload.id, cases * share)
            self._block(case_run, number)
            if case_run.status != "ok":
                yield from self._finish([case_run])
        return [case_run for case_run in active if case_run.is_active]

    def _block(self, case_run: CaseRun, number: int) -> None:
        """Time one block, and the CPU time of the parked workers meanwhile."""
        others = self.pool.others(self._slot(case_run))
        before = self.pool.cpu_s(others)
        reply = case_run.ask(wire.Block(case_run.case.id))
        after = self.pool.cpu_s(others)
        case_run.take(reply, number, None if before is None or after is None else after - before)

    def _renewable(self, ready: Sequence[CaseRun]) -> list[CaseRun]:
        """Return the cases whose workers will be renewed.

        If one case of the row cannot be renewed, the null pair is not either: differences between
        renewed processes average out, and the null pair must show those of all cases.
        """
        renewable = [case_run for case_run in ready if self._slot(case_run) in self.pool.renewable]
        is_whole = len(renewable) == len(ready)
        copied = (
            () if is_whole else {case_run.case.target for case_run in ready if case_run.case.null}
        )
        return [case_run for case_run in renewable if case_run.case.target not in copied]

    def _renew(self, cases: Sequence[CaseRun], number: int) -> None:
        """Continue these cases in fresh copies of their workers.

        number: of the renewal, from 1; the order changes as between generations.
        """
        slots = dict.fromkeys(map(self._slot, cases))
        failures = {slot: self.pool.renew(slot) for slot in slots}
        for case_run in cases:
            case_run.renewal = number
            if failure := failures[self._slot(case_run)]:
                case_run.fail(failure)
        in_turn = cases[:: self.run.direction * sign(self.run.generation + number)]
        for step in renewal_steps(shared=len(slots) < len(cases)):
            for case_run in [case_run for case_run in in_turn if case_run.status == "ok"]:
                step(case_run)

    def _report(self, cases: Iterable[CaseRun]) -> Iterator[Measurement]:
        """Yield the measurements of the cases, and keep their outcome for later rows."""
        for case_run in cases:
            if case_run.status != "ok":
                self.run.failed.add(case_run.case.id)
            if case_run.is_too_slow:
                self.run.too_slow[case_run.case.target] = case_run.case.workload.id
            yield case_run.measurement()
            case_run.is_reported = True
            self.run.reported.add(case_run.case.id)

    def _finish(self, cases: Sequence[CaseRun], *, is_last: bool = False) -> Events:
        """Report the cases, then free their memory: an interrupt of the latter loses nothing.

        is_last: whether the row ends with them. Workers that end with the row need not free memory
        before, which takes a tenth of a second.
        """
        for case_run in cases:
            case_run.facts |= self.pool.facts_of(self._slot(case_run))
        yield from self._report(cases)
        for case_run in cases:
            if not is_last or self._slot(case_run) in self.needed:
                case_run.ask(wire.Release(case_run.case.id), RELEASE_TIMEOUT_S)


def sign(number: int) -> int:
    """Return 1, or -1 for half of all numbers: + - - +, for as many even as odd ones."""
    return -1 if number % 4 in {1, 2} else 1


def live(groups: Iterable[Group]) -> list[Case]:
    """Return all cases and nulls of these rows, without the skipped ones."""
    return [case for group in groups for case in group.live if not case.skip]
