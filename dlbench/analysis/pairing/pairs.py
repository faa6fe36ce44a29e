"""Pair two cases round by round: a disturbance that hits both cancels in their ratio.

It makes log ratios; located.py estimates from them, verdicts.py judges.
"""

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from math import exp, log
from typing import NamedTuple

from dlbench import units
from dlbench.analysis.pairing.views import (
    Groups,
    Rounds,
    View,
    as_used,
    bounds,
    negative,
    without_stops,
)
from dlbench.analysis.samples import ENOUGH, CaseSamples, RoundKey
from dlbench.stats.shape import centre, drift, modes

# At least this share of the rounds must be quiet before disturbed ones are discarded. With fewer,
# some of the quiet ones may have been disturbed unnoticed.
QUIET_SHARE = 0.25

# At least this share of the generations (and two, if there are two) must have enough quiet rounds:
# more rounds of one generation cannot show how much generations differ.
GENERATIONS_SHARE = 0.5

# A drift matters if it moves the ratio by more than this during a measurement: half of the default
# margin of a verdict.
LEAST_DRIFT = 0.01

# A smaller share of throttled rounds does not move a median.
THROTTLED_SHARE = 0.1


class Placement(NamedTuple):
    """The rounds that two processes ran side by side: seconds since the start, and log ratios.

    In arrays, as a run may have millions of them.
    """

    times: "array[float]"
    ratios: "array[float]"


class Pair(NamedTuple):
    """A case and its baseline, by id, with the log ratios of their times: above 0 is slower.

    middle: log ratio of the two medians; interleaved: whether both were measured round by round;
    generations: log ratios of the rounds that count, by generation; views: what the true ones may
    be, in all ways to look at them; placements: the log ratios by the two running processes.
    Numbers: rounds: in which both have a sample; disturbed: of these, with other programs running;
    lost: generations without a quiet round; throttled: rounds in which the cgroup's quota stopped
    one of the two. busy: too few rounds were quiet.
    """

    case: str
    baseline: str
    middle: float | None
    interleaved: bool = False
    generations: Groups = ()
    views: tuple[View, ...] = ()
    placements: tuple[Placement, ...] = ()
    rounds: int = 0
    disturbed: int = 0
    lost: int = 0
    busy: bool = False
    throttled: int = 0

    @property
    def is_throttled(self) -> bool:
        """Return whether the cgroup's quota may have changed the ratio, by stopping either case."""
        return self.throttled > THROTTLED_SHARE * self.rounds

    def mirrored(self) -> "Pair":
        """Return the same with case and baseline exchanged."""
        flipped = negative(self.generations)
        shared = {id(one): other for one, other in zip(self.generations, flipped, strict=True)}
        return self._replace(
            case=self.baseline,
            baseline=self.case,
            middle=None if self.middle is None else -self.middle,
            generations=flipped,
            views=tuple(
                View(flipped, flipped)
                if least is most is self.generations
                else View(negative(most), negative(least))
                for least, most in self.views
            ),
            placements=tuple(
                Placement(times, shared.get(id(ratios)) or array("d", [-ratio for ratio in ratios]))
                for times, ratios in self.placements
            ),
        )


def pair_rounds(case: CaseSamples, baseline: CaseSamples) -> Pair:
    """Pair the samples of both cases by round; use the quiet rounds if there are enough."""
    middle = _middle(case, baseline)
    if case.by_round is None or baseline.by_round is None:
        return Pair(case.case, baseline.case, middle)
    ours, theirs = case.by_round, baseline.by_round
    both = [key for key in case.logs if key in baseline.logs]
    disturbed = case.disturbed | baseline.disturbed
    quiet = [key for key in both if key not in disturbed]
    busy = len(quiet) < len(both) and not _are_enough(quiet, both)
    used = _best(quiet, both) if busy else quiet
    ratios, placements = _ratios(case, baseline, used)
    throttled = case.throttled | baseline.throttled
    pair = Pair(
        case=case.case,
        baseline=baseline.case,
        middle=middle,
        interleaved=True,
        generations=ratios,
        placements=placements,
        rounds=len(both),
        disturbed=len(both) - len(quiet),
        lost=len(_generations(both) - _generations(quiet)),
        busy=busy,
        throttled=sum(key in throttled for key in both) if throttled else 0,
    )
    return pair._replace(views=_views(pair, used, both, ours, theirs))


def _ratios(
    case: CaseSamples, baseline: CaseSamples, used: Sequence[RoundKey]
) -> tuple[tuple["array[float]", ...], tuple[Placement, ...]]:
    """Return the log ratios of these rounds by generation, and by the two running processes.

    Where one process runs for the whole generation, both are the same array.
    """
    ours, theirs = case.by_round or {}, baseline.by_round or {}
    our_logs, their_logs, last = case.logs, baseline.logs, None
    ratios = defaultdict[int, "array[float]"](_numbers)
    timed = defaultdict[tuple[int, int, int], Placement](lambda: Placement(_numbers(), _numbers()))
    for key in used:
        a = ours[key]
        place = (key[0], a.renewal, theirs[key].renewal)
        if place != last:  # looked up once for many rounds
            last, (times, values), own = place, timed[place], ratios[key[0]]
        ratio = our_logs[key] - their_logs[key]
        own.append(ratio)
        times.append(a.started_s)
        values.append(ratio)
    count = Counter(generation for generation, *_ in timed)
    placements = (
        Placement(one.times, ratios[place[0]]) if count[place[0]] == 1 else one
        for place, one in timed.items()
    )
    return tuple(ratios.values()), tuple(placements)


def _numbers() -> "array[float]":
    return array("d")


def apart(case: CaseSamples, baseline: CaseSamples) -> Pair:
    """Return the pair of two cases that were not measured in turns: their medians alone."""
    return Pair(case.case, baseline.case, _middle(case, baseline))


def _views(
    pair: Pair, used: Sequence[RoundKey], both: Sequence[RoundKey], ours: Rounds, theirs: Rounds
) -> tuple[View, ...]:
    """Return the ways to look at the ratios; none if disturbed rounds tell nothing."""
    if pair.busy:
        return bounds(both, ours, theirs)
    if pair.is_throttled:
        return without_stops(used, ours, theirs), as_used(used, ours, theirs)
    return (View(pair.generations, pair.generations),)


def _generations(rounds: Iterable[RoundKey]) -> set[int]:
    return {generation for generation, _ in rounds}


def _best(quiet: Sequence[RoundKey], both: Sequence[RoundKey]) -> Sequence[RoundKey]:
    """For a ratio without a verdict: quiet rounds of generations with enough of them, or all."""
    by_generation = Counter(generation for generation, _ in quiet)
    return [key for key in quiet if by_generation[key[0]] >= ENOUGH] or both


def _are_enough(quiet: Sequence[RoundKey], both: Sequence[RoundKey]) -> bool:
    by_generation = Counter(generation for generation, _ in quiet)
    enough = sum(count >= ENOUGH for count in by_generation.values())
    generations = len(_generations(both))
    wanted = max(min(2, generations), GENERATIONS_SHARE * generations)
    return enough >= wanted and len(quiet) >= QUIET_SHARE * len(both)


def _middle(case: CaseSamples, baseline: CaseSamples) -> float | None:
    """Log ratio of the medians: all that can be computed without rounds."""
    ours, theirs = case.middle_s, baseline.middle_s
    return log(ours) - log(theirs) if ours and theirs else None


def remark(pair: Pair) -> str:
    """Describe what makes a ratio doubtful, to be put after it; empty if nothing does."""
    return f"{_left_out(pair)}{_shape(pair)}"


def _left_out(pair: Pair) -> str:
    left_out = 0 if pair.busy else pair.disturbed
    return f"; {left_out} of {pair.rounds} rounds discarded" if left_out else ""


def _shape(pair: Pair) -> str:
    """Describe two modes, or a drift that matters."""
    logs = [value for values in pair.generations for value in values]
    if found := modes(logs):
        low, high = units.ratios(exp(found.low), exp(found.high))
        return f"; two clusters of the times' ratio, at {low} and {high}"
    values, times = centre([*zip(*both, strict=True)] for both in pair.placements)
    slope = drift(values, times)
    # no rate: measurements take seconds, and one of 300 % per minute would say what nobody saw
    change = slope.change(max(times)) if slope and slope.clear else 0.0
    if abs(change) > LEAST_DRIFT:
        direction = "rose" if change > 0 else "fell"
        share = units.percent(abs(change))
        return f"; the times' ratio {direction} by {share} during the measurement"
    return ""
