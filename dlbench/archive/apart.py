"""The ratio of one case in two runs that were not measured together, and its bounds."""

from collections.abc import Iterable, Mapping, Sequence
from math import exp, inf, log, log1p, sqrt
from statistics import median
from typing import NamedTuple, Protocol

from dlbench import units
from dlbench.analysis.level import level_of
from dlbench.analysis.pairing.located import bounded
from dlbench.analysis.pairing.pairs import THROTTLED_SHARE
from dlbench.analysis.samples import CaseSamples, by_generation
from dlbench.analysis.verdicts import UNSTEADY
from dlbench.records.case import Case, Target
from dlbench.stats.between import NO_ANCHOR, Anchor, Unchanged, added, anchor_of, between_runs
from dlbench.stats.location import (
    LEAST_VALUES,
    Location,
    Variance,
    location,
    rank_correlation,
)

# The correlation of successive samples is alike in all cases of a run: so many show it.
ENOUGH_CASES = 100

# The time of a case without samples.
UNKNOWN = Location(0.0, None, None, 0)


class Located(Protocol):
    """A log ratio with its bounds, measured together or apart."""

    def lower(self, alpha: float) -> float | None:
        """Return the lower end with this one-sided error."""

    def upper(self, alpha: float) -> float | None:
        """Return the upper end with this one-sided error."""

    def p_slower(self, margin: float) -> float | None:
        """Return the one-sided p-value of "not slower by more than the margin"."""

    def p_faster(self, margin: float) -> float | None:
        """Return the one-sided p-value of "not faster by more than the margin"."""


class Apart(NamedTuple):
    """The log ratio of B's time of a case to A's, less the anchor's.

    found: without an error if nothing can be claimed; problem: why not.
    """

    found: Location
    problem: str = ""

    def lower(self, alpha: float) -> float | None:
        """Return the lower end with this one-sided error; None without one."""
        low = self.found.interval(1 - 2 * alpha).low
        return None if low is None else bounded(low)

    def upper(self, alpha: float) -> float | None:
        """Return the upper end with this one-sided error; None without one."""
        high = self.found.interval(1 - 2 * alpha).high
        return None if high is None else bounded(high)

    def p_slower(self, margin: float) -> float | None:
        """Return the one-sided p-value of "not slower by more than the margin", a share."""
        return self.found.p_above(log1p(margin))

    def p_faster(self, margin: float) -> float | None:
        """Return the one-sided p-value of "not faster by more than the margin", a share."""
        return self.found._replace(value=-self.found.value).p_above(log1p(margin))


class Both(NamedTuple):
    """A case with its samples in both runs."""

    case: Case
    a: CaseSamples
    b: CaseSamples


class Times(NamedTuple):
    """The times of a case in both runs: log seconds, each with its error within the run."""

    id: str
    case: Case
    a: Location
    b: Location
    problem: str
    is_unchanged: bool

    @property
    def value(self) -> float:
        """Return the log ratio of B's time to A's."""
        return self.b.value - self.a.value

    @property
    def is_known(self) -> bool:
        """Return whether both times have an error."""
        return not self.problem and None not in (self.a.error, self.b.error)

    @property
    def within(self) -> tuple[Variance, Variance]:
        """Return the variances within the runs."""
        return _variance(self.a), _variance(self.b)


def _variance(one: Location) -> Variance:
    return Variance((one.error or 0.0) ** 2, one.df or 1.0)


def times_of(
    both: Both, within: Sequence[Variance | None], correlation: float, *, is_unchanged: bool
) -> Times:
    """Return the times of a case in runs A and B. within: the luck of a process in each run.

    Without it, a run has one repetition, and its luck is in the variance between runs.
    """
    samples = both.a, both.b
    a, b = (_time(one, luck, correlation) for one, luck in zip(samples, within, strict=True))
    return Times(both.a.case, both.case, a, b, _problem(samples, (a, b)), is_unchanged)


def _time(samples: CaseSamples, within: Variance | None, correlation: float) -> Location:
    """Locate the log time."""
    groups: dict[int, list[float]] = {}
    for sample in samples.selection.samples:
        step_s = sample.step_s
        if step_s > 0:
            groups.setdefault(sample.generation, []).append(log(step_s))
    return location([*groups.values()], within, correlation) if groups else UNKNOWN


def _problem(samples: Sequence[CaseSamples], times: Sequence[Location]) -> str:
    """Say why nothing can be claimed of a case; empty if something can."""
    for side, one, time in zip("AB", samples, times, strict=True):
        if not time.groups:
            return f"no time in {side}"
        if one.selection.busy:
            return f"other programs were running in {side}"
        throttled = ["throttled" in sample.flags for sample in one.samples if sample.flags]
        if sum(throttled) > THROTTLED_SHARE * len(one.samples):
            return f"the container's CPU limit interrupted samples in {side}"
        if one.stretches and level_of(one).steady is False:
            return f"{UNSTEADY} (in {side})"
        if time.error is None:
            return f"too few samples for an interval in {side} ({len(one.samples)})"
    return ""


def correlation_in(samples: Iterable[CaseSamples]) -> float:
    """Return the usual correlation of successive samples, by ranks; 0 if nothing shows it."""
    found: list[float] = []
    for one in samples:
        groups = by_generation(one.selection.samples)
        steps = [[sample.step_s for sample in group] for group in groups]
        found += [rank_correlation(group) for group in steps if len(group) >= LEAST_VALUES]
        if len(found) >= ENOUGH_CASES:
            break
    return median(found) if found else 0.0


class Anchors:
    """The changes of the machine, by kind of device, as the unchanged cases show them.

    The anchor of a case rests on other targets alone: its own must not be divided out.
    """

    def __init__(self, times: Sequence[Times], usual: Variance) -> None:
        self.usual = usual
        self.unchanged: dict[str, list[Unchanged]] = {}
        for one in times:
            if one.is_known and one.is_unchanged:
                a, b = one.within
                shown = Unchanged(one.case.target.id, one.value, a.value + b.value)
                self.unchanged.setdefault(_kind(one.case.target), []).append(shown)
        self.known: dict[str, Anchor] = {}

    def of(self, target: Target) -> Anchor:
        """Return the anchor of a target's cases; NO_ANCHOR if there is no other unchanged one."""
        if target.id not in self.known:
            others = [
                one for one in self.unchanged.get(_kind(target), []) if one.target != target.id
            ]
            self.known[target.id] = anchor_of(others, self.usual) or NO_ANCHOR
        return self.known[target.id]

    def of_machine(self) -> Mapping[str, Anchor]:
        """Return the change of all unchanged cases by kind of device, for people."""
        found = {kind: anchor_of(those, self.usual) for kind, those in self.unchanged.items()}
        return {kind: anchor for kind, anchor in found.items() if anchor is not None}


def _kind(target: Target) -> str:
    """Return the kind of a device: a slow processor does not slow a GPU."""
    return target.device.partition(":")[0]


def apart(times: Times, anchor: Anchor) -> Apart:
    """Return the ratio of a case's times, with the variance within the runs and between them."""
    value = times.value - anchor.value
    if not times.is_known:
        return Apart(Location(value, None, None, 0), times.problem)
    whole = added([*times.within, *between_runs(anchor)])
    return Apart(Location(value, sqrt(whole.value), whole.df, 2))


def interval(low: float, high: float) -> str:
    """Write an interval of log ratios, such as `1.07–1.32x`."""
    if high == inf:
        return f"at least {units.ratios(exp(low))[0]}x"
    return f"{'–'.join(units.ratios(exp(low), exp(high)))}x"
