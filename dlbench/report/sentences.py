"""The result of a run in sentences: which target is fastest, and which mode for how many steps.

Headlines come from the verdicts; where there is none, they give what was measured, and why no more.
Advice comes from total times: a target's compile time and so many steps; the lowest of these lines
is the advice (see analysis/break_even.py for the certainty of a crossing).
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from math import inf
from typing import NamedTuple

from dlbench import units
from dlbench.analysis.break_even import TotalTime
from dlbench.analysis.labels import names_by_case
from dlbench.analysis.rows import Row, is_behind, is_timed, leaders
from dlbench.analysis.verdicts import without_figures
from dlbench.grouping import grouped
from dlbench.records.case import Workload


class _Race(NamedTuple):
    """The targets of a workload, fastest first, and those that may be the fastest."""

    workload: Workload
    ranked: list[Row]
    leading: list[Row]

    @property
    def doubts(self) -> list[Row]:
        """The rivals of the fastest that are not clearly slower."""
        return [row for row in self.ranked[1:] if not is_behind(row)]


def headlines(rows: Sequence[Row]) -> list[str]:
    """Return a sentence or two per kind of workload that has at least two targets."""
    names = names_by_case(rows)
    kinds = grouped(_races(rows), lambda race: race.workload.kind)
    return [_headline(kind, races, names) for kind, races in kinds.items()]


def _races(rows: Sequence[Row]) -> Iterator[_Race]:
    for group in grouped(rows, lambda row: row.workload.id).values():
        # the one that all are compared with is the fastest, whatever its median says
        ranked = sorted(filter(is_timed, group), key=_rank)
        if ranked[1:]:
            yield _Race(group[0].workload, ranked, leaders(ranked))


def _rank(row: Row) -> tuple[bool, float]:
    return row.comparison.verdict is not None, row.time.seconds or inf


def _headline(kind: str, races: Sequence[_Race], names: Mapping[str, str]) -> str:
    most = max(races, key=lambda race: race.workload.work.flops)
    result = f"{most.workload.id}: {_result(most, names)}"
    if len(races) == 1:
        return result
    return f"{kind}: {_wins(races, names)}. The largest, {result}"


def _wins(races: Sequence[_Race], names: Mapping[str, str]) -> str:
    """Count the workloads in which each target is clearly the fastest."""
    wins = Counter(names[race.ranked[0].case] for race in races if not race.doubts)
    count, unnamed = len(races), len(races) - wins.total()
    if not wins:
        return f"no clear winner in any of {count} workloads"
    (winner, most), *others = wins.most_common()
    rest = "".join(f", {name} in {fewer}" for name, fewer in others)
    doubtful = f"; no clear winner in {unnamed}" if unnamed else ""
    return f"{winner} is fastest in {most} of {count} workloads{rest}{doubtful}"


def _result(race: _Race, names: Mapping[str, str]) -> str:
    """Name the fastest target, or those too close to call, or why there is no ranking."""
    first, second, *_ = race.ranked
    if not race.doubts:
        return (
            f"{names[first.case]} is fastest with {_speed(first)}; "
            f"{names[second.case]} takes {_ratio(second)} times as long."
        )
    if race.leading[1:]:
        tied = [row for row in race.leading if row is not first]
        others = ", ".join(names[row.case] for row in tied)
        return (
            f"{names[first.case]} ({_speed(first)}) and {others} are too close to call; "
            f"{names[tied[0].case]} takes {_ratio(tied[0])} times as long."
        )
    doubt = race.doubts[0]
    reason = without_figures(doubt.reason or "")
    return (
        f"no ranking; {names[first.case]} came out fastest with {_speed(first)}, and "
        f"{names[doubt.case]} took {_ratio(doubt)} times as long, but {reason}."
    )


def _ratio(row: Row) -> str:
    """Of times, with its interval as far as there is one."""
    found = row.comparison
    if found.ratio is None or found.low is None or found.high is None:
        return units.significant(found.ratio or 0)
    ratio, low, high = units.ratios(found.ratio, found.low, found.high)
    return f"{ratio} ({low}–{high})"


def _speed(row: Row) -> str:
    if row.time.samples_per_s:
        return f"{units.significant(row.time.samples_per_s)} samples/s"
    if row.time.gflops:
        return f"{units.significant(row.time.gflops)} GFLOP/s"
    return units.duration(row.time.seconds or 0)


# What is repeated in a training, and what may stand for it where that was not measured.
PREFERRED = ("train_step", "backward", "forward", "predict")


class _Line(NamedTuple):
    """The total time of a target."""

    row: Row
    total: TotalTime


class _Stretch(NamedTuple):
    """The steps from which on a target takes the least time."""

    since: float
    row: Row


def advice(rows: Sequence[Row]) -> list[str]:
    """Return a sentence per network that was measured both compiled and eager."""
    names = names_by_case(rows)
    networks: dict[tuple[str, ...], dict[str, list[Row]]] = {}
    for row in rows:
        kind, params = row.workload.kind, row.workload.params
        if is_timed(row) and "network" in params and kind in PREFERRED:
            place = (str(params["network"]), str(params.get("batch")), row.target.dtype)
            networks.setdefault(place, {}).setdefault(kind, []).append(row)
    several = len({dtype for _, _, dtype in networks}) > 1
    sentences = []
    for (network, batch, dtype), kinds in networks.items():
        kind = next(name for name in PREFERRED if name in kinds)
        group = kinds[kind]
        # times that other programs disturbed name no fastest mode
        if any(row.break_even.state for row in group) and not any(row.busy for row in group):
            where = f"batch {batch}{f', {dtype}' if several else ''}"
            what = f"{kind} {network} ({where}), compiling included"
            sentences.append(f"{what}: {_sentence(group, names)}")
    return sentences


def _sentence(rows: Sequence[Row], names: Mapping[str, str]) -> str:
    """Write such as `fastest is numpy, torch compile from about 120 steps on`, and the rest."""
    stretches = _envelope([_line(row) for row in rows if _is_sure(row)])
    first, *later = stretches
    words = [names[first.row.case]]
    for stretch in later:
        since, name = units.rounded(stretch.since), names[stretch.row.case]
        words.append(f"{name} from about {since} steps{_epochs(stretch, rows)} on")
    fastest = ", ".join(words)
    unsure = [names[row.case] for row in rows if row.break_even.state == "unsure"]
    never = [names[row.case] for row in rows if row.break_even.state == "never"]
    ends = []
    if never:
        ends.append(f"compiling never pays off: {', '.join(never)}")
    if unsure:
        ends.append(f"no measurable gain over eager: {', '.join(unsure)}")
    return "; ".join((f"fastest is {fastest}", *ends))


def _epochs(stretch: _Stretch, rows: Sequence[Row]) -> str:
    """Say the same in epochs, where a row says how many steps an epoch has."""
    for row in rows:
        if row.break_even.epochs and row.break_even.steps:
            epochs = stretch.since * row.break_even.epochs / row.break_even.steps
            return f" ({units.significant(epochs, digits=2)} epochs)"
    return ""


def _is_sure(row: Row) -> bool:
    """Return whether the row is dynamic, or static and surely faster with a known compile time."""
    pays = row.break_even.state == "pays" and row.compile.seconds is not None
    return row.mode_kind == "dynamic" or pays


def _line(row: Row) -> _Line:
    return _Line(row, TotalTime(row.compile.seconds or 0.0, row.time.seconds or inf))


def _envelope(lines: Sequence[_Line]) -> list[_Stretch]:
    """Return which target takes the least time, from the first step to the last."""
    at, best = 1.0, min(lines, key=lambda line: (line.total.of(1), line.total.step_s))
    stretches = [_Stretch(at, best.row)]
    while crossings := [
        (line.total.crossing(best.total), line.total.step_s, line)
        for line in lines
        if line.total.step_s < best.total.step_s
    ]:
        at, _, best = min(crossings, key=lambda crossing: crossing[:2])
        stretches.append(_Stretch(at, best.row))
    return stretches
