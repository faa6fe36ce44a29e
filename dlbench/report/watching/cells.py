"""The cells of the table that fills while a run goes on: what is known of each case so far."""

from dataclasses import dataclass, field
from statistics import median

from dlbench import units
from dlbench.analysis.labels import one_line
from dlbench.analysis.samples import ENOUGH
from dlbench.records.measurement import Sample, Status
from dlbench.report.absent import STATUS_WORDS

# What stands in the place of a time to come.
TO_COME = "…"

# A median of fewer samples has two digits.
FEW_SAMPLES, FEW_DIGITS = 3, 2


@dataclass
class Cell:
    """A case so far. steps_s: the seconds of a step in each sample; quiet_s: in undisturbed ones.

    status: None before the first measurement of the case is complete.
    """

    steps_s: list[float] = field(default_factory=list)
    quiet_s: list[float] = field(default_factory=list)
    status: Status | None = None
    reason: str = ""

    def take(self, blocks: tuple[Sample, ...]) -> None:
        """Add the samples of a turn."""
        self.steps_s += [block.step_s for block in blocks]
        self.quiet_s += [block.step_s for block in blocks if not block.is_disturbed]

    def end(self, status: Status, reason: str | None) -> None:
        """Take over the outcome of the case in a generation; a failure stays."""
        if self.is_open:
            self.status, self.reason = status, one_line(reason or "")

    @property
    def is_busy(self) -> bool:
        """Return whether most samples are disturbed, and disturbed ones count."""
        quiet = len(self.quiet_s)
        return 2 * quiet < len(self.steps_s) and quiet < ENOUGH

    @property
    def is_open(self) -> bool:
        """Return whether the case may be measured again: nothing has been wrong with it."""
        return self.status in {None, "ok"}

    @property
    def is_timed(self) -> bool:
        """Return whether there is a time to show."""
        return self.is_open and bool(self.steps_s)

    @property
    def is_failed(self) -> bool:
        """Return whether something is wrong with the case."""
        return not self.is_open and self.status != "skipped"

    @property
    def step_s(self) -> float | None:
        """Return the median seconds of a step so far; None without samples.

        Disturbed samples are left out where enough others are there, as in the final table.
        """
        counting = self.quiet_s if len(self.quiet_s) >= ENOUGH else self.steps_s
        return median(counting) if counting else None

    @property
    def text(self) -> str:
        """Return the time so far with its unit, or why there is none."""
        if self.status not in {None, "ok"}:
            word = STATUS_WORDS[self.status]
            return f"{word}: {self.reason}" if self.reason else word
        return f"{self.time or TO_COME}{' (busy)' if self.is_busy else ''}"

    @property
    def time(self) -> str:
        """Return the time so far with its unit; empty without samples."""
        step_s = self.step_s
        if step_s is None:
            return ""
        is_rough = len(self.steps_s) < FEW_SAMPLES
        return f"about {_rough(step_s)}" if is_rough else units.duration(step_s)


def _rough(seconds: float) -> str:
    unit, symbol = units.time_unit(seconds)
    return f"{units.significant(seconds / unit, FEW_DIGITS)} {symbol}"
