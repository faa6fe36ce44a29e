"""Blocks in which a card ran at a lower clock than it can, for no reason of the case itself."""

from collections import defaultdict

from msgspec.structs import replace

from dlbench.machine.gpu.nvml import CODES
from dlbench.records.case import Case
from dlbench.records.measurement import Flag, Sample

# A block below this share of the highest clock of its device in this run is slow: at 95 % of the
# clock, a step that the card bounds takes 5 % longer, more than what runs can tell apart.
SLOW_SHARE = 0.95

SLOW: Flag = "slow_clock"

# Why a clock may be low by the case's own doing: it uses up the card's power, or heats it.
OWN: frozenset[Flag] = frozenset(("capped", "hot"))

# The bit of NVML's reasons for a card that had nothing to do: its clock then says nothing of the
# block before.
IDLE = CODES.nvmlClocksThrottleReasonGpuIdle


class Pace:
    """The highest clocks of a run so far: of each device, and of each case.

    A case that has never run near the highest clock of its device is slow by itself, and none of
    its blocks is flagged: all of them would be.
    """

    def __init__(self) -> None:
        self.devices: defaultdict[str, float] = defaultdict(float)
        self.cases: defaultdict[str, float] = defaultdict(float)

    def judge(self, case: Case, samples: list[Sample], count: int) -> None:
        """Learn from the last `count` samples of a case, and give slow ones the flag."""
        device, last = case.target.device, samples[-count:]
        for mhz in filter(None, map(clock_of, last)):
            self.devices[device] = max(self.devices[device], mhz)
            self.cases[case.id] = max(self.cases[case.id], mhz)
        least = SLOW_SHARE * self.devices[device]
        if self.cases[case.id] >= least:
            samples[-count:] = [self._judged(sample, least) for sample in last]

    @staticmethod
    def _judged(sample: Sample, least_mhz: float) -> Sample:
        mhz = clock_of(sample)
        is_slow = mhz is not None and mhz < least_mhz and OWN.isdisjoint(sample.flags)
        if not is_slow or SLOW in sample.flags:
            return sample
        return replace(sample, flags=(*sample.flags, SLOW))


def clock_of(sample: Sample) -> float | None:
    """Return the clock at which the card ran a block, in MHz; None if it is not known."""
    if sample.card is None or (sample.card.reasons or 0) & IDLE:
        return None
    return sample.card.core_mhz
