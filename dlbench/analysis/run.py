"""Analyse a run: one row per case, compared with a baseline or with the fastest of its workload.

Rows are computed from the raw measurements on demand and never stored.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import combinations
from math import inf
from typing import NamedTuple

from msgspec.structs import replace

from dlbench import arguments
from dlbench.analysis import nulls
from dlbench.analysis.baseline import Parameter, find_baseline
from dlbench.analysis.limits.efficiency import with_efficiency, with_feeding
from dlbench.analysis.limits.roof import with_roofs
from dlbench.analysis.locator import Locator
from dlbench.analysis.nulls import Nulls
from dlbench.analysis.pairing.contest import Contest
from dlbench.analysis.pairing.located import LocatedPair
from dlbench.analysis.pairing.luck import Luck, luck_of, noise_of, null_ratios
from dlbench.analysis.pairing.pairs import Pair, apart, pair_rounds
from dlbench.analysis.parts import RowComparison
from dlbench.analysis.rerun import RerunCommand
from dlbench.analysis.rows import Row, is_timed, row_of, with_notes
from dlbench.analysis.samples import CaseSamples, join_generations
from dlbench.analysis.static import StaticRows, rows_by_network
from dlbench.analysis.verdicts import MARGIN, Comparison, with_baseline, with_best, with_gates
from dlbench.grouping import grouped
from dlbench.records.run import Run
from dlbench.results.folder import Results
from dlbench.stats.location import Variance
from dlbench.stats.luck import USUAL
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


UNREACHED = CaseSamples("", "skipped", "the run ended before its turn", (), (), None, ())


class ComparedRows(NamedTuple):
    """Rows of a run compared with a baseline; None for each workload's fastest.

    baseline: the id of a target, or a parameter and its value, such as `network plain`.
    """

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
        self.run, self.margin = results.run, margin
        plan = self.run.plan
        targets = {case.id: case.target for case in plan.cases}
        self.samples_by_case = join_generations(results.measurements, targets)
        plain = [row_of(case, self.samples_by_case.get(case.id, UNREACHED)) for case in plan.cases]
        alone = with_roofs(plain, self.run)
        self.contests, self.nulls = self._contests(alone)
        self.rows = self._completed(with_notes(alone, self.run))

    def _contests(self, alone: Sequence[Row]) -> tuple[dict[str, Contest], Nulls]:
        """Locate every two cases of each workload; also return what the nulls show."""
        timed = {
            workload: [row for row in rows if is_timed(row)]
            for workload, rows in grouped(alone, lambda row: row.workload.id).items()
        }
        pairs = {workload: self._pairs(rows) for workload, rows in timed.items()}
        every = [pair for row in pairs.values() for pair in row]
        of_run, usual = luck_of(every), _usual(self.run)
        null_pairs = nulls.null_pairs(self.run.plan, self.samples_by_case)
        found = nulls.evaluate(null_pairs, of_run or usual, self.margin)
        earlier = self.run.luck.earlier if self.run.luck else ()
        luck = Luck(of_run, usual, null_ratios(null_pairs), frozenset(found.failed), earlier)
        self.locator = Locator(luck, noise_of(every))
        contests = {
            workload: self.locator.contest(timed[workload], row) for workload, row in pairs.items()
        }
        return contests, nulls.with_visible(found, contests.values())

    def _pairs(self, rows: Sequence[Row]) -> list[Pair]:
        return [
            pair_rounds(self.samples_by_case[a.case], self.samples_by_case[b.case])
            for a, b in combinations(rows, 2)
        ]

    def _completed(self, alone: Sequence[Row]) -> list[Row]:
        """Add to the rows what depends on other cases, without verdicts."""
        located_pairs = {
            pair: one for contest in self.contests.values() for pair, one in contest.pairs.items()
        }
        static = StaticRows(self.samples_by_case, rows_by_network(self.run.plan), located_pairs)
        leads, ranks = {}, {}  # type: dict[str, bool | None], dict[str, int | None]
        for contest in self.contests.values():
            leads |= {case: contest.leads(case, self.margin) for case in contest.cases}
            ranks |= contest.ranks(self.margin)
        rows = static.complete(with_feeding(with_efficiency(alone)))
        return [replace(row, leads=leads.get(row.case), rank=ranks.get(row.case)) for row in rows]

    def against(self, baseline: str | None = None) -> ComparedRows:
        """Compare every row with the baseline of its workload.

        baseline: the id of a target, or some of its parts; or a value that workloads differ in,
        such as a network; None for the fastest of each workload. UsageError if it does not match
        one.
        """
        if baseline is None:
            return self._fastest
        target = find_baseline(self.run, baseline)
        if isinstance(target, Parameter):
            return self._against_parameter(target)
        bases = self._bases(target)
        compared = [
            with_baseline(
                [contest.pairs[case, base] for case in contest.cases if case != base], self.margin
            )
            for workload, contest in self.contests.items()
            if (base := bases.get(workload)) is not None
        ]
        return self._compared(self._by_case(bases), compared, target)

    def _against_parameter(self, parameter: Parameter) -> ComparedRows:
        """Compare every row with the one that differs in this parameter alone."""
        timed = [row for row in self.rows if is_timed(row)]
        bases = {parameter.place(row): row for row in timed if parameter.is_of(row)}
        compared = [
            with_baseline(
                [
                    self._across(row, bases[parameter.place(row)])
                    for row in those
                    if parameter.place(row) in bases
                ],
                self.margin,
            )
            for those in grouped(
                (row for row in timed if not parameter.is_of(row)), lambda row: row.workload.id
            ).values()
        ]
        own = {row.case: row.case for row in bases.values()}
        return self._compared(own, compared, str(parameter))

    def _across(self, row: Row, base: Row) -> LocatedPair:
        """Locate two cases of different workloads; without an interval if in different rows."""
        samples = [self.samples_by_case[one.case] for one in (row, base)]
        together = self._places[row.case] == self._places[base.case]
        pair = pair_rounds(*samples) if together else apart(*samples)
        return self.locator.located(pair, row, base)

    @cached_property
    def _places(self) -> dict[str, int]:
        """Return the number of the row of every case."""
        return {case.id: n for n, row in enumerate(self.run.plan.groups) for case in row.cases}

    @cached_property
    def _fastest(self) -> ComparedRows:
        """Compare every row with the fastest of its workload."""
        seconds = {row.case: row.time.seconds or inf for row in self.rows}
        bases = {
            workload: contest.reference(seconds)
            for workload, contest in self.contests.items()
            if contest.cases
        }
        contests = self.contests
        compared = [with_best(contests[row], base, self.margin) for row, base in bases.items()]
        return self._compared(self._by_case(bases), compared, None)

    def _bases(self, target: str) -> dict[str, str]:
        """Return the timed case of the target by workload."""
        return {
            row.workload.id: row.case
            for row in self.rows
            if row.target.id == target and is_timed(row)
        }

    def _by_case(self, bases: Mapping[str, str]) -> dict[str, str]:
        """Return the base of every row, from those of the workloads."""
        rows = (row for row in self.rows if row.workload.id in bases)
        return {row.case: bases[row.workload.id] for row in rows}

    def _compared(
        self,
        bases: Mapping[str, str],
        compared: Iterable[Sequence[Comparison]],
        target: str | None,
    ) -> ComparedRows:
        verdicts = {one.case: one for one in with_gates(compared)}
        rows = _with_verdicts(self.run, self.rows, bases, target, verdicts)
        return ComparedRows(rows, self.nulls, target)


def _usual(run: Run) -> Variance:
    return Variance(run.luck.variance, run.luck.df) if run.luck else USUAL


def _with_verdicts(
    run: Run,
    rows: Sequence[Row],
    bases: Mapping[str, str],
    target: str | None,
    verdicts: Mapping[str, Comparison],
) -> list[Row]:
    """Add verdicts to the rows, and to unsure ones the command that would decide them."""
    cases = {case.id: case for case in run.plan.cases}
    rerun = RerunCommand(run)
    compared = []
    for row in rows:
        verdict = verdicts.get(row.case)
        if verdict is None:
            base = bases.get(row.case)
            base_target = None if base is None else cases[base].target.id
            compared.append(replace(row, comparison=_uncompared(row, base_target, target)))
        else:
            both = [cases[row.case], cases[verdict.baseline]]
            command = rerun.command(both) if verdict.verdict == "unsure" else None
            compared.append(replace(row, comparison=_compared(verdict, both[1].target.id, command)))
    return compared


def _uncompared(row: Row, base: str | None, target: str | None) -> RowComparison:
    """Return the comparison of a row that is the baseline itself, or that has none."""
    if base is not None or target is None or not is_timed(row):
        return RowComparison(base or target)
    return RowComparison(target, reason=f"the baseline was not measured ({target})")


def _compared(comparison: Comparison, baseline: str, command: str | None) -> RowComparison:
    return RowComparison(
        baseline=baseline,
        base_case=comparison.baseline,
        ratio=comparison.ratio,
        low=comparison.ratio_low,
        high=comparison.ratio_high,
        verdict=comparison.verdict,
        reason=comparison.reason,
        p=comparison.p,
        p_display=comparison.p_display,
        p_gate=comparison.p_gate,
        basis=comparison.basis,
        busy=comparison.busy,
        rerun=command,
    )
