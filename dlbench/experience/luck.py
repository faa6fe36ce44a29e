"""The luck of this machine: how much the ratio of two cases differs between processes.

A run of one repetition cannot show it. Several such runs of the same cases do, and so do runs of
several repetitions.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from dlbench.analysis.pairing.luck import earlier_ratios, medians, spread_of_values
from dlbench.analysis.pairing.pairs import Pair, pair_rounds
from dlbench.analysis.samples import CaseSamples, join_generations
from dlbench.experience.book import Book
from dlbench.records.base import Record
from dlbench.records.case import Group
from dlbench.records.plan import Plan
from dlbench.records.run import Environment, Standing, UsualLuck
from dlbench.results.folder import Results
from dlbench.stats.luck import USUAL, Spread, fitted

# The repetitions of a target that are kept, the latest ones: a machine changes.
MOST_RATIOS = 12

# Ratios that are kept of all workloads and targets; those of the latest repetitions.
MOST_ENTRIES = 5000

# With fewer degrees of freedom in all pairs, what is usual everywhere counts.
FEWEST_DF = 20


class Ratios(Record, frozen=True):
    """What repetitions came to. runs: the number of runs; repetitions: the last one last."""

    runs: int = 0
    repetitions: tuple[Standing, ...] = ()


BOOK = Book("ratios", Ratios)


def usual(environment: Environment, plan: Plan) -> tuple[UsualLuck | None, str]:
    """Return what this machine has shown of the cases of a plan, None if nothing, and a note."""
    known, note = BOOK.read(environment)
    if known is None:
        return None, note
    spreads = spreads_of(known.repetitions)
    found = fitted(spreads) if sum(one.df for one in spreads) >= FEWEST_DF else None
    value, df = found or USUAL
    return UsualLuck(value, df, known.runs, tuple(_of(plan, known.repetitions))), note


def remember(results: Results) -> str:
    """Add the repetitions of a run to the book; return a note if that is not possible."""
    environment = results.run.environment
    known, _ = BOOK.read(environment)
    known = known or Ratios()
    added = standings(results)
    if not added:
        return ""
    return BOOK.write(environment, Ratios(known.runs + 1, latest((*known.repetitions, *added))))


def latest(repetitions: Sequence[Standing]) -> tuple[Standing, ...]:
    """Return the repetitions, without older ratios than MOST_RATIOS of a target."""
    seen, kept, count = Counter[tuple[str, str]](), list[Standing](), 0
    for standing in reversed(repetitions):
        left: Standing = {}
        for workload, row in standing.items():
            for target, value in row.items():
                seen[workload, target] += 1
                if seen[workload, target] <= MOST_RATIOS and count < MOST_ENTRIES:
                    count += 1
                    left.setdefault(workload, {})[target] = value
        kept += [left] if left else []
    return tuple(reversed(kept))


def spreads_of(repetitions: Sequence[Standing]) -> list[Spread]:
    """Return the spread of each target's ratio to the one of its workload that ran most often."""
    counts: dict[str, Counter[str]] = {}
    for standing in repetitions:
        for workload, row in standing.items():
            counts.setdefault(workload, Counter()).update(row)
    found = [
        spread_of_values(earlier_ratios(repetitions, workload, (target, base)))
        for workload, counted in counts.items()
        for base in [max(counted, key=lambda name: counted[name])]
        for target in counted
        if target != base
    ]
    return [spread for spread in found if spread is not None]


def standings(results: Results) -> list[Standing]:
    """Return what each repetition of a run came to; disturbed pairs are left out."""
    samples = join_generations(results.measurements)
    found: dict[int, Standing] = {}
    for group in results.run.plan.groups:
        for target, generation, value in _ratios(group, samples):
            found.setdefault(generation, {}).setdefault(group.workload.id, {})[target] = value
    return [found[generation] for generation in sorted(found)]


def _of(plan: Plan, repetitions: Iterable[Standing]) -> Iterable[Standing]:
    """Yield the repetitions with the cases of a plan alone."""
    wanted = {group.workload.id: {case.target.id for case in group.cases} for group in plan.groups}
    for standing in repetitions:
        rows = {
            workload: {target: row[target] for target in row if target in wanted[workload]}
            for workload, row in standing.items()
            if workload in wanted
        }
        if any(rows.values()):
            yield rows


def _ratios(group: Group, samples: dict[str, CaseSamples]) -> Iterable[tuple[str, int, float]]:
    """Yield target, repetition and log ratio to the first target that was measured."""
    good = [case for case in group.cases if case.id in samples and samples[case.id].status == "ok"]
    for case in good[1:]:
        pair = pair_rounds(samples[case.id], samples[good[0].id])
        if is_whole(pair):
            for generation, value in enumerate(medians(pair)):
                yield case.target.id, generation, value
                yield good[0].target.id, generation, 0.0


def is_whole(pair: Pair) -> bool:
    """Return whether every repetition has an undisturbed ratio: they are told apart by place."""
    is_quiet = not (pair.lost or pair.busy or pair.is_throttled)
    return is_quiet and len(medians(pair)) == len(pair.generations)
