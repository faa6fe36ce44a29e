"""Estimate the compile time of a case: the time of its first calls beyond that of steady state.

It is estimated for each process, separately for cold caches (the first time on a machine) and for
warm ones (every later time). What a process pays once, however many cases it has, is not part of
it: the start of the compiler, which the worker times apart.
"""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from math import exp, log
from statistics import fmean, median, variance
from typing import NamedTuple

from msgspec import Struct

from dlbench.analysis.samples import CaseSamples, FirstCalls
from dlbench.records.measurement import Caches, Status
from dlbench.stats.location import MOST_BORROWED, Estimate, Location, Variance

OK: Status = "ok"


class CompileEstimate(NamedTuple):
    """Compiling of one static case.

    cold, warm: location of the log compile seconds, None if never measured; start_s: seconds of
    the compiler's start, which a process pays once, however many cases it has; graphs: number
    compiled by the first call; again: number compiled by later calls; peak_bytes: largest rise of
    memory, None if unknown.
    """

    cold: Location | None
    warm: Location | None
    start_s: float
    graphs: int
    again: int
    peak_bytes: int | None


def estimate_compiling(
    samples: CaseSamples, scatters: Mapping[Caches, Variance | None]
) -> CompileEstimate | None:
    """Estimate the compile times of a case; None if it failed or nothing was compiled.

    scatters: by caches, the variance of the target's other cases between processes.
    """
    records = [calls.compiling for calls in samples.first_calls if calls.compiling is not None]
    if not records or samples.status != OK:
        return None
    first = records[0].graphs
    peaks = [record.peak_bytes for record in records if record.peak_bytes is not None]
    starts = [record.start_s for record in records if record.caches == "cold"]
    return CompileEstimate(
        cold=_location(process_costs(samples, "cold"), scatters.get("cold")),
        warm=_location(process_costs(samples, "warm"), scatters.get("warm")),
        start_s=median(starts or [0.0]),
        graphs=first[1] - first[0],
        again=first[-1] - first[1],
        peak_bytes=max(peaks, default=None),
    )


class CompileCost(Struct, frozen=True):
    """Compile time in seconds: with cold caches and its interval, and with warm caches.

    start_s: of the compiler's start, once per process, in none of the others; graphs: number
    compiled by the first call;
    recompiled: number compiled by the calls right after it; peak_bytes: largest rise of memory.
    None where unknown.
    """

    seconds: float | None = None
    low_s: float | None = None
    high_s: float | None = None
    warm_s: float | None = None
    start_s: float | None = None
    peak_bytes: int | None = None
    graphs: int | None = None
    recompiled: int | None = None


def to_compile_cost(estimate: CompileEstimate) -> CompileCost:
    """Convert an estimate from log seconds to seconds."""
    cold = estimate.cold and in_seconds(estimate.cold)
    return CompileCost(
        seconds=cold and cold.value,
        low_s=cold and cold.low,
        high_s=cold and cold.high,
        warm_s=estimate.warm and in_seconds(estimate.warm).value,
        start_s=estimate.start_s,
        peak_bytes=estimate.peak_bytes,
        graphs=estimate.graphs,
        recompiled=estimate.again,
    )


def in_seconds(cost: Location) -> Estimate:
    """Convert log seconds to seconds with their interval."""
    value, low, high = cost.interval()
    return Estimate(
        exp(value), None if low is None else exp(low), None if high is None else exp(high)
    )


class ProcessCost(NamedTuple):
    """Seconds that the first calls of a case took beyond steady state in one process.

    is_bound: seconds is set to one step, the least that can be detected.
    """

    seconds: float
    is_bound: bool


def first_calls_cost(samples: CaseSamples, others: Variance | None) -> Location | None:
    """Locate the log seconds that the first calls of a dynamic case cost beyond steady state.

    others: the variance of the target's other cases between processes. Without the processes whose
    own start these calls may contain. None if that leaves none, or less than can be detected.
    """
    costs = process_costs(samples, None)
    return None if any(cost.is_bound for cost in costs) else _location(costs, others)


def process_costs(samples: CaseSamples, caches: Caches | None) -> list[ProcessCost]:
    """Compute the cost in every generation with these caches: first calls beyond steady state.

    caches: None for a dynamic mode, of which calls that may contain the start of their process are
    left out. The cost is at least one step, the least that can be detected.
    """
    steady = samples.steady_s
    return [
        _cost(calls.calls_s, steady[calls.generation])
        for calls in samples.first_calls
        if _caches(calls) == caches
        and not (caches is None and calls.may_start)
        and calls.calls_s
        and steady.get(calls.generation)
    ]


def _caches(calls: FirstCalls) -> Caches | None:
    return None if calls.compiling is None else calls.compiling.caches


def _cost(calls_s: Sequence[float], step_s: float) -> ProcessCost:
    beyond = sum(calls_s) - len(calls_s) * step_s
    return ProcessCost(max(beyond, step_s), beyond < step_s)


class Squares(NamedTuple):
    """Squared deviations of log costs between processes: their sum, and its degrees of freedom."""

    total: float = 0.0
    df: int = 0

    def plus(self, more: "Squares") -> "Squares":
        """Return both together."""
        return Squares(self.total + more.total, self.df + more.df)

    @property
    def variance(self) -> Variance | None:
        """Return the variance; None without degrees of freedom."""
        return Variance(self.total / self.df, self.df) if self.df else None


def squares_of(samples: CaseSamples, caches: Caches | None) -> Squares:
    """Return the squares of a case; none if it has fewer than two costs that are no bounds."""
    logs = [log(cost.seconds) for cost in process_costs(samples, caches) if not cost.is_bound]
    df = len(logs) - 1
    return Squares(df * variance(logs), df) if df > 0 else Squares()


def scatter_of_others(cases: Sequence[CaseSamples], caches: Caches | None) -> list[Variance | None]:
    """Return for each case of a target the variance between processes of all others together.

    A single case is compiled too seldom to estimate it, and by its own variance it would never
    stand out. The sums before and behind each case are kept: subtracting its own from that of all
    would lose digits, and adding up the others anew would take a time of the number squared.
    """
    known = [squares_of(samples, caches) for samples in cases]
    before = accumulate(known, Squares.plus, initial=Squares())
    behind = [*accumulate(known[::-1], Squares.plus, initial=Squares())][-2::-1]
    return [a.plus(b).variance for a, b in zip(before, behind, strict=False)]


def _location(costs: Sequence[ProcessCost], others: Variance | None) -> Location | None:
    """Mean of the log seconds, with a variance moderated by that of others (Smyth 2004)."""
    if not costs:
        return None
    logs = [log(cost.seconds) for cost in costs]
    value, count = fmean(logs), len(logs)
    own, borrowed = count - 1, min(others.df, MOST_BORROWED) if others else 0
    if not own + borrowed:
        return Location(value, None, None, count)
    spread = sum((one - value) ** 2 for one in logs)
    lent = borrowed * others.value if others else 0.0
    moderated = (spread + lent) / (own + borrowed)
    return Location(value, (moderated / count) ** 0.5, own + borrowed, count)
