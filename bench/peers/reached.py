"""What a sitting must reach, line by line: the figure, what was found, and the verdict.

Pure functions of the stored results.
"""

from collections.abc import Callable, Sequence
from math import exp, log
from statistics import median, stdev
from typing import NamedTuple

from frameworks import PAIRS
from schedule import BETWEEN, WITHIN
from steps import SIZE
from truth import fits

from analysis import (
    Record,
    Share,
    best_peer,
    covered,
    declared,
    logs,
    of,
    percent,
    ratio_of_spreads,
    seconds,
    true_ratio,
    verdicts,
)


class Line(NamedTuple):
    """One figure against what it must be and what is aimed at."""

    figure: str
    found: str
    must: str
    aim: str
    verdict: str


def lines(results: Record) -> list[Line]:
    """Every figure of the table `What it must reach`."""
    return [
        _against_peer(results, "aa", BETWEEN, load=False, bars=(5, 20)),
        _against_peer(results, "aa-inside", WITHIN, load=False, bars=(2, 4)),
        _against_peer(results, "aa", BETWEEN, load=True, bars=(5, 20)),
        _against_peer(results, "aa-inside", WITHIN, load=True, bars=(5, 20)),
        _alarms(results, load=False, must=0.02, aim=0.0),
        _alarms(results, load=True, must=0.05, aim=0.01),
        *(_level(results, part) for part in PAIRS),
        *(_frameworks(results, part) for part in PAIRS),
        _coverage(results, load=False),
        _coverage(results, load=True),
        _found(results, 5, must=0.95, aim=1.0, limit_s=10.0),
        _found(results, 3, must=0.80, aim=0.95, limit_s=20.0),
        _timed_share(results),
        _cost(results),
    ]


def verdict(value: float, must: Callable[[float], bool], aim: Callable[[float], bool]) -> str:
    """What is reached; aim implies must."""
    if value != value:  # noqa: PLR0124 - not a number
        return NOT_MEASURED
    if not must(value):
        return "NOT REACHED"
    return "aim reached" if aim(value) else "must reached"


NOT_MEASURED = "not measured"
UNKNOWN_TRUTH = "none: the true ratio is not near enough"
SITUATIONS = {False: "quiet", True: "with a competing load"}


def _missing(figure: str, must: str, aim: str) -> Line:
    return Line(figure, "", must, aim, NOT_MEASURED)


def _against_peer(
    results: Record, part: str, tools: Sequence[str], *, load: bool, bars: tuple[int, int]
) -> Line:
    must, aim = bars
    where = "two processes" if part == "aa" else "inside one process"
    figure = f"sd of the log ratio, A/A, {where}, {SITUATIONS[load]}, by that of the best peer"
    texts = f"≤ {1 / must:g}", f"≤ {1 / aim:g}"
    peer = best_peer(results, part, tools, load=load)
    pairs = of(results, part, load=load)
    ours = logs(pairs)
    if peer is None or len(ours) < 2:  # noqa: PLR2004 - no spread of one
        return _missing(figure, *texts)
    value, low, high = ratio_of_spreads(ours, peer[1])
    found = (
        f"{value:.3f} [{low:.3f}, {high:.3f}]: {percent(stdev(ours))} "
        f"against {percent(stdev(peer[1]))} of {peer[0]}{_without(pairs, 'ratio', 'a ratio')}"
    )
    reached = verdict(value, lambda v: v <= 1 / must, lambda v: v <= 1 / aim)
    return Line(figure, found, *texts, reached)


def _of_share(
    share: Share, must: Callable[[float], bool], aim: Callable[[float], bool]
) -> tuple[str, str]:
    low, high = share.interval
    found = f"{share.hits} of {share.n} [{percent(low, 0)}, {percent(high, 0)}]"
    return found, verdict(share.value, must, aim)


def _alarms(results: Record, *, load: bool, must: float, aim: float) -> Line:
    figure = f"A/A pairs declared faster or slower, {SITUATIONS[load]}"
    pairs = of(results, "aa", load=load)
    told = [pair for pair in pairs if pair["ratio"]]
    texts = f"≤ {percent(must, 0)}", f"≤ {percent(aim, 0)}" if aim else "none"
    if not told:
        return _missing(figure, *texts)
    found = _of_share(declared(told), lambda v: v <= must, lambda v: v <= aim)
    others = f"{found[0]}; {verdicts(pairs, ('same', 'unsure', 'failed'))}"
    return Line(figure, others + _without(pairs, "ratio", "a ratio"), *texts, found[1])


def _without(pairs: Sequence[Record], field: str, name: str) -> str:
    """How many comparisons lack it, by its name; nothing where all have it."""
    lost = sum(pair[field] is None for pair in pairs)
    return f"; {lost} without {name}" if lost else ""


def _frameworks(results: Record, part: str) -> Line:
    figure = f"{_names(part)}, with a competing load against quiet"
    texts = "within 10 %, or unsure: busy", "within 5 %"
    quiet = logs(of(results, part))
    pairs = of(results, part, load=True)
    loaded = [one for one in pairs if one["ratio"]]
    has_failed = any(not one["ratio"] and not is_busy(one) for one in pairs)
    if not quiet or not loaded:
        return _missing(figure, *texts)
    middle = median(quiet)
    named = [one for one in loaded if not is_busy(one)]
    away = [abs(exp(value - middle) - 1) for value in logs(named)]
    all_away = [abs(exp(value - middle) - 1) for value in logs(loaded)]
    worst = max(away, default=0.0)
    found = (
        f"quiet {exp(middle):.3f} ({min(map(exp, quiet)):.3f} to {max(map(exp, quiet)):.3f}); "
        f"with load at most {percent(max(all_away), 1)} away; "
        f"{sum(map(is_busy, pairs))} of {len(pairs)} are unsure: busy"
    )
    if away:
        found += f", the others at most {percent(worst, 1)} away"
    must, aim = 0.10, 0.05
    reached = verdict(worst, lambda v: v <= must and not has_failed, lambda _: max(all_away) <= aim)
    return Line(figure, found + _without(pairs, "ratio", "a ratio"), *texts, reached)


def _names(part: str) -> str:
    a, b = PAIRS[part]
    return f"{' '.join(b)} / {' '.join(a)}, matmul {SIZE}"


def _level(results: Record, part: str) -> Line:
    """The ratio of two frameworks against that of their loops without a pause."""
    figure = f"{_names(part)}, quiet, against loops without a pause"
    texts = "within 3 %", "within 1 %"
    quiet = logs(of(results, part))
    if not quiet or not results.get("loops"):
        return _missing(figure, *texts)
    true = results["loops"]["ratios"][part]
    away = median(quiet) - log(true["ratio"])
    found = (
        f"{exp(median(quiet)):.3f} against {true['ratio']:.3f} "
        f"[{true['low']:.3f}, {true['high']:.3f}]: {exp(away) - 1:+.1%}"
    )
    must, aim = 0.03, 0.01
    return Line(figure, found, *texts, verdict(abs(away), lambda v: v <= must, lambda v: v <= aim))


# What dlbench's reason says of a busy machine, now and in earlier sittings.
BUSY = ("other programs were running", "the machine was busy")


def is_busy(comparison: Record) -> bool:
    """Whether dlbench gives no verdict because other programs were running."""
    reason = comparison["reason"] or ""
    return comparison["declared"] == "unsure" and reason.startswith(BUSY)


def _coverage(results: Record, *, load: bool) -> Line:
    figure = f"coverage of the 95 % interval of the ratio, A/A, {SITUATIONS[load]}"
    pairs = of(results, "aa", load=load)
    share = covered(pairs)
    texts = "≥ 93 %", "94 to 96 %"
    if not share.n:
        return _missing(figure, *texts)
    least, low, high = 0.93, 0.94, 0.96
    found = _of_share(share, lambda v: v >= least, lambda v: low <= v <= high)
    return Line(figure, found[0] + _without(pairs, "low", "an interval"), *texts, found[1])


def _found(results: Record, slow_down: int, *, must: float, aim: float, limit_s: float) -> Line:
    """limit_s: what the median pair may take; what takes longer is not found in time."""
    pairs = of(results, f"slow-{slow_down}")
    figure = f"a slow-down of {slow_down} % found, quiet"
    within = f"within {limit_s:g} s"
    texts = f"≥ {percent(must, 0)}, {within}", f"≥ {percent(aim, 0)}, {within}"
    spent_s = seconds(pairs)
    if spent_s is None:
        return _missing(figure, *texts)
    share = declared(pairs, ("slower",))
    in_time = spent_s <= limit_s
    found = _of_share(share, lambda v: in_time and v >= must, lambda v: v >= aim)
    took = f"{found[0]}, {spent_s:.2f} s a pair, true ratio {true_ratio(results, slow_down)}"
    truth = results["truth"]["slow"][str(slow_down)] if results.get("truth") else None
    known = truth is not None and fits(slow_down, truth)
    return Line(figure, took, *texts, found[1] if known else UNKNOWN_TRUTH)


def _timed_share(results: Record) -> Line:
    figure = "wall time of a standard run spent inside timed blocks"
    texts = "≥ 50 %", "≥ 75 %"
    run = results.get("standard")
    if not run:
        return _missing(figure, *texts)
    value = run["timed_s"] / run["seconds"]
    must, aim = 0.50, 0.75
    found = f"{percent(value, 0)} of {run['seconds']:.0f} s (`{run['command']}`)"
    return Line(figure, found, *texts, verdict(value, lambda v: v >= must, lambda v: v >= aim))


def _cost(results: Record) -> Line:
    figure = "supervisor's cost per block (switch, wire, bookkeeping), quiet, median"
    texts = "≤ 2 ms", "≤ 0.5 ms"
    costs = [
        one["detail"]["cost_s"]
        for one in of(results, "aa")
        if one["detail"] and one["detail"].get("cost_s") is not None
    ]
    if not costs:
        return _missing(figure, *texts)
    value, must, aim = median(costs), 2e-3, 0.5e-3
    found = f"{value * 1e3:.2f} ms ({min(costs) * 1e3:.2f} to {max(costs) * 1e3:.2f} by pair)"
    return Line(figure, found, *texts, verdict(value, lambda v: v <= must, lambda v: v <= aim))
