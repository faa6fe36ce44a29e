"""When a step is up to speed after a pause: a pure function of the times of its blocks.

Threads that sleep must wake, caches are cold, cores have halted: the first steps after a pause take
longer. Seen with a traced product of 256x256 matrices: 1.7 times as long in the first 20 ms after a
pause of 50 ms, and some percent longer up to 0.2 s.
"""

from collections.abc import Iterable, Sequence
from math import log, sqrt
from statistics import NormalDist, median
from typing import NamedTuple

from dlbench.records.measurement import Sample
from dlbench.stats.location import effective_count

# The first window of time after a pause; each later window is as long as all before it. So a decay
# with any time constant from a twentieth of a window up shows between two windows.
FIRST_WINDOW_S = 0.02

# The blocks of a stretch, in seconds: a window holds four, and each still has far more steps than
# the synchronisation at its ends costs.
FINE_S = 0.005

# The shortest lead-in, in seconds. One stretch on a noisy machine may show a shorter ramp than
# there is. Seen as the median of 25 pauses: PyTorch's product of 256x256 takes 1.35 times as long
# in the first 5 ms and 1.04 times up to 20 ms, a traced forward pass 1.7 and 1.26 times up to 10.
LEAST_LEAD_S = FIRST_WINDOW_S

# So many windows before the first look: two of a few blocks each may agree by chance. The first
# look, and the shortest stretch, in seconds.
FEWEST_WINDOWS = 4
FIRST_LOOK_S = FIRST_WINDOW_S * 2 ** (FEWEST_WINDOWS - 1)

# The steps are steady if the medians of the last two windows differ by at most this share, or by
# the noise of the medians up to another share: a ramp must not pass for noise. Of an exponential
# decay, the later window then has less than a quarter of the first share left.
STEADY_SHARE = 0.01
MOST_NOISE = 0.02

# Where the time for that is up, the steps count as steady up to this share: as much as a time in a
# table may be wrong.
STEADY_ENOUGH = 0.03

# The lead-in ends where the next blocks are this near to the steady time: a turn behind it is wrong
# by less, as the rest decays while it lasts.
NEAR_SHARE = 0.005

# So many blocks tell where the lead-in ends, by their median: one or two may be disturbed. The
# first of them must not lie further out than so many standard deviations, nor than this share.
NEXT_BLOCKS = 5
FIRST_SD = 3
FIRST_SHARE = 0.02

# The standard deviation of normal values by the median of their absolute deviations, and that of
# the median of n values by theirs/sqrt(n), for large n.
SD_BY_MAD = 1 / NormalDist().inv_cdf(0.75)
SD_OF_MEDIAN = 1.2533


# The longest lead-in, in seconds: a ramp with a time constant of 0.2 s is over. A step that takes
# longer has none, as each step is longer than any ramp.
LONGEST_LEAD_S = 1.28


class Block(NamedTuple):
    """One block of steps. end_s: seconds from the end of the pause; step_s: seconds of a step."""

    end_s: float
    step_s: float


def blocks_of(samples: Iterable[Sample]) -> list[Block]:
    """Return the samples of a stretch as blocks, on the device's clock if it has one."""
    blocks, end_s = list[Block](), 0.0
    for sample in samples:
        end_s += sample.own_s
        blocks.append(Block(end_s, sample.own_s / sample.iterations))
    return blocks


class Ramp(NamedTuple):
    """How steps get up to speed.

    lead_s: seconds from the end of the pause to the first block that counts; steady_s: seconds of a
    step from then on; is_steady: whether the last two windows agree.
    """

    lead_s: float
    steady_s: float
    is_steady: bool


def is_steady(blocks: Sequence[Block], share: float = STEADY_SHARE) -> bool:
    """Return whether the medians of the last two full windows differ by the share, or by noise."""
    windows = _windows(blocks)
    if len(windows) < FEWEST_WINDOWS:
        return False
    before, after = ([block.step_s for block in window] for window in windows[-2:])
    steady_s = median(after)
    noise_s = min(sqrt(_error(before) ** 2 + _error(after) ** 2), MOST_NOISE * steady_s)
    return abs(median(before) - steady_s) <= max(share * steady_s, noise_s)


def ramp(blocks: Sequence[Block]) -> Ramp:
    """Return the ramp of blocks that follow each other without a pause; at least one block."""
    windows = _windows(blocks)
    last = [block.step_s for block in (windows[-1] if windows else blocks)]
    return Ramp(_lead_s(blocks, last), median(last), is_steady(blocks, STEADY_ENOUGH))


def change(blocks: Sequence[Block]) -> float | None:
    """Return the log ratio of the medians of the last two full windows; None without two."""
    windows = [[block.step_s for block in window] for window in _windows(blocks)]
    if len(windows) < FEWEST_WINDOWS or min(map(min, windows[-2:])) <= 0:
        return None
    return log(median(windows[-1]) / median(windows[-2]))


def _lead_s(blocks: Sequence[Block], steady: Sequence[float]) -> float:
    """Return the end of the last block before the times are near those of steady blocks."""
    steady_s, sd = median(steady), _sd(steady)
    lasting = sqrt(len(steady) / effective_count(steady))
    near_s = max(NEAR_SHARE * steady_s, SD_OF_MEDIAN * sd * lasting / sqrt(NEXT_BLOCKS))
    first_s = max(FIRST_SHARE * steady_s, FIRST_SD * sd)
    lead_s = 0.0
    for number, block in enumerate(blocks):
        next_s = median(later.step_s for later in blocks[number : number + NEXT_BLOCKS])
        if abs(next_s - steady_s) <= near_s and abs(block.step_s - steady_s) <= first_s:
            break
        lead_s = block.end_s
    return lead_s


def _windows(blocks: Sequence[Block]) -> list[list[Block]]:
    """Return the blocks by window of time, without the last window if it is not yet over."""
    windows: list[list[Block]] = [[]]
    edge_s = FIRST_WINDOW_S
    for block in blocks:
        windows[-1].append(block)
        if block.end_s >= edge_s:
            windows.append([])
        while block.end_s >= edge_s:  # one long block may be longer than several windows
            edge_s *= 2
    return windows[:-1]


def _error(values: Sequence[float]) -> float:
    """Return the standard error of the median."""
    return SD_OF_MEDIAN * _sd(values) / sqrt(len(values))


def _sd(values: Sequence[float]) -> float:
    """Return the standard deviation, as the median of the absolute deviations tells it."""
    middle = median(values)
    return SD_BY_MAD * median(abs(value - middle) for value in values)
