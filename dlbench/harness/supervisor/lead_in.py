"""The lead-in of a case's turns: how long it is, and the blocks that prove it.

A stretch without a pause before the first turn tells how long the case needs to get up to speed. A
second one after the last turn shows whether turns took as long.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from dlbench.records.measurement import RAMP, Sample, Stretch
from dlbench.stats.level import Times, is_beyond_doubt, penalty, quiet_steps
from dlbench.stats.ramp import FIRST_LOOK_S, LEAST_LEAD_S, LONGEST_LEAD_S

# How often a lead-in that turns out to be too short is doubled. If four times as much does not
# help, the lead-in is not the reason.
MOST_DOUBLINGS = 2


@dataclass
class LeadIn:
    """The lead-in of a case in one generation.

    seconds: its length, 0 for none; blocks: of the lead-ins so far; stretches: without a pause;
    doublings: how often it has been doubled.
    """

    seconds: float = 0.0
    blocks: list[Sample] = field(default_factory=list)
    stretches: list[Stretch] = field(default_factory=list)
    doublings: int = 0

    def longest_s(self, most_s: float) -> float:
        """Return how long the next stretch may be: the first has all the time to get steady.

        Later ones need as much behind the lead-in as before it.
        """
        return min(most_s, max(FIRST_LOOK_S, 2 * self.seconds)) if self.stretches else most_s

    def learn(self, stretch: Stretch) -> None:
        """Store a stretch; the first one tells the length."""
        if not self.stretches and stretch.samples:
            self.seconds = max(stretch.lead_s, LEAST_LEAD_S)
        self.stretches.append(stretch)

    @property
    def may_grow(self) -> bool:
        """Return whether a longer lead-in is worth a try."""
        return 0 < self.seconds < LONGEST_LEAD_S and self.doublings < MOST_DOUBLINGS

    def is_too_short(self, turns: Sequence[Sample]) -> bool:
        """Return whether these blocks take longer than the last stretch, beyond doubt."""
        found = penalty([Times(quiet_steps(turns), quiet_steps(self.stretches[-1].samples))])
        return found is not None and found.value > 0 and is_beyond_doubt(found)

    def double(self, turns: Sequence[Sample]) -> None:
        """Make the lead-in twice as long; the blocks of the turns so far then belong to it."""
        self.seconds = min(2 * self.seconds, LONGEST_LEAD_S)
        self.doublings += 1
        self.blocks += [replace(sample, flags=(*sample.flags, RAMP)) for sample in turns]
