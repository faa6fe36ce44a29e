"""The state of a run as its events tell it: what is done, what is being done, how long it takes."""

from collections.abc import Sequence
from typing import NamedTuple

from dlbench import units
from dlbench.analysis.labels import target_names, varying_params, workload_name
from dlbench.records.case import Case, Group
from dlbench.records.measurement import Flag, Measurement, Phase, Progress, Taken
from dlbench.records.plan import Forecast, Plan
from dlbench.records.run import Run
from dlbench.report.watching.cells import Cell
from dlbench.report.watching.countdown import Countdown
from dlbench.report.watching.eta import ByCount, Eta, Forecasted

BUSY_WARNING = "Other programs are using the CPU. Ctrl-C stops; what is measured is kept."

# The flag of a sample that other programs on this machine disturbed.
BUSY: Flag = "busy"

# A phase is told with its seconds from so many on.
LONG_S = 2.0

# Phases of one case in words. A static mode compiles at its first calls.
WORDS: dict[Phase, str] = {
    "preparing": "preparing {}",
    "checking": "checking {}",
    "warming up": "warming up {}",
    "ramping up": "getting {} up to speed",
    "ending": "timing {} once more",
}
COMPILING = "compiling with {}"


class Finished(NamedTuple):
    """A row that is finished in a generation. is_busy: other programs disturbed most samples."""

    text: str
    is_busy: bool


class Line(NamedTuple):
    """A case of the table: its workload, its target, and its cell."""

    label: str
    target: str
    cell: Cell


class RunView:
    """What there is to say of a run at any time; `now` is in seconds of one clock."""

    def __init__(self, now: float) -> None:
        self.began = self.since = self.row_began = now
        self.eta: Eta = ByCount(now)
        self.countdown = Countdown()
        self.plan: Plan | None = None
        self.cases: dict[str, Case] = {}
        self.cells: dict[str, Cell] = {}
        self.progress = Progress("planning", 0, 0)
        self.row: Group | None = None
        self.is_open = False
        self.rows_begun = 0
        self.reported: dict[str, Measurement] = {}

    def see(self, event: object, now: float) -> Finished | None:
        """Take note of an event; return the row that it finishes, if it does."""
        self.eta.see(event, now)
        if isinstance(event, Run):
            self._plan(event.plan)
        elif isinstance(event, Forecast) and self.plan is not None:
            self.eta = Forecasted(self.plan, event, now)
        elif isinstance(event, Taken) and event.case in self.cells:
            self.cells[event.case].take(event.blocks)
        elif isinstance(event, Measurement):
            return self._report(event, now)
        elif isinstance(event, Progress):
            return self._move(event, now)
        return None

    def _plan(self, plan: Plan) -> None:
        self.plan = plan
        self.cases = {case.id: case for group in plan.groups for case in group.live}
        self.cells = {case.id: Cell() for case in plan.cases}
        self.labels = labels_of(plan.groups)
        self.targets = target_names([case.target for case in plan.cases])

    def _move(self, event: Progress, now: float) -> Finished | None:
        """Go on to the next activity; return the row before, if it ends without a last word."""
        finished = None
        if event.phase and (event.row, event.generation) != self.place:
            finished = self._finish(now)
            self._begin_row(event.row, now)
        before = self.what
        self.progress = event
        if self.what != before:
            self.since = now
        return finished

    @property
    def what(self) -> str:
        """Return a name of what is being done; turns of a row are one activity."""
        event = self.progress
        case = "" if event.phase == "measuring" else event.case
        return f"{event.phase or event.doing} {event.generation} {event.row} {case}"

    @property
    def place(self) -> tuple[str, int]:
        """Return the row and the generation of the present activity."""
        return self.progress.row, self.progress.generation

    def _begin_row(self, row: str, now: float) -> None:
        groups = self.plan.groups if self.plan else ()
        self.row = next((group for group in groups if group.workload.id == row), None)
        self.rows_begun += 1
        self.row_began, self.reported, self.is_open = now, {}, self.row is not None

    def _report(self, event: Measurement, now: float) -> Finished | None:
        """Take over an outcome; the row is finished when all of its cases are reported."""
        if event.case in self.cells:
            self.cells[event.case].end(event.status, event.reason)
        self.reported[event.case] = event
        active = [case.id for case in self.row.live if not case.skip] if self.row else []
        is_last = all(case in self.reported or self._has_failed(case) for case in active)
        return self._finish(now) if is_last else None

    def _has_failed(self, case: str) -> bool:
        cell = self.cells.get(case)
        return cell is not None and cell.status not in {None, "ok"}

    def _finish(self, now: float) -> Finished | None:
        """Return the present row in words, once; None if nothing of it was measured."""
        if self.row is None or not self.is_open:
            return None
        self.is_open = False
        reported = [self.reported[c.id] for c in self.row.live if c.id in self.reported]
        flags = [sample.flags for one in reported for sample in one.samples]
        is_busy = 2 * sum(BUSY in each for each in flags) > len(flags)
        shown = [
            one for one in reported if one.case in self.cells and not self.cases[one.case].skip
        ]
        busy = "; other programs used the CPU" if is_busy else ""
        text = f"{self.head}: {self._summary(shown, now - self.row_began)}{busy}"
        return Finished(text, is_busy) if shown else None

    def _summary(self, reported: Sequence[Measurement], seconds: float) -> str:
        """Return how many targets took how long, the range of their times, and what failed."""
        cells = {one.case: self.cells[one.case] for one in reported}
        times = {c: cell.step_s for c, cell in cells.items() if cell.step_s and not cell.is_failed}
        ends = sorted(times, key=lambda case: times[case] or 0.0)
        ends = list(dict.fromkeys((ends[0], ends[-1]))) if ends else []
        named = [f"{cells[c].text} ({self.targets[self.cases[c].target]})" for c in ends]
        failed = sum(cell.is_failed for cell in cells.values())
        skipped = sum(cell.status == "skipped" for cell in cells.values())
        parts = [
            f"{units.counted(len(times), 'target')} in {units.roughly(seconds)}",
            " to ".join(named),
            f"{failed} failed" if failed else "",
            f"{skipped} skipped" if skipped else "",
        ]
        return ", ".join(filter(None, parts))

    @property
    def head(self) -> str:
        """Return where the run is: `[2/4] matmul 256`, or how much is done."""
        if self.plan is None or not self.progress.phase:
            total = self.progress.total
            return f"[{self.progress.done}/{total}]" if total else ""
        rows = sum(any(not case.skip for case in group.live) for group in self.plan.groups)
        generation = self.progress.generation + 1
        repetition = f", repetition {generation}" if self.progress.generations > 1 else ""
        total = rows * self.progress.generations
        return f"[{self.rows_begun}/{total}] {self.labels.get(self.progress.row, '')}{repetition}"

    def doing(self, now: float) -> str:
        """Return what is being done in words: `compiling with torch compile (12 s)`."""
        event = self.progress
        if event.phase == "measuring":
            extra = event.round - event.rounds
            if extra > 0:
                return f"measuring, extra round {extra} in place of disturbed ones"
            return f"measuring, round {event.round} of {event.rounds}"
        since_s = now - self.since
        seconds = f" ({units.roughly(since_s)})" if since_s >= LONG_S else ""
        return f"{self._words(event)}{seconds if event.phase else ''}"

    def _words(self, event: Progress) -> str:
        case = self.cases.get(event.case)
        if event.phase not in WORDS or case is None:
            return event.doing
        is_compiling = event.phase == "preparing" and case.mode_kind == "static"
        words = COMPILING if is_compiling else WORDS[event.phase]
        return words.format(self.targets[case.target])

    def time(self, now: float) -> str:
        """Return the time that has passed, and the time left: `1:12, 0:40 left`."""
        left = self.countdown.text(self.eta.left(now), now)
        return ", ".join(filter(None, (units.minutes(now - self.began), left)))

    def lines(self, group: Group) -> list[Line]:
        """Return a line for every case of a row."""
        label = self.labels[group.workload.id]
        return [Line(label, self.targets[c.target], self.cells[c.id]) for c in group.cases]


def labels_of(groups: Sequence[Group]) -> dict[str, str]:
    """Name the rows by the ids of their workloads."""
    varying = varying_params(groups)
    return {group.workload.id: workload_name(group.workload, varying) for group in groups}
