"""Two cases in the rounds in which both had a block: what hit both alike cancels in the ratio.

It says what was measured together and how the ratio lies; whether that is fast is not its matter.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import exp, log
from statistics import median
from typing import NamedTuple

from dlbench import units
from dlbench.analysis.samples import ENOUGH, History, Turn, is_quiet
from dlbench.records.measurement import Sample
from dlbench.stats.location import Location, Luck, location
from dlbench.stats.shape import centred, drift, modes

# Quiet rounds count alone only if they are no rare exception among the disturbed ones, of which
# some may have gone unnoticed,
QUIET_SHARE = 0.25


# and if this share of the generations, two at least where there are two, has enough of them: the
# difference between generations is what they cannot replace.
GENERATIONS_SHARE = 0.5


MINUTE_S = 60.0


# A drift that moves the ratio by less while it is measured, half a margin, does not matter.
LEAST_DRIFT = 0.01


class Paired(NamedTuple):
    """A case and its baseline, by id; logs are of the ratio of their times, above 0 is slower.

    middle: the log ratio of the medians; in_turns: whether they took turns, round by round;
    generations: the log ratios of the rounds that count; placements: the same by the two processes
    that were alive, each with its time in seconds;
    rounds: how many there were, disturbed: how many of them under competition, lost: generations
    without a quiet one, busy: whether there are too few quiet ones for a verdict; throttled: in
    how many rounds the cgroup's quota stopped one of the two.
    """

    case: str
    baseline: str
    middle: float | None
    in_turns: bool = False
    generations: tuple[tuple[float, ...], ...] = ()
    placements: tuple[tuple[tuple[float, float], ...], ...] = ()
    rounds: int = 0
    disturbed: int = 0
    lost: int = 0
    busy: bool = False
    throttled: int = 0


def paired(case: History, baseline: History) -> Paired:
    """The rounds of both: the quiet ones, as far as there are enough."""
    middle = _middle(case, baseline)
    if case.turns is None or baseline.turns is None:
        return Paired(case.case, baseline.case, middle)
    ours, theirs = case.turns, baseline.turns
    both = [turn for turn in ours if turn in theirs and _timed(ours, turn) and _timed(theirs, turn)]
    quiet = [turn for turn in both if is_quiet(ours[turn]) and is_quiet(theirs[turn])]
    busy = len(quiet) < len(both) and not _enough(quiet, both)
    ratios: dict[int, list[float]] = {}
    timed: dict[tuple[int, int, int], list[tuple[float, float]]] = {}
    for turn in _best(quiet, both) if busy else quiet:
        a, b = ours[turn], theirs[turn]
        ratio = log(a.step_s) - log(b.step_s)
        ratios.setdefault(turn[0], []).append(ratio)
        timed.setdefault((turn[0], a.renewal, b.renewal), []).append((a.started_s, ratio))
    return Paired(
        case=case.case,
        baseline=baseline.case,
        middle=middle,
        in_turns=True,
        generations=tuple(map(tuple, ratios.values())),
        placements=tuple(map(tuple, timed.values())),
        rounds=len(both),
        disturbed=len(both) - len(quiet),
        lost=len(_generations(both) - _generations(quiet)),
        busy=busy,
        throttled=sum(any("throttled" in one[t].flags for one in (ours, theirs)) for t in both),
    )


def _timed(turns: Mapping[Turn, Sample], turn: Turn) -> bool:
    return turns[turn].step_s > 0


def _generations(turns: Iterable[Turn]) -> set[int]:
    return {generation for generation, _ in turns}


def _best(quiet: Sequence[Turn], both: Sequence[Turn]) -> Sequence[Turn]:
    """What a ratio without a verdict rests on: generations with enough quiet rounds, or all."""
    by_generation = Counter(generation for generation, _ in quiet)
    return [turn for turn in quiet if by_generation[turn[0]] >= ENOUGH] or both


def _enough(quiet: Sequence[Turn], both: Sequence[Turn]) -> bool:
    by_generation = Counter(generation for generation, _ in quiet)
    enough = sum(count >= ENOUGH for count in by_generation.values())
    generations = len(_generations(both))
    wanted = max(min(2, generations), GENERATIONS_SHARE * generations)
    return enough >= wanted and len(quiet) >= QUIET_SHARE * len(both)


def _middle(case: History, baseline: History) -> float | None:
    """The log ratio of the medians: all that can be said without rounds."""
    medians = [
        median([sample.step_s for sample in one.chosen.samples] or [0.0])
        for one in (case, baseline)
    ]
    return log(medians[0]) - log(medians[1]) if all(medians) else None


def locate(pair: Paired, luck: Luck | None) -> Location | None:
    """Where the log ratio lies; None where there are no rounds.

    One generation without a null does not say how far two processes are apart by luck: then no
    spread is claimed.
    """
    if not pair.generations:
        return None
    found = location(pair.generations, luck=luck)
    return found if luck or found.groups > 1 else found._replace(error=None, df=None)


def remark(pair: Paired) -> str:
    """What makes a single ratio doubtful, to be put after it; empty where nothing does."""
    return f"{_left_out(pair)}{_shape(pair)}"


def _left_out(pair: Paired) -> str:
    left_out = 0 if pair.busy else pair.disturbed
    return f", {left_out} of {pair.rounds} rounds left out" if left_out else ""


def _shape(pair: Paired) -> str:
    """Two modes, or a drift that matters."""
    logs = [value for values in pair.generations for value in values]
    if found := modes(logs):
        low, high = units.ratios(exp(found.low), exp(found.high))
        return f", two modes at {low} and {high}"
    values, times = centred(pair.placements)
    slope = drift(values, times)
    if slope and slope.clear and abs(slope.slope) * max(times) > LEAST_DRIFT:
        return f", drifting by {units.percent(MINUTE_S * slope.slope)} a minute"
    return ""
