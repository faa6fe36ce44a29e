"""Who is measured when: drives the workers through a plan and yields what happened.

Rows are measured one after the other, the cases of a row in turns, and all of it once per
generation of processes. It schedules and never computes; it prints nothing and stores nothing.
"""

from collections.abc import Callable, Generator, Hashable, Iterable, Iterator, Sequence
from time import monotonic

from msgspec.structs import replace

from dlbench import units
from dlbench.harness import wire
from dlbench.harness.supervisor import rounds
from dlbench.harness.supervisor.budget import Budget
from dlbench.harness.supervisor.case import Recording
from dlbench.harness.supervisor.pool import Crew, Launch, failed
from dlbench.harness.supervisor.preparing import GettingReady, Preparing
from dlbench.harness.supervisor.renewals import Renewals
from dlbench.harness.supervisor.stopping import Stop
from dlbench.harness.wire import Order, Reply
from dlbench.model import Case, Group, Measurement, Plan, Progress, Sample

Events = Generator[Progress | Measurement, None, None]

# An order that only frees memory.
RELEASE_TIMEOUT_S = 60.0

# Parked workers that used more than this share of a block were not silent: it is what half a
# percent of one core, the smallest difference that the tables can show, amounts to.
UNPARKED_SHARE = 0.005


def own_process(case: Case) -> Hashable:
    """Cases of a target share a worker; a null has one of its own."""
    return case.target, case.null


class Supervisor:
    """Measures a plan with workers that `launch` gives; cases of equal `seat` share a worker."""

    def __init__(
        self,
        plan: Plan,
        launch: Launch,
        clock: Callable[[], float] = monotonic,
        seat: Callable[[Case], Hashable] = own_process,
    ) -> None:
        self.plan, self.clock, self.seat = plan, clock, seat
        self.crew = Crew(launch, plan.sampling.timeout_s)
        self.budget = Budget(plan.sampling, clock)
        self.prepare = Preparing(plan, self._ask)
        self.done = 0
        self.told: set[str] = set()
        self.needed: set[Hashable] = set()  # seats of the rows to come
        self.lost: set[str] = set()  # cases that went wrong are not measured again

    def measure(self) -> Events:
        """Yield a Measurement for every case and generation, and progress in between.

        On KeyboardInterrupt, also one that is thrown into the generator, what has samples is
        yielded too, before the exception goes on. A measurement that was being handled then is
        yielded again.
        """
        row: list[Recording] = []
        try:
            while self.budget.has_generations:
                # mirrored, so that it is not always the same rows for which time is short
                groups = self.plan.groups[:: self.direction]
                for index, group in enumerate(groups):
                    row[:] = [Recording(case, self.generation) for case in self._due(group)]
                    for event in self._row(row, groups[index:]):
                        self.done += isinstance(event, Measurement)
                        yield event
                self.crew.dismiss()
                self.budget.go_on()
            yield from self._passed_over()
        except KeyboardInterrupt:
            yield from _interrupted(row)
            raise
        finally:
            self.crew.dismiss()

    @property
    def generation(self) -> int:
        """The number of the generation that is measured."""
        return self.budget.generation

    @property
    def direction(self) -> int:
        """1, and -1 in half of the generations: in as many cold as warm ones."""
        return _sign(self.generation)

    @property
    def is_warm(self) -> bool:
        """Whether it finds the compiled code of the one before, as a second run does."""
        return self.generation % 2 == 1

    def _due(self, group: Group) -> list[Case]:
        """The cases of a row that are measured in this generation, in the order of starting.

        Mirrored too: who comes first gets other memory, and the next processes get the same again.
        """
        due = [case for case in group.live if case.id not in self.lost and not self.budget.is_late]
        return due[:: self.direction]

    def _row(self, row: list[Recording], groups: Sequence[Group]) -> Events:
        """One row of the table: start who is missing, prepare all, then round by round."""
        self.needed = {self.seat(case) for case in _live(groups[1:])}
        for recording in row:
            if reason := recording.case.skip or self._given_up(recording.case):
                recording.fail(wire.Failed("skipped", reason))
        yield from self._start(row)
        yield from self._tell_of([r for r in row if r.status != "ok"])
        going = [r for r in row if r.status == "ok"]
        prepared = yield from self._get_ready(going, "preparing", self.prepare)
        checked = yield from self._get_ready(prepared, "checking", self.prepare.check, least=1)
        ready = yield from self._get_ready(checked, "warming up", self.prepare.warm_up, least=1)
        yield from self._rounds(ready, groups)
        self.crew.dismiss(self.needed)

    def _get_ready(
        self, row: Sequence[Recording], doing: str, step: GettingReady, least: int = 0
    ) -> Generator[Progress | Measurement, None, list[Recording]]:
        """Those with whom it went well; with the budget used up, no more than so many."""
        done: list[Recording] = []
        for recording in row:
            if self.budget.is_late and len(done) >= least:
                break
            yield self._progress(doing, recording.case.id)
            with self.budget.preparing():
                began = self.clock()
                step(recording)
                recording.preparing_s += self.clock() - began
            if recording.status == "ok":
                done.append(recording)
            else:
                yield from self._finish([recording])
        return done

    def _passed_over(self) -> Iterator[Measurement]:
        """The cases that no generation had the time for."""
        reason = f"the budget of {self.plan.sampling.budget_s or 0:g} s was used up before its turn"
        for case in (case for group in self.plan.groups for case in group.live):
            if case.id not in self.told:
                yield Measurement(case.id, "skipped", case.skip or reason)

    def _start(self, row: list[Recording]) -> Iterator[Progress]:
        targets = {self.seat(r.case): r.case.target for r in row if r.status == "ok"}
        missing = self.crew.missing(targets)
        if missing:
            yield self._progress("starting", units.counted(len(missing), "worker"))
            with self.budget.preparing():
                self.crew.start({seat: targets[seat] for seat in missing}, warm=self.is_warm)
        for recording in row:
            refusal = self.crew.refused.get(self.seat(recording.case))
            if recording.status == "ok" and refusal is not None:
                recording.fail(refusal)

    def _rounds(self, row: list[Recording], groups: Sequence[Group]) -> Events:
        """Blocks of all cases in turns, until a rule says that it is enough."""
        if not row:
            return
        later = [case for case in _live(groups[1:]) if case.id not in self.lost]
        until = self.clock() + self.budget.of_row(len(row), len(later))
        stop = Stop(self.plan.sampling)
        again = self._renewable(row)
        ready_s = sum(recording.preparing_s for recording in again)
        renewals = Renewals(self.plan.sampling, until, self.clock, ready_s)
        number = 0
        while going := [r for r in row if r.going]:
            yield self._progress("measuring", row[0].case.workload.id)
            for recording in rounds.order(going, number, f"{self.plan.seed}/{self.generation}"):
                self._block(recording, number)
                if recording.status != "ok":
                    yield from self._finish([recording])
            number += 1
            going = [r for r in going if r.going]
            if reason := stop.reason([r.samples for r in going], until - self.clock()):
                for recording in going:
                    recording.stop_reason = reason
                yield from self._finish(going, is_last=True)
            elif (left := [r for r in again if r.going]) and renewals.due(stop.quiet):
                with renewals.making():
                    self._renew(left, renewals.made + 1)
                yield from self._finish([r for r in going if r.status != "ok"])

    def _renewable(self, row: Sequence[Recording]) -> list[Recording]:
        """Those that are renewed.

        Where a case of the row cannot be, the null and what it is a copy of are not either: the
        luck of renewed workers averages out, and what the null shows of luck is believed of all.
        """
        able = [r for r in row if self.seat(r.case) in self.crew.renewable]
        copied = {r.case.target for r in row if r.case.null} if len(able) < len(row) else ()
        return [r for r in able if r.case.target not in copied]

    def _renew(self, again: Sequence[Recording], number: int) -> None:
        """Let these cases go on in fresh copies of their workers.

        number: of the renewal, from 1; who gets ready first changes as between generations.
        """
        seats = dict.fromkeys(self.seat(r.case) for r in again)
        refused = {seat: self.crew.renew(seat) for seat in seats}
        for recording in again:
            recording.renewal = number
            if refusal := refused[self.seat(recording.case)]:
                recording.fail(refusal)
        in_turn = again[:: self.direction * _sign(self.generation + number)]
        for step in self.prepare.again(shared=len(seats) < len(again)):
            for recording in [r for r in in_turn if r.status == "ok"]:
                step(recording)

    def _given_up(self, case: Case) -> str | None:
        return None if case.id in self.told else self.prepare.given_up(case)

    def _block(self, recording: Recording, number: int) -> None:
        others = self.crew.others(self.seat(recording.case))
        before = self.crew.used_s(others)
        reply = self._ask(recording.case, wire.Block(recording.case.id))
        after = self.crew.used_s(others)
        if not isinstance(reply, wire.Timed):
            return recording.fail(failed(reply))
        parked_s = None if before is None or after is None else after - before
        sample = replace(
            reply.sample,
            round=number,
            generation=self.generation,
            renewal=recording.renewal,
            parked_s=parked_s,
        )
        return recording.samples.append(_judged(sample))

    def _tell_of(self, recordings: Iterable[Recording]) -> Iterator[Measurement]:
        for recording in recordings:
            if recording.status != "ok":
                self.lost.add(recording.case.id)
            yield recording.measurement()
            recording.told = True
            self.told.add(recording.case.id)

    def _finish(self, recordings: Sequence[Recording], *, is_last: bool = False) -> Events:
        """Tell of the cases, then free what they hold: an interrupt of the latter loses nothing.

        is_last: they end the row. Workers that are dismissed with it need not free anything
        before, which takes a tenth of a second.
        """
        for recording in recordings:
            recording.facts |= self.crew.facts_of(self.seat(recording.case))
        yield from self._tell_of(recordings)
        for recording in recordings:
            if not is_last or self.seat(recording.case) in self.needed:
                self._ask(recording.case, wire.Release(recording.case.id), RELEASE_TIMEOUT_S)

    def _ask(self, case: Case, order: Order, timeout_s: float | None = None) -> Reply:
        return self.crew.ask(self.seat(case), order, timeout_s)

    def _progress(self, doing: str, what: str) -> Progress:
        total = _lines(self.plan, self.budget.generations)
        return Progress(f"{doing} {what}", self.done, total)


def _sign(number: int) -> int:
    """1, and -1 in half of all numbers: + - - +, as many even as odd ones."""
    return -1 if number % 4 in {1, 2} else 1


def _live(groups: Iterable[Group]) -> list[Case]:
    """Everything that is measured in these rows."""
    return [case for group in groups for case in group.live if not case.skip]


def _lines(plan: Plan, generations: int) -> int:
    """How many measurements there will be if all goes well."""
    live = [case for group in plan.groups for case in group.live]
    return sum(1 if case.skip else generations for case in live)


def _judged(sample: Sample) -> Sample:
    """The sample, flagged if the parked workers were not silent."""
    if sample.parked_s is None or sample.parked_s <= UNPARKED_SHARE * sample.host_s:
        return sample
    return replace(sample, flags=(*sample.flags, "unparked"))


def _interrupted(recordings: Iterable[Recording]) -> Iterator[Measurement]:
    for recording in recordings:
        if recording.samples and not recording.told:
            if recording.going:
                recording.stop_reason = "interrupted"
            yield recording.measurement()
