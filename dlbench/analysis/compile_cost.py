"""Estimate the compile time of a case: the time of its first calls beyond that of steady state.

It is estimated for each process, separately for cold caches (the first time on a machine) and for
warm ones (every later time).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import exp, log
from statistics import fmean, median, variance
from typing import NamedTuple

from msgspec import Struct

from dlbench.analysis.samples import CaseSamples, FirstCalls, by_generation
from dlbench.records.measurement import Caches, Compiling, Status
from dlbench.stats.location import MOST_BORROWED, Location, Variance

OK: Status = "ok"


class Scatter(NamedTuple):
    """Variance of log seconds between processes, estimated from other cases; None if unknown.

    own: of the code compiled for a case; start: of the compiler's start, of which there is one in
    a process, shared by all cases of the worker.
    """

    own: Variance | None = None
    start: Variance | None = None


UNKNOWN = Scatter()


class CompileEstimate(NamedTuple):
    """Compiling of one static case.

    cold, warm: location of the log compile seconds, None if never measured; start_s: seconds of
    the compiler's start, contained in cold; graphs: number compiled by the first call; again:
    number compiled by later calls; peak_bytes: largest rise of memory, None if unknown.
    """

    cold: Location | None
    warm: Location | None
    start_s: float
    graphs: int
    again: int
    peak_bytes: int | None


def estimate_compiling(
    samples: CaseSamples, scatters: Mapping[Caches, Scatter]
) -> CompileEstimate | None:
    """Estimate the compile times of a case; None if it failed or nothing was compiled."""
    records = [calls.compiling for calls in samples.first_calls if calls.compiling is not None]
    if not records or samples.status != OK:
        return None
    first = records[0].graphs
    peaks = [record.peak_bytes for record in records if record.peak_bytes is not None]
    starts = [record.start_s for record in records if record.caches == "cold"]
    return CompileEstimate(
        cold=_location(process_costs(samples, "cold"), scatters.get("cold", UNKNOWN)),
        warm=_location(process_costs(samples, "warm"), scatters.get("warm", UNKNOWN)),
        start_s=median(starts or [0.0]),
        graphs=first[1] - first[0],
        again=first[-1] - first[1],
        peak_bytes=max(peaks, default=None),
    )


class CompileCost(Struct, frozen=True):
    """Compile time in seconds: with cold caches and its interval, and with warm caches.

    All contain the compiler's start, start_s; graphs: number compiled by the first call;
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


def to_seconds(estimate: CompileEstimate) -> CompileCost:
    """Convert an estimate from log seconds to seconds."""
    value, low, high = estimate.cold.interval() if estimate.cold else (None, None, None)
    return CompileCost(
        seconds=_exp(value),
        low_s=_exp(low),
        high_s=_exp(high),
        warm_s=_exp(estimate.warm.value) if estimate.warm else None,
        start_s=estimate.start_s,
        peak_bytes=estimate.peak_bytes,
        graphs=estimate.graphs,
        recompiled=estimate.again,
    )


def _exp(log_s: float | None) -> float | None:
    return None if log_s is None else exp(log_s)


class ProcessCost(NamedTuple):
    """Compile seconds in one process: of the case, and of the compiler's start.

    is_bound: own_s is set to one step, the least that can be detected.
    """

    own_s: float
    start_s: float
    is_bound: bool

    @property
    def seconds(self) -> float:
        """The sum: the cost in a process that compiles nothing else."""
        return self.own_s + self.start_s


def process_costs(samples: CaseSamples, caches: Caches) -> list[ProcessCost]:
    """Compute the cost in every generation with these caches: first calls beyond steady state.

    It contains the compiler's start, which every process pays, unless the compiler had been used
    before the first call. It is at least one step, the least that can be detected.
    """
    steady = {
        group[0].generation: median(sample.step_s for sample in group)
        for group in by_generation(samples.samples)
    }
    return [
        _cost(calls, steady[calls.generation], calls.compiling)
        for calls in samples.first_calls
        if calls.compiling is not None
        and calls.compiling.caches == caches
        and steady.get(calls.generation)
    ]


def _cost(first: FirstCalls, step_s: float, how: Compiling) -> ProcessCost:
    beyond = sum(first.calls_s) - len(first.calls_s) * step_s
    start_s = 0.0 if how.graphs[0] else how.start_s
    return ProcessCost(max(beyond, step_s), start_s, beyond < step_s)


def pooled_scatter(cases: Iterable[CaseSamples], caches: Caches) -> Variance | None:
    """Pool the variance of the compile time between processes over the cases of a target.

    A single case is compiled too seldom to estimate it. Costs that are only bounds are left out.
    """
    return _pooled(
        [log(cost.own_s) for cost in process_costs(samples, caches) if not cost.is_bound]
        for samples in cases
    )


def pooled_start_scatter(
    targets: Iterable[Iterable[CaseSamples]], caches: Caches
) -> Variance | None:
    """Pool the variance of a compiler's start over the targets that use this compiler.

    Its degrees of freedom are limited, since all targets ran in the same few generations.
    """
    pooled = _pooled(list(_starts(cases, caches).values()) for cases in targets)
    return pooled and pooled._replace(df=min(pooled.df, MOST_BORROWED))


def _starts(cases: Iterable[CaseSamples], caches: Caches) -> dict[int, float]:
    """Log seconds of a target's start by generation; its cases share a worker and so the start."""
    return {
        calls.generation: log(calls.compiling.start_s)
        for samples in cases
        for calls in samples.first_calls
        if calls.compiling is not None
        and calls.compiling.caches == caches
        and calls.compiling.start_s > 0
    }


def _pooled(groups: Iterable[Sequence[float]]) -> Variance | None:
    """Pool the variance within groups, with its degrees of freedom; None if there are none."""
    several = [group for group in groups if len(group) > 1]
    df = sum(len(group) - 1 for group in several)
    if not df:
        return None
    return Variance(sum((len(group) - 1) * variance(group) for group in several) / df, df)


def _location(costs: Sequence[ProcessCost], scatter: Scatter) -> Location | None:
    """Mean of the log seconds; the variances of both parts add up, weighted by their shares."""
    if not costs:
        return None
    value, count = fmean(log(cost.seconds) for cost in costs), len(costs)
    parts = list(_parts(costs, scatter))
    if any(part is None for _, part in parts):
        return Location(value, None, None, count)
    return _combined(value, [(share, part) for share, part in parts if part], count)


def _parts(
    costs: Sequence[ProcessCost], scatter: Scatter
) -> Iterator[tuple[float, Variance | None]]:
    """Share of the seconds, and variance, of the case's own compiling and of the start."""
    start = sum(cost.start_s for cost in costs) / sum(cost.seconds for cost in costs)
    if start < 1:
        yield 1 - start, _moderated([log(cost.own_s) for cost in costs], scatter.own)
    if start > 0:
        yield start, scatter.start


def _moderated(logs: Sequence[float], others: Variance | None) -> Variance | None:
    """Variance of the case, moderated by that of others (Smyth 2004, see stats.location)."""
    own = len(logs) - 1
    borrowed = min(others.df, MOST_BORROWED) if others else 0
    if not own + borrowed:
        return None
    mean = fmean(logs)
    spread = sum((value - mean) ** 2 for value in logs)
    lent = borrowed * others.value if others else 0.0
    return Variance((spread + lent) / (own + borrowed), own + borrowed)


def _combined(value: float, parts: Sequence[tuple[float, Variance]], count: int) -> Location:
    """Error of log(a + b) = that of share_a log a + share_b log b; df by Satterthwaite (1946)."""
    variances = [share**2 * part.value for share, part in parts]
    total = sum(variances)
    below = sum(term**2 / part.df for term, (_, part) in zip(variances, parts, strict=True))
    df = total**2 / below if below else float(min(part.df for _, part in parts))
    return Location(value, (total / count) ** 0.5, df, count)
