"""How the time of a step changes with the number of threads, for like targets of a workload."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice, pairwise
from math import exp, log
from typing import NamedTuple

from dlbench.analysis.pairing.contest import ALPHA
from dlbench.analysis.rows import Row
from dlbench.analysis.verdicts import Verdict
from dlbench.answers.duel import Duel
from dlbench.answers.questions import others
from dlbench.grouping import grouped
from dlbench.records.base import Record
from dlbench.stats.multiple import holm

AXIS, CPU = "threads", "cpu"

# More threads that make a step this much longer are a cliff: there something stops the threads from
# working side by side. Small losses are told by the best number of threads.
CLIFF = 1.25

Fight = Callable[[str, Sequence[str], Sequence[str]], Duel]
"""Compare two groups of cases, by their ids, of a workload."""


class Cliff(Record, frozen=True):
    """More threads with which a step takes longer. ratio: of the times, with its interval."""

    fewer: int
    more: int
    ratio: float
    low: float | None
    high: float | None


class Scaling(Record, frozen=True):
    """A target with several numbers of threads, on one workload.

    workload: its id; case: that of `usual` threads, which are all usable cores, or the most that
    were measured; counts: the numbers of threads; best: the fastest of the others; ratio: the time
    with the usual ones over that with the best of the others; verdict: on the usual ones; cliffs:
    those beyond doubt.
    """

    workload: str
    case: str
    usual: int
    counts: tuple[int, ...]
    best: int
    ratio: float
    low: float | None
    high: float | None
    verdict: Verdict
    cliffs: tuple[Cliff, ...] = ()


class _Duels(NamedTuple):
    """The duels of a target: usual threads against all others, and each number with the next."""

    rows: Sequence[Row]
    usual: Row
    against: Duel
    steps: Sequence[tuple[Row, Row, Duel]]

    @property
    def every(self) -> list[Duel]:
        return [self.against, *(found for _, _, found in self.steps)]


def scalings_of(rows: Sequence[Row], fight: Fight, cores: int) -> Iterator[Scaling]:
    """Yield how every target on a CPU scales; cores: those that the run could use.

    rows: all that were timed. What is said of all of them holds together in 95 % of runs.
    """
    found = [*_duels(rows, fight, cores)]
    gates = iter(holm([one.p for duels in found for one in duels.every]))
    for duels in found:
        those = islice(gates, len(duels.every))
        sure = [gate is not None and gate <= ALPHA for gate in those]
        yield _scaling(duels, sure)


def _duels(rows: Sequence[Row], fight: Fight, cores: int) -> Iterator[_Duels]:
    on_cpu = [row for row in rows if row.target.device == CPU]
    for same in grouped(on_cpu, lambda row: (row.workload.id, others(row, AXIS))).values():
        ordered = sorted(same, key=lambda row: row.target.threads)
        if len(ordered) > 1:
            usual = next((row for row in ordered if row.target.threads == cores), ordered[-1])
            rest = [row.case for row in ordered if row is not usual]
            workload = usual.workload.id
            steps = [
                (fewer, more, fight(workload, [fewer.case], [more.case]))
                for fewer, more in pairwise(ordered)
            ]
            yield _Duels(ordered, usual, fight(workload, rest, [usual.case]), steps)


def _scaling(duels: _Duels, sure: Sequence[bool]) -> Scaling:
    """Judge a target. sure: of its duels, whether they are beyond doubt."""
    usual, found = duels.usual, duels.against
    threads = {row.case: row.target.threads for row in duels.rows}
    ratio, low, high = _exponents(found)
    decided = found.verdict in {"slower", "faster"}
    return Scaling(
        workload=usual.workload.id,
        case=usual.case,
        usual=usual.target.threads,
        counts=tuple(threads.values()),
        best=threads[found.left],
        ratio=ratio,
        low=low,
        high=high,
        verdict="unsure" if decided and not sure[0] else found.verdict,
        cliffs=tuple(
            Cliff(fewer.target.threads, more.target.threads, *_exponents(step))
            for (fewer, more, step), is_sure in zip(duels.steps, sure[1:], strict=True)
            if is_sure and step.ratio.low is not None and step.ratio.low >= log(CLIFF)
        ),
    )


def _exponents(found: Duel) -> tuple[float, float | None, float | None]:
    ratio, low, high = found.ratio
    return (
        exp(ratio),
        None if low is None else exp(low),
        None if high is None else exp(high),
    )
