"""The row under way: which of its cases are reported, and what to say when all are."""

from collections.abc import Mapping
from typing import NamedTuple

from dlbench import units
from dlbench.records.case import Group
from dlbench.records.measurement import Flag, Measurement
from dlbench.report.watching.cells import Cell
from dlbench.report.watching.names import Names

# The flag of a sample that other programs on this machine disturbed.
BUSY: Flag = "busy"


class Finished(NamedTuple):
    """A row that is finished in a generation.

    is_busy: other programs disturbed most samples; is_last: whether no row follows.
    """

    text: str
    is_busy: bool
    is_last: bool


class Place(NamedTuple):
    """The number of a row, among the rows of all repetitions, and its name."""

    number: int
    total: int
    name: str

    def __str__(self) -> str:
        return f"[{self.number}/{self.total}] {self.name}"


class PresentRow:
    """A row in one generation. place: where it stands in the run; cells: of all cases."""

    def __init__(
        self,
        group: Group,
        place: Place,
        cells: Mapping[str, Cell],
        now: float,
        generation: int = 0,
    ) -> None:
        self.group, self.place, self.cells, self.began = group, place, cells, now
        self.reported: dict[str, Measurement] = {}
        # Cases that failed in an earlier generation are not measured again.
        self.expected = {
            case.id
            for case in group.live_in(generation)
            if not case.skip and (case.id not in cells or cells[case.id].is_open)
        }

    def report(self, event: Measurement) -> None:
        """Take note of the outcome of a case, if it is one of the row's."""
        if event.case in self.expected:
            self.reported[event.case] = event

    @property
    def is_finished(self) -> bool:
        """Return whether all cases are reported."""
        return self.expected == self.reported.keys()

    def finish(self, names: Names, now: float) -> Finished | None:
        """Return the row in words; None if nothing of it was reported."""
        flags = [sample.flags for one in self.reported.values() for sample in one.samples]
        is_busy = 2 * sum(BUSY in each for each in flags) > len(flags)
        busy = "; other programs used the CPU" if is_busy else ""
        text = f"{self.place}: {self._summary(names, now - self.began)}{busy}"
        is_last = self.place.number == self.place.total
        return Finished(text, is_busy, is_last) if self.reported else None

    def _summary(self, names: Names, seconds: float) -> str:
        """Return how many targets took how long, the range of their times, and what failed."""
        shown = {c.id: self.cells[c.id] for c in self.group.cases if c.id in self.reported}
        target = {case.id: names.target(case) for case in self.group.cases}
        timed = sorted((cell.step_s or 0.0, one) for one, cell in shown.items() if cell.is_timed)
        ends = [one for _, one in timed[:1] + timed[1:][-1:]]
        failed = sum(cell.is_failed for cell in shown.values())
        skipped = sum(cell.status == "skipped" for cell in shown.values())
        parts = (
            f"{units.counted(len(timed), 'target')} in {units.roughly(seconds)}",
            " to ".join(f"{shown[one].time} ({target[one]})" for one in ends),
            f"{failed} failed" if failed else "",
            f"{skipped} skipped" if skipped else "",
        )
        return ", ".join(filter(None, parts))
