"""The gate of a comparison: what takes longer than allowed, beyond doubt.

What it promises: among cases that are within the limit, it fails in at most one comparison of 20,
whatever their number (Holm over the table). What it cannot: two stored runs cannot be measured
again, so a slowdown near the limit is missed; `detects` says which one is found.
"""

import re
from collections.abc import Sequence
from math import expm1, log1p
from statistics import median
from typing import Literal

from dlbench.analysis.nulls import POWER
from dlbench.analysis.pairing.contest import ALPHA
from dlbench.analysis.pairing.located import LARGEST
from dlbench.archive.apart import Located
from dlbench.archive.comparison import Compared
from dlbench.errors import EXIT_SLOWER, EXIT_UNSURE, UsageError
from dlbench.records.base import Record
from dlbench.stats.multiple import holm

RULE = re.compile(r"slower:(?P<number>\d+(?:\.\d+)?)(?P<percent>%?)")
ALLOWED = "slower:SHARE, such as slower:5% or slower:0.05"

Outcome = Literal["passed", "slower", "unsure"]


class Gate(Record, frozen=True):
    """What the gate found. limit: a share; p: of each failing case, adjusted for the table.

    slower: cases beyond the limit beyond doubt; unsure: cases that may be; missing: cases that A
    has and that were not compared; detects: the slowdown that is found in 4 of 5 cases, a share,
    None if nothing can be judged; judged: number of cases with an interval; strict: whether unsure
    and missing cases count.
    """

    limit: float
    strict: bool
    judged: int
    slower: tuple[str, ...]
    unsure: tuple[str, ...]
    missing: tuple[str, ...]
    detects: float | None

    @property
    def outcome(self) -> Outcome:
        """Return the outcome; a comparison in which nothing could be judged has not passed."""
        if self.slower:
            return "slower"
        if not self.judged or (self.strict and (self.unsure or self.missing)):
            return "unsure"
        return "passed"

    @property
    def exit_code(self) -> int:
        """Return the exit code of the command."""
        return {"passed": 0, "slower": EXIT_SLOWER, "unsure": EXIT_UNSURE}[self.outcome]


def limit_of(rule: str) -> float:
    """Read a rule such as `slower:5%`; the limit as a share. UsageError for another one."""
    found = RULE.fullmatch(rule.strip())
    if found is None:
        raise UsageError("--fail-on is no rule", value=rule, allowed=ALLOWED)
    limit = float(found["number"]) / (100 if found["percent"] else 1)
    if not 0 <= limit < 1:
        hint = "Did you mean a percentage, with % behind it?" if not found["percent"] else ""
        raise UsageError(
            "--fail-on is out of range", value=rule, allowed="below 100 %, " + ALLOWED, hint=hint
        )
    return limit


def judge(compared: Compared, limit: float, *, strict: bool = False) -> Gate:
    """Judge a comparison. Raises UsageError for runs of two machines: nobody's code is at fault."""
    if compared.machines:
        raise UsageError(
            "a gate needs two runs of one machine",
            value="; ".join(compared.machines),
            hint="Measure A on this machine too",
        )
    located = compared.located
    ps = holm([one.p_slower(limit) for one in located])
    cases = [change.case for change in compared.changes]
    fails = [p is not None and p <= ALPHA for p in ps]
    unsure = [
        case
        for case, one, is_slower in zip(cases, located, fails, strict=True)
        if not is_slower and not _is_within(one, limit)
    ]
    return Gate(
        limit=limit,
        strict=strict,
        judged=sum(p is not None for p in ps),
        slower=tuple(case for case, is_slower in zip(cases, fails, strict=True) if is_slower),
        unsure=tuple(unsure),
        missing=tuple(one.case for one in compared.unmatched if one.side != "B"),
        detects=_detects(located, limit),
    )


def _is_within(one: Located, limit: float) -> bool:
    """Return whether a case is surely within the limit."""
    high = one.upper(ALPHA)
    return high is not None and high <= log1p(limit)


def _detects(located: Sequence[Located], limit: float) -> float | None:
    """Return the slowdown that the gate finds in 4 of 5 cases like these, a share.

    The lower end, adjusted for all cases, must lie beyond the limit, in spite of the estimate's own
    error.
    """
    alpha = ALPHA / max(1, len(located))
    reaches = [
        reach for one in located if (reach := _reach(one, alpha)) is not None and reach < LARGEST
    ]
    return expm1(log1p(limit) + median(reaches)) if reaches else None


def _reach(one: Located, alpha: float) -> float | None:
    """Return how far below its estimate the lower end lies, and that of the wanted power."""
    low, high, near = one.lower(alpha), one.upper(alpha), one.lower(1 - POWER)
    if low is None or high is None or near is None:
        return None
    middle = (low + high) / 2
    return (middle - low) + (middle - near)
