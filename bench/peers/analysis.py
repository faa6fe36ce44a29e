"""What a sitting says: figures of its comparisons, and whether they reach what they must.

Pure functions of the stored results.
"""

import random
from collections.abc import Iterable, Sequence
from math import exp, inf, log, nan
from statistics import fmean, median, stdev
from typing import Any, NamedTuple

from schedule import OURS
from scipy.stats import binomtest

Record = dict[str, Any]

OFF = 0.02
# Wall times that differ by more are not called equal.
EQUAL = 0.10
RESAMPLES = 2000
DIFFERENT = ("faster", "slower")


class Share(NamedTuple):
    """Hits among n, with the Clopper-Pearson interval at 95 %."""

    hits: int
    n: int

    @property
    def value(self) -> float:
        """The share; not a number of nothing."""
        return self.hits / self.n if self.n else nan

    @property
    def interval(self) -> tuple[float, float]:
        """Where the true share lies."""
        if not self.n:
            return 0.0, 1.0
        found = binomtest(self.hits, self.n).proportion_ci(0.95)
        return float(found.low), float(found.high)


def of(results: Record, part: str, tool: str = OURS, *, load: bool = False) -> list[Record]:
    """The comparisons of a part by a tool; those that failed too."""
    return [
        one
        for one in results["comparisons"]
        if (one["part"], one["tool"], one["load"]) == (part, tool, load)
    ]


def logs(comparisons: Iterable[Record]) -> list[float]:
    """Log ratios of those that gave one."""
    return [log(one["ratio"]) for one in comparisons if one["ratio"]]


def spread(values: Sequence[float]) -> float | None:
    """Standard deviation; None of fewer than two."""
    return stdev(values) if len(values) > 1 else None


def off(comparisons: Sequence[Record]) -> Share:
    """A/A pairs whose ratio is more than 2 % from 1."""
    ratios = [exp(value) for value in logs(comparisons)]
    return Share(sum(abs(ratio - 1) > OFF for ratio in ratios), len(ratios))


def declared(comparisons: Sequence[Record], names: Sequence[str] = DIFFERENT) -> Share:
    """Comparisons with one of these verdicts; a failed one has none, and counts."""
    return Share(sum(one["declared"] in names for one in comparisons), len(comparisons))


def verdicts(comparisons: Sequence[Record], names: Sequence[str]) -> str:
    """How many there are of each verdict, such as `90 same, 10 unsure`."""
    counts = {name: declared(comparisons, (name,)).hits for name in names}
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count)


def covered(comparisons: Sequence[Record], true_ratio: float = 1.0) -> Share:
    """Intervals that hold the true ratio, among those that were given."""
    given = [one for one in comparisons if one["low"] is not None and one["high"] is not None]
    return Share(sum(one["low"] <= true_ratio <= one["high"] for one in given), len(given))


def seconds(comparisons: Sequence[Record]) -> float | None:
    """Median wall time of a comparison."""
    return median(one["seconds"] for one in comparisons) if comparisons else None


class Uneven(NamedTuple):
    """A tool whose comparisons of a part took longer or shorter than they were allowed to."""

    part: str
    tool: str
    load: bool
    seconds: float
    allowed: float


def uneven(results: Record) -> list[Uneven]:
    """Where the median wall time is more than a tenth from what was allowed."""
    groups: dict[tuple[str, str, bool], list[Record]] = {}
    for one in results["comparisons"]:
        groups.setdefault((one["part"], one["tool"], one["load"]), []).append(one)
    timed = [
        Uneven(*key, _median(pairs, "seconds"), _median(pairs, "allowed_s"))
        for key, pairs in groups.items()
    ]
    return [one for one in timed if abs(one.seconds / one.allowed - 1) > EQUAL]


def _median(comparisons: Iterable[Record], field: str) -> float:
    return float(median(one[field] for one in comparisons))


def others(comparisons: Sequence[Record]) -> float | None:
    """Cores that others kept busy in the median pair; the competing load is not one of them."""
    return median(one["others"] for one in comparisons) if comparisons else None


def ratio_of_spreads(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, float, float]:
    """Our standard deviation over theirs, with a bootstrap interval at 95 %."""
    draw = random.Random(0)  # noqa: S311 - no secret
    found = sorted(
        _over(*(stdev(draw.choices(values, k=len(values))) for values in (ours, theirs)))
        for _ in range(RESAMPLES)
    )
    cut = round(0.025 * RESAMPLES)
    return _over(stdev(ours), stdev(theirs)), found[cut], found[-1 - cut]


def _over(ours: float, theirs: float) -> float:
    return ours / theirs if theirs else inf


def best_peer(
    results: Record, part: str, tools: Sequence[str], *, load: bool
) -> tuple[str, list[float]] | None:
    """The peer whose A/A log ratios spread least."""
    by_tool = {tool: logs(of(results, part, tool, load=load)) for tool in tools}
    known = {tool: values for tool, values in by_tool.items() if len(values) > 1}
    if not known:
        return None
    return min(known.items(), key=lambda item: stdev(item[1]))


def true_ratio(results: Record, slow_down: int) -> str:
    """As established in this sitting."""
    truth = results.get("truth")
    if not truth:
        return "unknown"
    one = truth["slow"][str(slow_down)]
    return f"{one['ratio']:.4f} [{one['low']:.4f}, {one['high']:.4f}]"


def mean_ratio(comparisons: Sequence[Record]) -> float | None:
    """The geometric mean: what a way of comparing errs by on the whole."""
    values = logs(comparisons)
    return exp(fmean(values)) if values else None


def timed_share(comparisons: Sequence[Record]) -> float | None:
    """Share of the wall time inside timed blocks, over all comparisons that tell it."""
    told = [one for one in comparisons if one["detail"] and "timed_s" in one["detail"]]
    if not told:
        return None
    return sum(one["detail"]["timed_s"] for one in told) / sum(one["seconds"] for one in told)


def percent(value: float | None, digits: int = 2) -> str:
    """A share as text, such as `0.42 %`; nothing where it is unknown."""
    return "" if value is None else f"{100 * value:.{digits}f} %"
