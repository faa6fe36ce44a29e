"""Compare two stored runs case by case.

Two runs were not measured together: what differs between runs is in every interval, and the cases
whose software has not changed show how the machine has.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import exp, sqrt
from typing import NamedTuple

from dlbench.analysis.limits.roof import implausible
from dlbench.analysis.samples import CaseSamples, join_generations
from dlbench.analysis.verdicts import MARGIN, without_figures
from dlbench.archive.apart import Anchors, Both, Located, Times, apart, correlation_in, times_of
from dlbench.archive.likeness import Likeness, Unmatched, named
from dlbench.archive.luck import luck_between
from dlbench.archive.verdict import Change, Mean, by_backend, mean_of, with_verdicts
from dlbench.errors import UsageError
from dlbench.records.case import Case, Target
from dlbench.records.run import UsualLuck
from dlbench.results.folder import Results
from dlbench.stats.between import Anchor
from dlbench.stats.location import MOST_BORROWED, Variance
from dlbench.stats.luck import USUAL

# A message names so many cases.
MOST_NAMED = 3


@dataclass(frozen=True)
class Compared:
    """A comparison of B with A. a, b: their names; changes: of the cases that both have.

    located: the bounds of each change; targets: by id; unmatched: cases that are not compared,
    with why; anchors: the change of the machine by kind of device; means: geometric ones; together:
    whether A and B were measured in turns; likeness: of two runs, None of two targets; spread: the
    standard deviation that two runs are taken to differ by; luck_runs: how many runs showed it.
    """

    a: str
    b: str
    margin: float
    changes: tuple[Change, ...]
    located: tuple[Located, ...]
    targets: Mapping[str, Target]
    unmatched: tuple[Unmatched, ...] = ()
    anchors: Mapping[str, Anchor] = field(default_factory=dict)
    means: tuple[Mean, ...] = ()
    together: bool = False
    likeness: Likeness | None = None
    warnings: tuple[str, ...] = ()
    spread: float = 0.0
    luck_runs: int = 0

    @cached_property
    def machines(self) -> tuple[str, ...]:
        """Return how the machines differ; empty if they do not."""
        return self.likeness.machines if self.likeness else ()

    @property
    def is_anchored(self) -> bool:
        """Return whether unchanged cases show the change of the machine."""
        return bool(self.anchors)


def compare_runs(
    a: Results, b: Results, lucks: Iterable[UsualLuck | None] = (), margin: float = MARGIN
) -> Compared:
    """Compare two runs. lucks: what is known of this machine beside what the heads say.

    Raises UsageError if they have no case in common.
    """
    likeness = Likeness(a.run, b.run)
    if a.run == b.run:
        raise UsageError("A and B are the same run", value=a.run.id, hint="Name two runs")
    matched = likeness.matched()
    if not matched.cases:
        raise _nothing_in_common(matched.unmatched)
    both, failed = _measured(matched.cases, [_side(one) for one in (a, b)])
    usual, runs = _usual([a.run.luck, b.run.luck, *lucks])
    found = luck_between(usual, [[one.a for one in both], [one.b for one in both]])
    times = _times(both, found.within, likeness)
    anchors = Anchors(times, found.between)
    located = [apart(one, anchors.of(one.case.target)) for one in times]
    raw = [_change(one, anchors.of(one.case.target)) for one in times]
    changes = with_verdicts(raw, located, [one.problem for one in located], margin)
    return Compared(
        a=named(a.run),
        b=named(b.run),
        margin=margin,
        changes=tuple(changes),
        located=tuple(located),
        targets={one.id: one for one in dict.fromkeys(one.case.target for one in both)},
        unmatched=(*matched.unmatched, *failed),
        anchors=anchors.of_machine(),
        means=tuple(_means(changes)),
        likeness=likeness,
        warnings=(*a.warnings, *b.warnings),
        spread=sqrt(usual.value),
        luck_runs=runs,
    )


def _usual(lucks: Iterable[UsualLuck | None]) -> tuple[Variance, int]:
    """Return the luck that most runs have shown, and their number; what is usual without any."""
    known = [one for one in lucks if one is not None]
    if not known:
        return USUAL, 0
    best = max(known, key=lambda one: one.runs)
    return Variance(best.variance, min(best.df, MOST_BORROWED)), best.runs


class _Side(NamedTuple):
    """The samples of a run by case, and why some are implausible."""

    samples: Mapping[str, CaseSamples]
    implausible: Mapping[str, str]

    def why(self, case: str) -> str:
        """Say why a case has no time; empty if it has one."""
        found = self.samples.get(case)
        if found is None:
            return "not measured"
        if case in self.implausible:
            return f"implausible ({without_figures(self.implausible[case])})"
        if found.status == "ok":
            return ""
        return f"{found.status.replace('_', ' ')} ({found.reason or 'no reason'})"


def _side(results: Results) -> _Side:
    samples = join_generations(results.measurements)
    return _Side(samples, implausible(results.run, samples))


def _measured(
    cases: Mapping[str, Case], sides: Sequence[_Side]
) -> tuple[list[Both], list[Unmatched]]:
    """Return the cases that went well in both runs, and why the others are not compared.

    What ran in neither is left out: there is nothing to compare.
    """
    good, failed = [], []
    a, b = sides
    for name, case in cases.items():
        whys = a.why(name), b.why(name)
        if not any(whys):
            good.append(Both(case, a.samples[name], b.samples[name]))
        elif any(name in one.samples and one.samples[name].status == "ok" for one in sides):
            told = (f"{why} in {side}" for side, why in zip("AB", whys, strict=True) if why)
            failed.append(Unmatched(name, None, "; ".join(told)))
    return good, failed


def _times(
    both: Sequence[Both], within: Sequence[Variance | None], likeness: Likeness
) -> list[Times]:
    correlation = correlation_in(side for one in both for side in (one.a, one.b))
    targets = dict.fromkeys(one.case.target for one in both)
    unchanged = {target: likeness.is_unchanged(target) for target in targets}
    return [
        times_of(one, within, correlation, is_unchanged=unchanged[one.case.target]) for one in both
    ]


def _change(times: Times, anchor: Anchor) -> Change:
    case, is_timed = times.case, bool(times.a.groups and times.b.groups)
    return Change(
        case=times.id,
        workload=case.workload.id,
        label=case.workload.label,
        target=case.target.id,
        backend=case.target.backend,
        a_s=exp(times.a.value) if times.a.groups else None,
        b_s=exp(times.b.value) if times.b.groups else None,
        raw=exp(times.value) if is_timed else None,
        ratio=exp(times.value - anchor.value) if is_timed else None,
        new_software=not times.is_unchanged,
    )


def _means(changes: Sequence[Change]) -> Iterable[Mean]:
    """Yield the geometric mean of each backend, and of all that have new software.

    Of unchanged cases of several backends together there is none: they are the anchor.
    """
    backends = by_backend(changes)
    new = [one for one in changes if one.new_software]
    every = [("new software", new)] if 0 < len(new) < len(changes) else [("all", changes)]
    if len(backends) > 1:
        every = [*(every if new else []), *backends.items()]
    for label, those in every:
        found = mean_of(label, those)
        if found is not None:
            yield found


def _nothing_in_common(unmatched: Sequence[Unmatched]) -> UsageError:
    reasons = list(dict.fromkeys(f"{one.case}: {one.why}" for one in unmatched))
    more = f"; and {len(reasons) - MOST_NAMED} more" if len(reasons) > MOST_NAMED else ""
    return UsageError(
        f"the runs have no case in common ({'; '.join(reasons[:MOST_NAMED])}{more})",
        hint="Compare runs of the same suite, with the same threads and precision",
    )
