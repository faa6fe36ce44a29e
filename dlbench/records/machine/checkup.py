"""What the checks of a machine found, and whether it is fit to measure."""

from typing import Literal

from msgspec import field

from dlbench.records.base import Record

# Unknown is a state of its own: what cannot be read is never taken as good.
State = Literal["good", "notice", "bad", "unknown"]


class Finding(Record, frozen=True):
    """What one check found.

    seen: the fact; meaning: what it does to measurements; advice: what to do. Both are empty if the
    state is good.
    """

    check: str
    state: State
    seen: str
    meaning: str = ""
    advice: str = ""


class Checkup(Record, frozen=True):
    """The findings of all checks, in the order in which they are shown.

    machine: a line about it; fit: whether no check is bad; left_out: by check, why it does not
    apply here.
    """

    machine: str
    fit: bool
    findings: tuple[Finding, ...]
    left_out: dict[str, str] = field(default_factory=dict)
