"""The state of a run as its events tell it: what is done, what is being done, how long it takes."""

from typing import NamedTuple

from dlbench import units
from dlbench.records.case import Case, Group
from dlbench.records.measurement import Measurement, Phase, Progress, Taken
from dlbench.records.plan import Forecast, Grown, Plan
from dlbench.records.run import Run
from dlbench.records.seam import Resumed
from dlbench.report.watching.cells import Cell
from dlbench.report.watching.countdown import Countdown
from dlbench.report.watching.eta import ByCount, Eta, Forecasted, Unknown
from dlbench.report.watching.names import Names
from dlbench.report.watching.row import Finished, Place, PresentRow

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


class Line(NamedTuple):
    """A case of the table: its workload, its target, and its cell."""

    label: str
    target: str
    cell: Cell


class Planned:
    """A plan with its names, and a cell for each case.

    in_table: the cases of rows that are not skipped as a whole; ended: how many of them have an
    outcome, counted as they come: a plan may have thousands.
    """

    def __init__(self, plan: Plan, before: "Planned | None" = None) -> None:
        """Name the cases. before: the same with fewer rows, whose cells are kept."""
        known: dict[str, Cell] = {} if before is None else before.cells
        self.names = Names(plan)
        self.cases = {case.id: case for group in plan.groups for case in group.live}
        self.cells: dict[str, Cell] = {case.id: known.get(case.id) or Cell() for case in plan.cases}
        self.groups = {
            group.workload.id: group
            for group in plan.groups
            if not all(case.skip for case in group.cases)
        }
        self.in_table = {case.id for group in self.groups.values() for case in group.cases}
        self.ended = sum(self.cells[case].status is not None for case in self.in_table)

    def end(self, event: Measurement) -> None:
        """Take over the outcome of a case; count it, if it is the first of a case in the table."""
        cell = self.cells.get(event.case)
        if cell is not None:
            self.ended += cell.status is None and event.case in self.in_table
            cell.end(event.status, event.reason)

    def lines(self, group: Group) -> list[Line]:
        """Return a line for every case of a row."""
        labels = self.names.workloads
        return [
            Line(labels[c.workload.id], self.names.target(c), self.cells[c.id]) for c in group.cases
        ]


class RunView:
    """What there is to say of a run at any time; `now` is in seconds of one clock."""

    def __init__(self, now: float) -> None:
        self.began = self.since = now
        self.eta: Eta = ByCount(now)
        self.countdown = Countdown()
        self.plan: Plan | None = None
        self.planned: Planned | None = None
        self.progress = Progress("planning", 0, 0)
        self.row: PresentRow | None = None
        self.rows_begun = self.most_rows = 0

    def see(self, event: object, now: float) -> Finished | None:
        """Take note of an event; return the row that it finishes, if it does."""
        self.eta.see(event, now)
        if isinstance(event, Run):
            self.plan, self.planned = event.plan, Planned(event.plan)
        elif isinstance(event, Grown):
            self.plan, self.planned = event.plan, Planned(event.plan, self.planned)
            self.most_rows, self.eta = event.most, Unknown()
        elif isinstance(event, Forecast) and self.plan is not None:
            self.eta = Forecasted(self.plan, event, now)
        elif isinstance(event, Resumed) and self.planned is not None:
            self._resume(self.planned, event)
        elif isinstance(event, Progress):
            return self._move(event, now)
        elif isinstance(event, Measurement | Taken) and self.planned is not None:
            return self._fill(self.planned, event, now)
        return None

    def _resume(self, planned: Planned, event: Resumed) -> None:
        """Fill the cells of what was measured before the run was resumed."""
        self.rows_begun = sum(row in planned.groups for _, row in event.rows)
        for one in event.kept:
            planned.cells.get(one.case, Cell()).take(one.samples)  # none of a null
            planned.end(one)

    def _fill(self, planned: Planned, event: Measurement | Taken, now: float) -> Finished | None:
        """Fill the case's cell; return the row if this was the last outcome that it lacked."""
        if isinstance(event, Taken):
            planned.cells.get(event.case, Cell()).take(event.blocks)  # none of a null
            return None
        planned.end(event)
        if self.row is None or self.row.is_finished:
            return None
        self.row.report(event)
        return self.row.finish(planned.names, now) if self.row.is_finished else None

    def _move(self, event: Progress, now: float) -> Finished | None:
        """Go on to the next activity; return the row before, if it ends incomplete."""
        finished, before, what = None, self.progress, self.what
        self.progress = event
        is_next = (event.row, event.generation) != (before.row, before.generation)
        is_known = self.planned is not None and event.row in self.planned.groups
        if self.planned is not None and is_known and (is_next or self.row is None):
            if self.row is not None and not self.row.is_finished:
                finished = self.row.finish(self.planned.names, now)
            self._begin_row(self.planned, event, now)
        if self.what != what:
            self.since = now
        return finished

    def _begin_row(self, planned: Planned, event: Progress, now: float) -> None:
        self.rows_begun += 1
        total = self.most_rows or len(planned.groups) * event.generations
        name = planned.names.rows[event.row]
        repetition = f", repetition {event.generation + 1}" if event.generations > 1 else ""
        place = Place(self.rows_begun, total, f"{name}{repetition}")
        group = planned.groups[event.row]
        self.row = PresentRow(group, place, planned.cells, now, event.generation)

    @property
    def what(self) -> str:
        """Return a name of what is being done; turns of a row are one activity."""
        event = self.progress
        case = "" if event.phase == "measuring" else event.case
        return f"{event.phase or event.doing} {event.generation} {event.row} {case}"

    @property
    def head(self) -> str:
        """Return where the run is: `[2/4] matmul 256`, or how much is done."""
        if self.row is not None:
            return str(self.row.place)
        return f"[{self.progress.done}/{self.progress.total}]" if self.progress.total else ""

    def doing(self, now: float) -> str:
        """Return what is being done in words: `compiling with torch compile (12 s)`."""
        event = self.progress
        if event.phase == "measuring":
            extra = event.round - event.rounds
            if extra > 0:
                return f"measuring, extra round {extra}"
            return f"measuring, round {event.round} of {event.rounds}"
        since_s = now - self.since
        is_long = event.phase is not None and since_s >= LONG_S
        return f"{self._words(event)}{f' ({units.roughly(since_s)})' if is_long else ''}"

    def _words(self, event: Progress) -> str:
        case: Case | None = self.planned.cases.get(event.case) if self.planned else None
        if event.phase not in WORDS or case is None or self.planned is None:
            return event.doing
        is_compiling = event.phase == "preparing" and case.mode_kind == "static"
        words = COMPILING if is_compiling else WORDS[event.phase]
        return words.format(self.planned.names.target(case))

    def time(self, now: float) -> str:
        """Return the time that has passed, and the time left: `1:12, 0:40 left`."""
        left = self.countdown.text(self.eta.left(now), now)
        return ", ".join(filter(None, (units.minutes(now - self.began), left)))
