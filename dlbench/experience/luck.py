"""The luck of this machine: how much the ratio of two cases differs between processes.

A run of one repetition cannot show it. Several such runs of the same cases do, and so do runs of
several repetitions.
"""

from collections.abc import Iterable, Mapping
from statistics import variance

from msgspec import field

from dlbench.analysis.pairing.luck import medians
from dlbench.analysis.pairing.pairs import pair_rounds
from dlbench.analysis.samples import join_generations
from dlbench.experience.book import Book
from dlbench.records.base import Record
from dlbench.records.run import Environment, UsualLuck
from dlbench.results.folder import Results
from dlbench.stats.luck import Spread, fitted

# The ratios of a pair that are kept, the latest ones: a machine changes.
MOST_RATIOS = 12

# Pairs that are kept; those of the latest runs.
MOST_PAIRS = 2000

# With fewer pairs, what is usual everywhere counts.
FEWEST_PAIRS = 20


class Ratios(Record, frozen=True):
    """The luck that runs have shown. runs: their number; pairs: log ratios, one per process."""

    runs: int = 0
    pairs: dict[str, tuple[float, ...]] = field(default_factory=dict)


BOOK = Book("luck", Ratios)


def usual(environment: Environment) -> tuple[UsualLuck | None, str]:
    """Return the usual luck of this machine, None if too little is known, and a note."""
    known, note = BOOK.read(environment)
    if known is None:
        return None, note
    spreads = [
        Spread(variance(values), len(values) - 1)
        for values in known.pairs.values()
        if len(values) > 1
    ]
    found = fitted(spreads) if len(spreads) >= FEWEST_PAIRS else None
    return (UsualLuck(found.value, found.df, known.runs) if found else None), note


def remember(results: Results) -> str:
    """Add the ratios of a run to the book; return a note if that is not possible."""
    environment = results.run.environment
    known, _ = BOOK.read(environment)
    known = known or Ratios()
    added = dict(_ratios(results))
    if not added:
        return ""
    return BOOK.write(environment, Ratios(known.runs + 1, merged(known.pairs, added)))


def merged(
    known: Mapping[str, tuple[float, ...]], added: Mapping[str, tuple[float, ...]]
) -> dict[str, tuple[float, ...]]:
    """Return the ratios of all pairs, those of the latest runs last."""
    kept = {pair: values for pair, values in known.items() if pair not in added}
    new = {pair: (*known.get(pair, ()), *values)[-MOST_RATIOS:] for pair, values in added.items()}
    every = [*kept.items(), *new.items()]
    return dict(every[-MOST_PAIRS:])


def _ratios(results: Results) -> Iterable[tuple[str, tuple[float, ...]]]:
    """Yield the ratios of each case to the first of its workload that was measured, by repetition.

    The first is the same in every run of a suite.
    """
    samples = join_generations(results.measurements)
    for group in results.run.plan.groups:
        good = [case.id for case in group.cases if case.id in samples]
        good = [case for case in good if samples[case].status == "ok"]
        for case in good[1:]:
            pair = pair_rounds(samples[case], samples[good[0]])
            values = tuple(medians(pair))
            if values and not pair.busy and not pair.is_throttled:
                yield f"{case} / {good[0]}", values
