"""What compiling a case costs: what its first calls took beyond steady state, process by process.

Cold and warm caches are told apart: the first time on a machine, and every time after.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import exp, log
from statistics import fmean, median, variance
from typing import NamedTuple

from msgspec import Struct

from dlbench.analysis.samples import Firsts, History, by_generation
from dlbench.records.measurement import Caches, Compiling, Status
from dlbench.stats.location import MOST_BORROWED, Location, Luck

OK: Status = "ok"


class Scatter(NamedTuple):
    """How much log seconds differ from process to process, in other cases; None where unknown.

    own: what is compiled for a case; start: the compiler's own start, which all cases of a worker
    share, so that however many they are, there is one of it in a process.
    """

    own: Luck | None = None
    start: Luck | None = None


UNKNOWN = Scatter()


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


def compiled(history: History, scatters: Mapping[Caches, Scatter]) -> Compiled | None:
    """What is known of a case; None where nothing was compiled."""
    known = [one.compiling for one in history.firsts if one.compiling is not None]
    if not known or history.status != OK:
        return None
    first = known[0].graphs
    peaks = [one.peak_bytes for one in known if one.peak_bytes is not None]
    starts = [one.start_s for one in known if one.caches == "cold"]
    return Compiled(
        cold=_location(costs(history, "cold"), scatters.get("cold", UNKNOWN)),
        warm=_location(costs(history, "warm"), scatters.get("warm", UNKNOWN)),
        start_s=median(starts or [0.0]),
        graphs=first[1] - first[0],
        again=first[-1] - first[1],
        peak_bytes=max(peaks, default=None),
    )


class CompileCost(Struct, frozen=True):
    """Seconds of compiling with cold caches, with their interval, and with warm ones.

    All include the compiler's start, start_s; graphs: made by the first call, recompiled: by those
    right after it; peak_bytes: the largest rise of memory. None where unknown.
    """

    seconds: float | None = None
    low_s: float | None = None
    high_s: float | None = None
    warm_s: float | None = None
    start_s: float | None = None
    peak_bytes: int | None = None
    graphs: int | None = None
    recompiled: int | None = None


def cost_of(found: Compiled) -> CompileCost:
    """What is known of compiling, in seconds."""
    value, low, high = found.cold.interval() if found.cold else (None, None, None)
    return CompileCost(
        seconds=_exp(value),
        low_s=_exp(low),
        high_s=_exp(high),
        warm_s=_exp(found.warm.value) if found.warm else None,
        start_s=found.start_s,
        peak_bytes=found.peak_bytes,
        graphs=found.graphs,
        recompiled=found.again,
    )


def _exp(log_s: float | None) -> float | None:
    return None if log_s is None else exp(log_s)


class Cost(NamedTuple):
    """Seconds of compiling in a process: of the case, and of the compiler's start.

    is_bound: own_s is at most a step, which is all one can say.
    """

    own_s: float
    start_s: float
    is_bound: bool

    @property
    def seconds(self) -> float:
        """Together: what a process that compiles nothing else has to pay."""
        return self.own_s + self.start_s


def costs(history: History, caches: Caches) -> list[Cost]:
    """In every generation with these caches: first calls beyond steady state.

    With the compiler's start, which a process of its own has to pay; not where the compiler had
    been at work before the first call. At least one step: less cannot be told from it.
    """
    steady = {
        group[0].generation: median(sample.step_s for sample in group)
        for group in by_generation(history.samples)
    }
    return [
        _cost(one, steady[one.generation], one.compiling)
        for one in history.firsts
        if one.compiling is not None
        and one.compiling.caches == caches
        and steady.get(one.generation)
    ]


def _cost(first: Firsts, step_s: float, how: Compiling) -> Cost:
    beyond = sum(first.calls_s) - len(first.calls_s) * step_s
    start_s = 0.0 if how.graphs[0] else how.start_s
    return Cost(max(beyond, step_s), start_s, beyond < step_s)


def scatter(histories: Iterable[History], caches: Caches) -> Luck | None:
    """How much what is compiled for a case differs, in several cases of a target.

    A case by itself is compiled too seldom to tell. Costs that cannot be told from a step say
    nothing.
    """
    return _pooled(
        [log(one.own_s) for one in costs(history, caches) if not one.is_bound]
        for history in histories
    )


def scatter_of_starts(targets: Iterable[Iterable[History]], caches: Caches) -> Luck | None:
    """How much a compiler's start differs, in several targets that use the same one.

    However many targets there are, they ran in the same few generations of one machine.
    """
    found = _pooled(list(_starts(histories, caches).values()) for histories in targets)
    return found and found._replace(count=min(found.count, MOST_BORROWED))


def _starts(histories: Iterable[History], caches: Caches) -> dict[int, float]:
    """Log seconds of a target by generation: its cases have one worker, and all the same start."""
    return {
        one.generation: log(one.compiling.start_s)
        for history in histories
        for one in history.firsts
        if one.compiling is not None
        and one.compiling.caches == caches
        and one.compiling.start_s > 0
    }


def _pooled(groups: Iterable[Sequence[float]]) -> Luck | None:
    """The variance within groups, and its degrees of freedom."""
    several = [group for group in groups if len(group) > 1]
    df = sum(len(group) - 1 for group in several)
    if not df:
        return None
    return Luck(sum((len(group) - 1) * variance(group) for group in several) / df, df)


def _location(found: Sequence[Cost], scatter: Scatter) -> Location | None:
    """The mean of the logs; the variances of both parts add up, weighted with their shares."""
    if not found:
        return None
    value, count = fmean(log(one.seconds) for one in found), len(found)
    parts = list(_parts(found, scatter))
    if any(luck is None for _, luck in parts):
        return Location(value, None, None, count)
    return _combined(value, [(share, luck) for share, luck in parts if luck], count)


def _parts(found: Sequence[Cost], scatter: Scatter) -> Iterator[tuple[float, Luck | None]]:
    """The share of the seconds, and the variance, of the case's own and of the start."""
    start = sum(one.start_s for one in found) / sum(one.seconds for one in found)
    if start < 1:
        yield 1 - start, _moderated([log(one.own_s) for one in found], scatter.own)
    if start > 0:
        yield start, scatter.start


def _moderated(logs: Sequence[float], others: Luck | None) -> Luck | None:
    """The variance, moderated with that of others as in stats._of_several (Smyth 2004)."""
    own = len(logs) - 1
    borrowed = min(others.count, MOST_BORROWED) if others else 0
    if not own + borrowed:
        return None
    mean = fmean(logs)
    spread = sum((value - mean) ** 2 for value in logs)
    lent = borrowed * others.variance if others else 0.0
    return Luck((spread + lent) / (own + borrowed), own + borrowed)


def _combined(value: float, parts: Sequence[tuple[float, Luck]], count: int) -> Location:
    """log(a + b) varies by share_a log a + share_b log b; df after Satterthwaite (1946)."""
    variances = [share**2 * luck.variance for share, luck in parts]
    total = sum(variances)
    below = sum(one**2 / luck.count for one, (_, luck) in zip(variances, parts, strict=True))
    df = total**2 / below if below else float(min(luck.count for _, luck in parts))
    return Location(value, (total / count) ** 0.5, df, count)
