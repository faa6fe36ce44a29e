"""What comes of an item: reached, not, or null with the reason why it could not be tried."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

Outcome = Literal["reached", "not", "null"]
Facts = Mapping[str, Any]
"""What an item saw, as JSON holds it; `null`: why it could not look."""


class Verdict(NamedTuple):
    """An outcome with its reason."""

    outcome: Outcome
    reason: str


def reached(reason: str) -> Verdict:
    """Say that all is as it must be."""
    return Verdict("reached", reason)


def not_reached(reason: str) -> Verdict:
    """Say what is not as it must be."""
    return Verdict("not", reason)


def null(reason: str) -> Verdict:
    """Say why nothing is known."""
    return Verdict("null", reason)


def of(faults: list[str], found: str) -> Verdict:
    """Return `not` with the faults, or `reached` with what was found."""
    return not_reached("; ".join(faults)) if faults else reached(found)
