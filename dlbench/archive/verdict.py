"""The verdict on each case of a comparison, and the means over cases."""

from collections.abc import Iterable, Mapping, Sequence
from math import exp, log, log1p

from msgspec.structs import replace

from dlbench import units
from dlbench.analysis.pairing.contest import ALPHA
from dlbench.analysis.verdicts import Verdict
from dlbench.archive.apart import Located, interval
from dlbench.grouping import grouped
from dlbench.records.base import Record
from dlbench.stats.location import Estimate
from dlbench.stats.mean import of_intervals
from dlbench.stats.multiple import holm


class Change(Record, frozen=True):
    """One case in A and in B.

    label: of its workload; target: of B; a_s, b_s: seconds of a step; raw: b_s divided by a_s;
    ratio: the same less what the unchanged cases show of the machine, with its interval; between
    two targets of a run it is the paired ratio. verdict: on B; p: of the hypothesis that the
    difference is within the margin, p_display: adjusted for the workload, p_gate: for the table;
    new_software: whether its framework has changed.
    """

    case: str
    workload: str
    label: str
    target: str
    backend: str
    a_s: float | None
    b_s: float | None
    raw: float | None
    ratio: float | None
    low: float | None = None
    high: float | None = None
    verdict: Verdict = "unsure"
    reason: str = ""
    p: float | None = None
    p_display: float | None = None
    p_gate: float | None = None
    new_software: bool = False


class Mean(Record, frozen=True):
    """The geometric mean of the ratios of some cases, with its 95 % interval if all have one."""

    label: str
    cases: int
    ratio: float
    low: float | None
    high: float | None


def with_verdicts(
    changes: Sequence[Change], located: Sequence[Located], problems: Sequence[str], margin: float
) -> list[Change]:
    """Judge every case. problems: why nothing can be claimed of it, empty if something can.

    The word is adjusted for the cases of its workload (Holm), as in a row of one run.
    """
    ps = [_two_sided(one, margin) for one in located]
    adjusted: list[float | None] = [None] * len(ps)
    for places in grouped(range(len(ps)), lambda n: changes[n].workload).values():
        for place, p in zip(places, holm([ps[n] for n in places]), strict=True):
            adjusted[place] = p
    gates = holm(ps)
    judged = []
    for n, change in enumerate(changes):
        ends = _ends(located[n])
        verdict, reason = _verdict(located[n], ends, adjusted[n], margin)
        found = replace(
            change,
            low=exp(ends[0]) if ends else None,
            high=exp(ends[1]) if ends else None,
            verdict=verdict,
            reason=reason or problems[n],
            p=ps[n],
            p_display=adjusted[n],
            p_gate=gates[n],
        )
        judged.append(found)
    return judged


def _two_sided(one: Located, margin: float) -> float | None:
    known = [p for p in (one.p_slower(margin), one.p_faster(margin)) if p is not None]
    return min(1.0, 2 * min(known)) if known else None


def _ends(one: Located, alpha: float = ALPHA / 2) -> tuple[float, float] | None:
    low, high = one.lower(alpha), one.upper(alpha)
    return None if low is None or high is None else (low, high)


def _verdict(
    one: Located, ends: tuple[float, float] | None, p: float | None, margin: float
) -> tuple[Verdict, str]:
    """Decide, and give the reason with its figures in parentheses; as analysis.verdicts does."""
    if ends is None or p is None:
        return "unsure", ""
    edge, limit = log1p(margin), units.percent(margin)
    is_near = abs(ends[0] + ends[1]) <= 2 * edge
    narrow = (is_near and _ends(one, ALPHA)) or ends
    if max(abs(narrow[0]), abs(narrow[1])) <= edge:
        return "same", f"at most {limit} apart ({interval(*ends)})"
    is_beyond = ends[0] > edge or ends[1] < -edge
    if p <= ALPHA and is_beyond:
        word: Verdict = "slower" if ends[0] > 0 else "faster"
        figures = interval(*ends) if word == "slower" else interval(-ends[1], -ends[0])
        return word, f"{word} by more than {limit} ({figures})"
    if is_beyond:
        adjusted = units.significant(p, digits=2)
        return "unsure", f"may be chance among so many ({interval(*ends)}, adjusted p = {adjusted})"
    return "unsure", f"the true difference may be below {limit} ({interval(*ends)})"


def mean_of(label: str, changes: Sequence[Change]) -> Mean | None:
    """Return the geometric mean of the cases with a ratio; None without any.

    The ends are the means of their ends, as if all errors were shared: all cases of a target share
    its processes, and all share the anchor.
    """
    known = [one for one in changes if one.ratio]
    if not known:
        return None
    found = of_intervals([_logarithms(one) for one in known])
    low, high = (None if end is None else exp(end) for end in (found.low, found.high))
    return Mean(label, len(known), exp(found.value), low, high)


def _logarithms(one: Change) -> Estimate:
    low, high = (None if end is None else log(end) for end in (one.low, one.high))
    return Estimate(log(one.ratio or 1.0), low, high)


def by_backend(changes: Iterable[Change]) -> Mapping[str, list[Change]]:
    """Return the changes of each backend."""
    return grouped(changes, lambda one: one.backend)
