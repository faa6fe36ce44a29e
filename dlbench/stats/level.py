"""Whether blocks in turns take as long as blocks without a pause, by their times."""

from collections.abc import Iterable, Sequence
from math import exp, log, log1p, sqrt
from statistics import fmean, median, variance
from typing import NamedTuple

from scipy.special import ndtri, stdtrit

from dlbench.records.measurement import Sample
from dlbench.stats.location import CONFIDENCE, Estimate, median_error

# A penalty matters if it is larger than this, beyond doubt: a time in a table may be wrong by as
# much.
MOST_PENALTY = 0.03

# So many blocks in turns are compared with a stretch, those nearest in time: the speed of the
# machine may change within seconds.
NEIGHBOURS = 8

# The spread of fewer changes is unknown.
FEWEST_CHANGES = 2


class Times(NamedTuple):
    """Seconds of a step, above 0: of blocks in turns, and of those in one go at about that time."""

    turns: Sequence[float]
    stretch: Sequence[float]


def quiet_steps(samples: Iterable[Sample]) -> list[float]:
    """Return the seconds of a step of the quiet samples, on the device's clock if it has one."""
    return [sample.own_s / sample.iterations for sample in samples if sample.is_quiet]


def penalty(pairs: Sequence[Times]) -> Estimate | None:
    """Return how much longer steps take in turns, as a share: 0.01 is 1 % more; with its interval.

    The ratio of the two medians less 1, as the mean over pairs. None without values; without an
    interval if there are too few for one (stats.location.median_error).
    """
    logs = [Times(*map(_logs, times)) for times in pairs if times.turns and times.stretch]
    if not logs:
        return None
    ratios = [median(times.turns) - median(times.stretch) for times in logs]
    middle, reach = fmean(ratios), _reach(logs, ratios)
    if reach is None:
        return Estimate(exp(middle) - 1, None, None)
    return Estimate(exp(middle) - 1, exp(middle - reach) - 1, exp(middle + reach) - 1)


def is_beyond_doubt(found: Estimate | None) -> bool:
    """Return whether the penalty is beyond MOST_PENALTY, up or down, with its whole interval."""
    if found is None or found.low is None or found.high is None:
        return False
    return found.low > MOST_PENALTY or found.high < -MOST_PENALTY


def keeps_changing(changes: Sequence[float]) -> bool:
    """Return whether steps still change by more than MOST_PENALTY, beyond doubt, at the end.

    changes: of each stretch, from its first half to its second, as logarithms (ramp.change). One
    stretch says nothing: the speed of the machine may have changed.
    """
    number = len(changes)
    if number < FEWEST_CHANGES:
        return False
    reach = float(stdtrit(number - 1, (1 + CONFIDENCE) / 2)) * sqrt(variance(changes) / number)
    return abs(fmean(changes)) - reach > log1p(MOST_PENALTY)


def _logs(steps_s: Sequence[float]) -> list[float]:
    return [log(step_s) for step_s in steps_s]


def _reach(logs: Sequence[Times], ratios: Sequence[float]) -> float | None:
    """Return half of the interval: by the spread of the pairs, or of their blocks if larger.

    A machine whose speed changes within seconds changes it between the two of a pair as well: only
    the spread of pairs shows that.
    """
    errors = [median_error(values) for times in logs for values in times]
    known = [error for error in errors if error is not None]
    if len(known) < len(errors):
        return None
    number, level = len(logs), (1 + CONFIDENCE) / 2
    of_blocks = float(ndtri(level)) * sqrt(sum(error**2 for error in known)) / number
    if number == 1:
        return of_blocks
    return max(of_blocks, float(stdtrit(number - 1, level)) * sqrt(variance(ratios) / number))
