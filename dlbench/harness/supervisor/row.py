"""One row of the table in one generation: starts its cases, prepares them, times them in turns.

It schedules and never computes; it prints nothing and stores nothing.
"""

from collections.abc import Generator, Hashable, Iterable, Iterator, Sequence
from functools import partial
from math import inf

from dlbench import units
from dlbench.harness import wire
from dlbench.harness.supervisor import schedule
from dlbench.harness.supervisor.case import CaseRun, Preparation, renewal_steps
from dlbench.harness.supervisor.ending import is_shared, is_spoilt, leave_lost_cards, lost_with
from dlbench.harness.supervisor.schedule import Renewals
from dlbench.harness.supervisor.state import Later, RunState, late, sign
from dlbench.harness.supervisor.stopping import Stop
from dlbench.records.case import Group
from dlbench.records.measurement import Measurement, Phase, Progress, StopReason, Taken

Event = Progress | Measurement | Taken
Events = Generator[Event, None, None]
Prepared = Generator[Event, None, list[CaseRun]]

# A lead-in that is too short shows early. Later than at this share of the row's time, the turns
# behind a longer one would be too few.
CORRECTED_SHARE = 0.5

# The time limit of an order that only frees memory.
RELEASE_TIMEOUT_S = 60.0


class RowRun:
    """The cases of one workload in one generation. later: what comes after this row."""

    def __init__(self, run: RunState, group: Group, later: Later) -> None:
        self.run, self.pool, self.later = run, run.pool, later
        self.workload = group.workload.id
        self.correct_until = inf
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
        warm = yield from self._get_ready(checked, "warming up", CaseRun.warm_up, least=1)
        ready = yield from self._run_in(warm)
        yield from self._rounds(ready)
        self.pool.dismiss(self.later.slots)

    def interrupt(self) -> Iterator[Measurement]:
        """Yield the measurements of cases with samples that have not been reported yet."""
        for case_run in self.cases:
            is_timed = case_run.samples or case_run.lead_in.blocks
            if is_timed and not case_run.is_reported:
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
            yield self.run.progress(
                "starting", units.counted(len(missing), "worker"), self.workload
            )
            with self.run.budget.preparing():
                began = self.run.clock()
                self.pool.start(
                    {slot: targets[slot] for slot in missing},
                    warm=self.run.is_warm,
                    left_s=lambda: self.run.budget.rest_s,
                )
                shares = self.pool.shares(missing)
                seconds = self.run.clock() - began
            for case_run in self.cases:  # the first case of each new worker has its share
                if case_run.status == "ok":
                    case_run.starting_s = seconds * shares.pop(self._slot(case_run), 0.0)
        for case_run in self.cases:
            failure = self.pool.failures.get(self._slot(case_run))
            if case_run.status == "ok" and failure is not None:
                case_run.fail(failure)
                self.run.losses.notice(case_run.case.target.device)
                excuse(case_run, self.run)

    def _get_ready(
        self, cases: Sequence[CaseRun], phase: Phase, step: Preparation, least: int = 0
    ) -> Prepared:
        """Take the cases through a step; return those that did not fail.

        least: the number of cases that are taken even if the budget is used up.
        """
        done: list[CaseRun] = []
        for case_run in cases:
            if not case_run.is_active:  # its card was lost
                continue
            if len(done) >= least and self.run.budget.left_s <= 0:
                break
            yield self.run.case_progress(phase, case_run.case, self.workload)
            with self.run.budget.preparing():
                began = self.run.clock()
                case_run.rest_s = self.run.budget.rest_s
                step(case_run)
                case_run.preparing_s += self.run.clock() - began
                excuse(case_run, self.run)
            if case_run.status == "ok":
                done.append(case_run)
            else:
                yield from self._finish([case_run])
        return [case_run for case_run in done if case_run.status == "ok"]

    def _run_in(self, warm: Sequence[CaseRun]) -> Prepared:
        """Time every case without a pause; return those that did not fail.

        It is no preparation: renewals do not repeat it.
        """
        for case_run in warm:
            if not case_run.is_active:
                continue
            yield self.run.case_progress("ramping up", case_run.case, self.workload)
            case_run.sustain()
            if case_run.status != "ok":
                yield from self._finish([case_run])
        return [case_run for case_run in warm if case_run.status == "ok"]

    def _rounds(self, ready: Sequence[CaseRun]) -> Events:
        """Time blocks of all cases in turns, until a stopping rule applies."""
        if not ready:
            return
        sampling = self.run.plan.sampling
        reserve_s = sum(case_run.lead_in.longest_s(sampling.stretch_s) for case_run in ready)
        row_s = self.run.row_seconds(len(ready), self.later, reserve_s)
        until = self.run.clock() + row_s
        self.correct_until = self.run.clock() + CORRECTED_SHARE * row_s
        leads_s = [case_run.lead_in.seconds for case_run in ready]
        longest_s = max(case_run.step_s for case_run in ready)
        blocks = schedule.blocks_of_turn(leads_s, longest_s, sampling)
        stop, turn = Stop(sampling, blocks), 0
        renewed = renewable(ready, self.run)
        ready_s = sum(case_run.preparing_s for case_run in renewed)
        renewals = Renewals(sampling, until, self.run.clock, ready_s)
        while active := [case_run for case_run in ready if case_run.is_active]:
            active = yield from self._round(active, turn, blocks)
            turn += 1
            samples = [case_run.samples for case_run in active]
            left = [case_run for case_run in renewed if case_run.is_active]
            if reason := stop.reason(samples, until - self.run.clock()):
                yield from self._end(active, reason)
            elif decided := without_nulls([active[place] for place in stop.decided], active):
                yield from self._end(decided, "decided", is_last=False)
            elif left and renewals.are_due(stop.quiet):
                copies = units.counted(len(left), "worker")
                yield self.run.progress("renewing", copies, self.workload)
                with renewals.measure_cost():
                    self._renew(left, renewals.count + 1)
                yield from self._finish([one for one in active if one.status != "ok"])

    def _end(
        self, active: Sequence[CaseRun], reason: StopReason, *, is_last: bool = True
    ) -> Events:
        """Time these cases without a pause once more; then report them. is_last: end the row."""
        for case_run in active:
            case_run.stop_reason = reason
        for case_run in active:
            yield self.run.case_progress("ending", case_run.case, self.workload)
            case_run.sustain(is_needed=False)
        yield from self._finish(active, is_last=is_last)

    def _round(self, active: Sequence[CaseRun], turn: int, blocks: int) -> Prepared:
        """Give every case a turn of so many blocks; return the cases that did not fail."""
        order = schedule.order(active, turn, f"{self.run.plan.seed}/{self.run.generation}")
        cases = sum(not case_run.case.null for case_run in active)
        for place, case_run in enumerate(order):
            if not case_run.is_active:
                continue
            share = (turn + place / len(order)) * blocks / self.run.plan.sampling.blocks
            yield self.run.progress(
                "measuring",
                self.workload,
                self.workload,
                part=cases * share,
                case=case_run.case.id,
                round=turn * blocks + 1,
                rounds=self.run.plan.sampling.blocks,
            )
            self._turn(case_run, turn * blocks, blocks)
            if case_run.status == "ok":
                self.run.pace.judge(case_run.case, case_run.samples, blocks)
                yield Taken(case_run.case.id, tuple(case_run.samples[-blocks:]))
            if self.run.clock() < self.correct_until:
                case_run.correct_lead_in()
            if case_run.status != "ok":
                yield from self._finish([case_run])
        return [case_run for case_run in active if case_run.is_active]

    def _turn(self, case_run: CaseRun, number: int, blocks: int) -> None:
        """Time the blocks of a turn, and the CPU time of the parked workers meanwhile."""
        others = self.pool.others(self._slot(case_run))
        before = self.pool.cpu_s(others)
        reply = case_run.ask(wire.Turn(case_run.case.id, case_run.lead_in.seconds, blocks))
        after = self.pool.cpu_s(others)
        case_run.take(reply, number, None if before is None or after is None else after - before)

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
            self.run.hangs[case_run.case.target] += case_run.is_silent
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
        others = lost_with(cases, self.cases, self.run.losses.notice)
        leave_lost_cards(self.cases, self.run)
        yield from self._report([*cases, *others])
        for case_run in cases:
            if is_spoilt(case_run) and not is_shared(case_run, self.cases, self.run):
                self.pool.end(self._slot(case_run))
            elif not is_last or self._slot(case_run) in self.later.slots:
                case_run.ask(wire.Release(case_run.case.id), RELEASE_TIMEOUT_S)


def excuse(case_run: CaseRun, run: RunState) -> None:
    """Skip a case that the time limit of the run ended: nothing is wrong with it."""
    if case_run.status == "timed_out" and run.budget.rest_s <= 0:
        case_run.fail(wire.Failed("skipped", late(run.plan)))
        case_run.is_too_slow = False


def renewable(ready: Sequence[CaseRun], run: RunState) -> list[CaseRun]:
    """Return the cases whose workers will be renewed.

    If one case of the row cannot be renewed, the null pair is not either: differences between
    renewed processes average out, and the null pair must show those of all cases.
    """
    able = [one for one in ready if run.slot(one.case) in run.pool.renewable]
    copied = {one.case.target for one in ready if one.case.null and len(able) < len(ready)}
    return [one for one in able if one.case.target not in copied]


def without_nulls(cases: Sequence[CaseRun], active: Sequence[CaseRun]) -> list[CaseRun]:
    """Return the cases without nulls and those that a null repeats: a pair needs all rounds."""
    copied = {one.case.target for one in active if one.case.null}
    return [one for one in cases if one.case.target not in copied]
