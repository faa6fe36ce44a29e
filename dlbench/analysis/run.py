"""Analyse a run: one row per case, compared with a baseline or with the fastest of its workload.

Rows are computed from the raw measurements on demand and never stored.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from msgspec.structs import replace

from dlbench import arguments
from dlbench.analysis import nulls
from dlbench.analysis.efficiency import with_efficiency
from dlbench.analysis.level import doubt
from dlbench.analysis.nulls import Nulls
from dlbench.analysis.pairs import Pair, locate, pair_rounds
from dlbench.analysis.rerun import RerunCommand
from dlbench.analysis.rows import Row, RowComparison, best, is_timed, row_of
from dlbench.analysis.samples import CaseSamples, join_generations
from dlbench.analysis.static import StaticRows, rows_by_network
from dlbench.analysis.verdicts import MARGIN, Comparison, LocatedPair, compare
from dlbench.errors import UsageError
from dlbench.grouping import grouped
from dlbench.records.run import Run
from dlbench.results.folder import Results
from dlbench.stats.location import Variance
from dlbench.syntax import within


class Versus(NamedTuple):
    """The baseline of a comparison, and its margin.

    baseline: a target's id or parts of it, None for the fastest; margin: smaller differences count
    as equal; a share.
    """

    baseline: str | None = None
    margin: float = MARGIN


FASTEST = Versus()


def versus(baseline: str | None, margin: float | None) -> Versus:
    """Check what the user asks for; UsageError if the margin is out of range."""
    if baseline is not None:
        arguments.text("--baseline", baseline)
    if margin is None:
        return Versus(baseline)
    arguments.number("--margin", margin, float)
    within("--margin", margin, 0, 1, "a fraction such as 0.02 (2 %)", without=(1,))
    return Versus(baseline, margin)


# How often the fastest target is replaced by one that proved faster. Noise can make a ring of
# pairwise winners, so the search must end.
MOST_FASTEST = 3


UNREACHED = CaseSamples("", "skipped", "the run ended before its turn", (), (), None, ())


class ComparedRows(NamedTuple):
    """Rows of a run compared with a baseline: a target's id, None for each workload's fastest."""

    rows: list[Row]
    nulls: Nulls
    baseline: str | None


def rows_of(results: Results, baseline: str | None = None, margin: float = MARGIN) -> list[Row]:
    """Compare every case of the plan, in its order: see RunAnalysis.against."""
    return RunAnalysis(results, margin).against(baseline).rows


class RunAnalysis:
    """Analysis of every case of a run by itself, ready for comparison with any baseline.

    A case without a measurement was not reached before the run ended. margin: smaller differences
    count as equal; a share.
    """

    def __init__(self, results: Results, margin: float = MARGIN) -> None:
        self.run = results.run
        self.samples_by_case = join_generations(results.measurements)
        self.nulls, self.null_pairs = nulls.evaluate(self.run.plan, self.samples_by_case, margin)
        self.workloads = {case.id: case.workload.id for case in self.run.plan.cases}
        self.variances = self._variances()
        self.rows = self._rows()
        self.levels = {row.case: row.level for row in self.rows}

    def _rows(self) -> list[Row]:
        """Compute the rows, without verdicts."""
        plan = self.run.plan
        alone = [row_of(case, self.samples_by_case.get(case.id, UNREACHED)) for case in plan.cases]
        variances = {case.id: self._variance(case.id) for case in plan.cases}
        static = StaticRows(self.samples_by_case, rows_by_network(plan), variances)
        return static.complete(with_efficiency(alone))

    def against(self, baseline: str | None = None) -> ComparedRows:
        """Compare every row with the baseline of its workload.

        The verdicts of all rows are adjusted together. baseline: the id of a target, or some of its
        parts; None for the fastest of each workload. UsageError if it does not match one target.
        """
        if baseline is None:
            return self._fastest
        target = find_target(self.run, baseline)
        bases = _bases(self.rows, target)
        _, verdicts = self._compare(bases)
        rows = _with_verdicts(self.run, self.rows, bases, target, verdicts)
        # what a run can detect is a property of the run, and the same with every baseline
        return ComparedRows(rows, self._fastest.nulls, target)

    @cached_property
    def _fastest(self) -> ComparedRows:
        """Compare every row with the fastest of its workload."""
        bases = _bases(self.rows, None)
        pairs, verdicts = self._compare(bases)
        for _ in range(MOST_FASTEST):
            better = _rebase(self.rows, bases, verdicts)
            if better == bases:
                break
            bases = better
            pairs, verdicts = self._compare(bases)
        rows = _with_verdicts(self.run, self.rows, bases, None, verdicts)
        found = nulls.with_visible(self.nulls, [*self.null_pairs, *pairs])
        return ComparedRows(rows, found, None)

    def _compare(
        self, bases: Sequence[Row | None]
    ) -> tuple[list[LocatedPair], dict[str, Comparison]]:
        """Pair every row with its base, if that is another row; also return verdicts by case."""
        pairs = [
            pair_rounds(self.samples_by_case[row.case], self.samples_by_case[base.case])
            for row, base in zip(self.rows, bases, strict=True)
            if base is not None and base is not row and is_timed(row)
        ]
        located = [self._located(pair) for pair in pairs]
        verdicts = compare(located, self.nulls.margin, same=self.nulls.asked)
        return located, {verdict.case: verdict for verdict in verdicts}

    def _located(self, pair: Pair) -> LocatedPair:
        """Locate the ratio of a pair, with the doubts about the level of its cases."""
        levels = [self.levels[case] for case in (pair.case, pair.baseline)]
        return LocatedPair(
            pair,
            locate(pair, self._variance(pair.case)),
            doubt=sum(doubt(level) for level in levels),
            unsteady=any(level.steady is False for level in levels),
        )

    def _variance(self, case: str) -> Variance | None:
        return self.variances.get(self.workloads[case])

    def _variances(self) -> dict[str, Variance | None]:
        """Estimate the variance between processes of every workload."""
        every = [located.pair for located in self.null_pairs]
        return {
            workload: nulls.row_variance(
                [pair for pair in every if self.workloads[pair.baseline] == workload], every
            )
            for workload in dict.fromkeys(self.workloads.values())
        }


def _rebase(
    rows: Sequence[Row], bases: Sequence[Row | None], verdicts: Mapping[str, Comparison]
) -> list[Row | None]:
    """Replace every base that another row of its workload was faster than by that row."""
    faster = [
        (verdicts[row.case].ratio or 1.0, row.workload.id, row)
        for row in rows
        if row.case in verdicts and verdicts[row.case].verdict == "faster"
    ]
    winners = {workload: row for _, workload, row in sorted(faster, key=lambda f: -f[0])}
    return [winners.get(row.workload.id, base) for row, base in zip(rows, bases, strict=True)]


def _bases(rows: Sequence[Row], target: str | None) -> list[Row | None]:
    """Choose the base of each row: its workload's row of the target, or its fastest."""
    groups = grouped(rows, lambda row: row.workload.id)
    chosen = {
        workload: best(group)
        if target is None
        else next((row for row in group if row.target.id == target and is_timed(row)), None)
        for workload, group in groups.items()
    }
    return [chosen[row.workload.id] for row in rows]


def _with_verdicts(
    run: Run,
    rows: Sequence[Row],
    bases: Sequence[Row | None],
    target: str | None,
    verdicts: Mapping[str, Comparison],
) -> list[Row]:
    """Add verdicts to the rows, and to unsure ones the command that would decide them."""
    cases = {case.id: case for case in run.plan.cases}
    rerun = RerunCommand(run)
    compared = []
    for row, base in zip(rows, bases, strict=True):
        verdict = verdicts.get(row.case)
        if verdict is None:
            compared.append(replace(row, comparison=_uncompared(row, base, target)))
        else:
            both = [cases[row.case], cases[verdict.baseline]]
            command = rerun.command(both) if verdict.verdict == "unsure" else None
            compared.append(replace(row, comparison=_compared(verdict, both[1].target.id, command)))
    return compared


def _uncompared(row: Row, base: Row | None, target: str | None) -> RowComparison:
    """Return the comparison of a row that is the baseline itself, or that has none."""
    if base is not None or target is None or not is_timed(row):
        return RowComparison(base.target.id if base else target)
    return RowComparison(target, reason=f"the baseline was not measured ({target})")


def _compared(comparison: Comparison, baseline: str, command: str | None) -> RowComparison:
    return RowComparison(
        baseline=baseline,
        ratio=comparison.ratio,
        low=comparison.ratio_low,
        high=comparison.ratio_high,
        verdict=comparison.verdict,
        reason=comparison.reason,
        p=comparison.p,
        p_display=comparison.p_display,
        p_gate=comparison.p_gate,
        busy=comparison.busy,
        rerun=command,
    )


def find_target(run: Run, text: str) -> str:
    """Find the one target of a run that has these parts in this order; return its id.

    UsageError if none or several have them.
    """
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
