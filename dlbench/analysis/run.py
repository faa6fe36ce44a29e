"""What a run says: every case as a row, compared with a baseline or with the fastest of its kind.

Derived from the raw measurements whenever asked for, and never stored.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from dlbench.analysis import nulls
from dlbench.analysis.nulls import Nulls
from dlbench.analysis.overhead import with_overhead
from dlbench.analysis.pairs import locate, paired
from dlbench.analysis.rerun import Settling
from dlbench.analysis.rows import Row, RowComparison, best, is_timed, row_of
from dlbench.analysis.samples import History, histories
from dlbench.analysis.static import Graphs, rows_by_network
from dlbench.analysis.utilisation import with_utilisation
from dlbench.analysis.verdicts import MARGIN, Comparison, Measured, compare
from dlbench.errors import UsageError
from dlbench.grouping import grouped
from dlbench.records.run import Run
from dlbench.results.folder import Results
from dlbench.stats.location import Luck
from dlbench.syntax import within


class Versus(NamedTuple):
    """What rows are compared with: a target, by its id or parts of it; None for the fastest.

    margin: smaller differences do not count, a share.
    """

    baseline: str | None = None
    margin: float = MARGIN


FASTEST = Versus()


def versus(baseline: str | None, margin: float | None) -> Versus:
    """As the user asks; UsageError for a margin that is none."""
    if margin is None:
        return Versus(baseline)
    within("--margin", margin, 0, 1, "a fraction such as 0.02 (2 %)", without=(1,))
    return Versus(baseline, margin)


# How often another fastest is tried where one was faster than the last: in pairs, noise can make a
# ring of them.
MOST_FASTEST = 3


UNREACHED = History("", "skipped", "the run ended before its turn", (), (), None, ())


class Reading(NamedTuple):
    """All that a run says. baseline: the target's id, None for the fastest of each workload."""

    rows: list[Row]
    nulls: Nulls
    baseline: str | None


def rows_of(results: Results, baseline: str | None = None, margin: float = MARGIN) -> list[Row]:
    """One row per case of the plan, in its order, compared with the baseline's: see Known."""
    return Known(results, margin).against(baseline).rows


class Known:
    """What a run says of every case by itself, ready for comparisons with any baseline.

    A case without a measurement was not reached before the run was cut off. margin: smaller
    differences do not count, a share.
    """

    def __init__(self, results: Results, margin: float = MARGIN) -> None:
        self.run = results.run
        self.histories = histories(results.measurements)
        self.nulls, self.null_pairs = nulls.of(self.run.plan, self.histories, margin)
        self.workloads = {case.id: case.workload.id for case in self.run.plan.cases}
        self.lucks = self._lucks()
        self.rows = self._rows()

    def _rows(self) -> list[Row]:
        """What every case says, by itself and beside others of the run, but for verdicts."""
        plan = self.run.plan
        alone = [row_of(case, self.histories.get(case.id, UNREACHED)) for case in plan.cases]
        lucks = {case.id: self._luck(case.id) for case in plan.cases}
        graphs = Graphs(self.histories, rows_by_network(plan), lucks)
        return graphs.rows(with_overhead(with_utilisation(alone)))

    def against(self, baseline: str | None = None) -> Reading:
        """Every row compared with the baseline's of its workload, all of them together.

        baseline: the id of a target, or some of its parts; None for the fastest of each workload.
        """
        target = None if baseline is None else named_target(self.run, baseline)
        bases = _bases(self.rows, target)
        measured, verdicts = self._judged(bases)
        for _ in range(MOST_FASTEST if target is None else 0):
            better = _rebased(self.rows, bases, verdicts)
            if better == bases:
                break
            bases = better
            measured, verdicts = self._judged(bases)
        return Reading(
            rows=_compared(self.run, self.rows, bases, target, verdicts),
            nulls=nulls.seen(self.nulls, [*self.null_pairs, *measured]),
            baseline=target,
        )

    def _judged(self, bases: Sequence[Row | None]) -> tuple[list[Measured], dict[str, Comparison]]:
        """Every row that has another base, paired with it, and the verdicts by case."""
        pairs = [
            paired(self.histories[row.case], self.histories[base.case])
            for row, base in zip(self.rows, bases, strict=True)
            if base is not None and base is not row and is_timed(row)
        ]
        measured = [Measured(pair, locate(pair, self._luck(pair.case))) for pair in pairs]
        verdicts = compare(measured, self.nulls.margin, same=self.nulls.asked)
        return measured, {one.case: one for one in verdicts}

    def _luck(self, case: str) -> Luck | None:
        return self.lucks.get(self.workloads[case])

    def _lucks(self) -> dict[str, Luck | None]:
        """By workload."""
        every = [one.pair for one in self.null_pairs]
        return {
            workload: nulls.luck_in(
                [pair for pair in every if self.workloads[pair.baseline] == workload], every
            )
            for workload in dict.fromkeys(self.workloads.values())
        }


def _rebased(
    rows: Sequence[Row], bases: Sequence[Row | None], verdicts: Mapping[str, Comparison]
) -> list[Row | None]:
    """The bases, but for those that a row of theirs was faster than: that row instead."""
    faster = [
        (verdicts[row.case].ratio or 1.0, row.workload.id, row)
        for row in rows
        if row.case in verdicts and verdicts[row.case].verdict == "faster"
    ]
    winners = {workload: row for _, workload, row in sorted(faster, key=lambda f: -f[0])}
    return [winners.get(row.workload.id, base) for row, base in zip(rows, bases, strict=True)]


def _bases(rows: Sequence[Row], target: str | None) -> list[Row | None]:
    """What each row is compared with: the row of the target, or the fastest, of its workload."""
    groups = grouped(rows, lambda row: row.workload.id)
    chosen = {
        workload: best(group)
        if target is None
        else next((row for row in group if row.target.id == target and is_timed(row)), None)
        for workload, group in groups.items()
    }
    return [chosen[row.workload.id] for row in rows]


def _compared(
    run: Run,
    rows: Sequence[Row],
    bases: Sequence[Row | None],
    target: str | None,
    verdicts: Mapping[str, Comparison],
) -> list[Row]:
    """The rows with their verdicts, and with what would settle those that are unsure."""
    cases = {case.id: case for case in run.plan.cases}
    settling = Settling(run)
    told = []
    for row, base in zip(rows, bases, strict=True):
        found = verdicts.get(row.case)
        if found is None:
            told.append(replace(row, comparison=_alone(row, base, target)))
        else:
            both = [cases[row.case], cases[found.baseline]]
            command = settling.command(both) if found.verdict == "unsure" else None
            told.append(replace(row, comparison=_with(found, both[1].target.id, command)))
    return told


def _alone(row: Row, base: Row | None, target: str | None) -> RowComparison:
    """Of a row that is compared with nothing: it is the baseline, or there is none."""
    if base is not None or target is None or not is_timed(row):
        return RowComparison(base.target.id if base else target)
    return RowComparison(target, reason=f"no time of the baseline: {target}")


def _with(found: Comparison, baseline: str, command: str | None) -> RowComparison:
    return RowComparison(
        baseline=baseline,
        ratio=found.ratio,
        low=found.ratio_low,
        high=found.ratio_high,
        verdict=found.verdict,
        reason=found.reason,
        p=found.p,
        p_display=found.p_display,
        p_gate=found.p_gate,
        busy=found.busy,
        settle=command,
    )


def named_target(run: Run, text: str) -> str:
    """The id of the target of a run that has these parts, in their order; UsageError if not one."""
    targets = list(dict.fromkeys(case.target.id for case in run.plan.cases))
    matches = [target for target in targets if target == text] or [
        target for target in targets if _has_parts(target.split("/"), text.split("/"))
    ]
    if len(matches) == 1:
        return matches[0]
    raise UsageError(
        "several targets of the run match" if matches else "no target of the run matches",
        value=text,
        allowed=", ".join(matches or targets),
        hint="Some parts of one are enough if they match no other, such as torch/eager",
    )


def _has_parts(parts: Iterable[str], wanted: Sequence[str]) -> bool:
    left = iter(parts)
    return all(word in left for word in wanted)
