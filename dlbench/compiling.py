"""What compiling a case costs: what its first calls took beyond steady state, process by process.

Cold and warm caches are told apart: the first time on a machine, and every time after.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import log
from statistics import fmean, median, variance
from typing import NamedTuple

from dlbench.histories import Firsts, History, by_generation
from dlbench.model import Caches, Status
from dlbench.stats import MOST_BORROWED, Location, Luck

OK: Status = "ok"


class Compiled(NamedTuple):
    """Of a static case. cold, warm: log seconds of compiling, None where never measured.

    start_s: of which the compiler's own start, in cold processes; graphs: made by the first call,
    again: by the calls after it; peak_bytes: the largest rise of memory; None where unknown.
    """

    cold: Location | None
    warm: Location | None
    start_s: float
    graphs: int
    again: int
    peak_bytes: int | None


def compiled(history: History, scatters: Mapping[Caches, Luck | None]) -> Compiled | None:
    """What is known of a case; None where nothing was compiled. scatters: see `scatter`."""
    known = [one.compiling for one in history.firsts if one.compiling is not None]
    if not known or history.status != OK:
        return None
    first = known[0].graphs
    peaks = [one.peak_bytes for one in known if one.peak_bytes is not None]
    starts = [one.start_s for one in known if one.caches == "cold"]
    return Compiled(
        cold=_location(costs(history, "cold"), scatters.get("cold")),
        warm=_location(costs(history, "warm"), scatters.get("warm")),
        start_s=median(starts or [0.0]),
        graphs=first[1] - first[0],
        again=first[-1] - first[1],
        peak_bytes=max(peaks, default=None),
    )


class Cost(NamedTuple):
    """Seconds of compiling in a process. is_bound: at most a step, which is all one can say."""

    seconds: float
    is_bound: bool


def costs(history: History, caches: Caches) -> list[Cost]:
    """In every generation with these caches: first calls beyond steady state.

    With the compiler's start, which a process of its own has to pay; not where the compiler had
    been at work before the first call. At least one step: less cannot be told from it.
    """
    steady = {
        group[0].generation: median(sample.step_s for sample in group)
        for group in by_generation(history.samples)
    }
    known = [
        (_beyond(one, steady[one.generation]), steady[one.generation])
        for one in history.firsts
        if one.compiling is not None
        and one.compiling.caches == caches
        and steady.get(one.generation)
    ]
    return [Cost(max(cost, step_s), cost < step_s) for cost, step_s in known]


def _beyond(first: Firsts, step_s: float) -> float:
    extra = sum(first.calls_s) - len(first.calls_s) * step_s
    if first.compiling is None or first.compiling.graphs[0]:
        return extra
    return extra + first.compiling.start_s


def scatter(histories: Iterable[History], caches: Caches) -> Luck | None:
    """How much compiling differs from process to process, in several cases of a target.

    The pooled variance of log seconds, and its degrees of freedom: a case by itself is compiled
    too seldom to tell. Costs that cannot be told from a step say nothing.
    """
    groups = [
        [log(one.seconds) for one in costs(history, caches) if not one.is_bound]
        for history in histories
    ]
    several = [group for group in groups if len(group) > 1]
    df = sum(len(group) - 1 for group in several)
    if not df:
        return None
    return Luck(sum((len(group) - 1) * variance(group) for group in several) / df, df)


def _location(found: Sequence[Cost], scatter: Luck | None) -> Location | None:
    """The mean of the logs; its variance is moderated as in stats._of_several (Smyth 2004)."""
    if not found:
        return None
    logs = [log(one.seconds) for one in found]
    own = len(logs) - 1
    borrowed = min(scatter.count, MOST_BORROWED) if scatter else 0
    if not own + borrowed:
        return Location(logs[0], None, None, 1)
    mean = fmean(logs)
    spread = sum((value - mean) ** 2 for value in logs)
    lent = borrowed * scatter.variance if scatter else 0.0
    moderated = (spread + lent) / (own + borrowed)
    return Location(mean, (moderated / len(logs)) ** 0.5, float(own + borrowed), len(logs))
