"""The result of a run in sentences: per kind of workload who is fastest, by how much, how surely.

Computed from the verdicts; where there is none, what was measured is said, and why no more.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from math import inf
from typing import NamedTuple

from dlbench import units
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
        """The rivals of the fastest that are not slower beyond doubt."""
        return [row for row in self.ranked[1:] if not is_behind(row)]


def headlines(rows: Sequence[Row]) -> list[str]:
    """A sentence or two per kind of workload in which targets can be compared."""
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
    return f"{kind}: {_wins(races, names)}. In the one with the most work, {result}"


def _wins(races: Sequence[_Race], names: Mapping[str, str]) -> str:
    """In how many workloads each target is fastest beyond doubt."""
    wins = Counter(names[race.ranked[0].case] for race in races if not race.doubts)
    count, unnamed = len(races), len(races) - wins.total()
    if not wins:
        return f"in none of {count} workloads can a winner be named"
    (winner, most), *others = wins.most_common()
    rest = "".join(f", {name} in {fewer}" for name, fewer in others)
    doubtful = f", and no winner can be named in {unnamed}" if unnamed else ""
    return f"{winner} is fastest in {most} of {count} workloads{rest}{doubtful}"


def _result(race: _Race, names: Mapping[str, str]) -> str:
    """Who is fastest, or between whom nothing is sure, or what keeps from saying so."""
    first, second, *_ = race.ranked
    if not race.doubts:
        return (
            f"{names[first.case]} is fastest with {_speed(first)}, "
            f"faster than {names[second.case]} by a factor of {_ratio(second)}."
        )
    if race.leading[1:]:
        tied = [row for row in race.leading if row is not first]
        others = ", ".join(names[row.case] for row in tied)
        return (
            f"{names[first.case]} with {_speed(first)} and {others}: no difference beyond the "
            f"margin is sure; {names[tied[0].case]} takes {_ratio(tied[0])} times as long."
        )
    doubt = race.doubts[0]
    reason = without_figures(doubt.reason or "")
    return (
        f"{names[first.case]} was measured fastest with {_speed(first)}, and {names[doubt.case]} "
        f"to take {_ratio(doubt)} times as long; no winner can be named: {reason}."
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
