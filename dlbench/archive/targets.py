"""Compare two targets of one run: they were measured in turns, so their ratios are paired."""

from collections.abc import Sequence
from math import exp, log
from typing import NamedTuple

from dlbench.analysis.baseline import Parameter, find_baseline
from dlbench.analysis.pairing.located import LocatedPair
from dlbench.analysis.rows import Row
from dlbench.analysis.run import RunAnalysis
from dlbench.analysis.verdicts import MARGIN
from dlbench.answers import overall
from dlbench.answers.duel import Duel
from dlbench.archive.comparison import Compared
from dlbench.archive.likeness import Unmatched, named
from dlbench.archive.verdict import Change, Mean, with_verdicts
from dlbench.errors import UsageError
from dlbench.records.run import Run
from dlbench.results.folder import Results
from dlbench.stats.location import Estimate

DISTURBED = "too few undisturbed rounds for an interval"


class _Two(NamedTuple):
    """The rows of both targets in a workload, and their pair."""

    a: Row
    b: Row
    pair: LocatedPair


def compare_targets(results: Results, a: str, b: str, margin: float = MARGIN) -> Compared:
    """Compare two targets of a run, named by some of their parts.

    Raises UsageError if they are not two targets of the run that share a workload.
    """
    run = results.run
    targets = [_target(run, name) for name in (a, b)]
    if targets[0] == targets[1]:
        raise UsageError("A and B are the same target", value=targets[0], hint="Name two targets")
    analysis = RunAnalysis(results, margin)
    twos = _twos(analysis, *targets)
    if not twos:
        raise UsageError(
            "the run measured no workload with both targets", value=" and ".join(targets)
        )
    pairs = [one.pair for one in twos]
    problems = ["" if pair.is_judged else DISTURBED for pair in pairs]
    changes = with_verdicts([_change(one) for one in twos], pairs, problems, margin)
    known = {one.case for two in twos for one in (two.a, two.b)}
    return Compared(
        a=f"{targets[0]} of {named(run)}",
        b=targets[1],
        margin=margin,
        changes=tuple(changes),
        located=tuple(pairs),
        targets={one.b.target.id: one.b.target for one in twos},
        unmatched=tuple(_left(analysis.rows, targets, known)),
        means=(_mean(changes, pairs),),
        together=True,
        warnings=results.warnings,
    )


def _target(run: Run, name: str) -> str:
    found = find_baseline(run, name)
    if isinstance(found, Parameter):
        what = "this is a value of the workloads, not a target of the run"
        hint = "dlbench show --baseline compares such values"
        raise UsageError(what, value=name, hint=hint)
    return found


def _twos(analysis: RunAnalysis, a: str, b: str) -> list[_Two]:
    rows = {(row.workload.id, row.target.id): row for row in analysis.rows}
    found = []
    for workload, contest in analysis.contests.items():
        ours, theirs = rows.get((workload, a)), rows.get((workload, b))
        if ours and theirs and (theirs.case, ours.case) in contest.pairs:
            found.append(_Two(ours, theirs, contest.pairs[theirs.case, ours.case]))
    return found


def _change(two: _Two) -> Change:
    a_s, b_s = two.a.time.seconds, two.b.time.seconds
    return Change(
        case=two.b.case,
        workload=two.b.workload.id,
        label=two.b.workload.label,
        target=two.b.target.id,
        backend=two.b.target.backend,
        a_s=a_s,
        b_s=b_s,
        raw=b_s / a_s if a_s and b_s else None,
        ratio=None if two.pair.middle is None else exp(two.pair.bounded_middle),
    )


def _left(rows: Sequence[Row], targets: Sequence[str], known: set[str]) -> list[Unmatched]:
    """Return the cases of both targets that have no partner."""
    sides = dict(zip(targets, ("A", "B"), strict=True))
    left = [row for row in rows if row.target.id in sides and row.case not in known]
    why = "the other target was not measured in this workload"
    return [Unmatched(row.case, None, row.failure or why) for row in left]


def _mean(changes: Sequence[Change], pairs: Sequence[LocatedPair]) -> Mean:
    """Return the geometric mean: one number a repetition, where there are several."""
    duels = [
        Duel(pair.pair.baseline, one.case, _logarithms(one), one.verdict, one.p, pair)
        for one, pair in zip(changes, pairs, strict=True)
        if one.ratio
    ]
    value, *ends = overall.mean_of(duels)
    low, high = (None if end is None else exp(end) for end in ends)
    return Mean("all", len(duels), exp(value), low, high)


def _logarithms(one: Change) -> Estimate:
    low, high = (None if end is None else log(end) for end in (one.low, one.high))
    return Estimate(log(one.ratio or 1.0), low, high)
