"""What a crossover is about, in words: its workload, its axis, its two targets."""

from dataclasses import dataclass
from functools import cached_property

from dlbench.analysis import labels
from dlbench.analysis.rows import Row
from dlbench.answers.crossing import Comparison, Side
from dlbench.records.case import Target
from dlbench.records.run import Run

DEVICES = {"cpu": "the CPU", "cuda": "the GPU"}

# Of targets whose call takes arrays, and of those with the bare call.
FED = "data from the host at every step"
RESIDENT = "data on the device"


@dataclass(frozen=True)
class Subject:
    """A crossover and what names it.

    workload: such as `train_step mnist-512`; rows: of the run; warnings: whole sentences; notes:
    further lines, one idea each.
    """

    run: Run
    comparison: Comparison
    workload: str
    left: Target
    right: Target
    rows: tuple[Row, ...] = ()
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def axis(self) -> str:
        """Return the name of the axis."""
        return self.comparison.axis

    @cached_property
    def names(self) -> tuple[str, str]:
        """Return short names of both targets, which tell them apart."""
        names = labels.target_names([self.left, self.right])
        return names[self.left], names[self.right]

    @cached_property
    def setting(self) -> str:
        """Return what both targets have in common."""
        axes = [axis for axis in labels.TARGET_AXES if axis != "call"]
        same = [axis for axis in axes if getattr(self.left, axis) == getattr(self.right, axis)]
        words = [word for word in labels.words(self.left, same) if word]
        return ", ".join([*words, FED if self.left.call else RESIDENT])

    @property
    def differ_in_device(self) -> bool:
        """Return whether nothing but the device tells the targets apart."""
        return self.left.device != self.right.device and self.names == (
            self.left.device,
            self.right.device,
        )

    def name(self, side: Side) -> str:
        """Return a target in a table."""
        return self.names[side == "right"]

    def words(self, side: Side) -> str:
        """Return a target in a sentence, such as the GPU."""
        name = self.name(side)
        return DEVICES.get(name, name)

    def at(self, value: float) -> str:
        """Return a value with its axis: `batch 1,024`."""
        return f"{self.axis} {round(value):,}"
