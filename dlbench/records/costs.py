"""What runs cost besides measuring: seconds of starting, of compilers and of getting ready."""

from collections.abc import Mapping
from statistics import median_low

from msgspec import field

from dlbench.records.base import Record, Seconds
from dlbench.records.case import Case, Target

Seen = dict[str, tuple[Seconds, ...]]


class Costs(Record, frozen=True):
    """What earlier runs on one machine took, in seconds; the latest values of each.

    runs: their number; starting: a worker, by target; compilers: the first start of its compiler,
    by target; preparing: a case up to its first block, without that start, by the names of
    `names_of`.
    """

    runs: int = 0
    starting: Seen = field(default_factory=dict)
    compilers: Seen = field(default_factory=dict)
    preparing: Seen = field(default_factory=dict)

    def starting_s(self, target: Target) -> float | None:
        """Return the seconds to start a worker; None if unknown."""
        return _usual(self.starting, target.id)

    def compiler_s(self, target: Target) -> float | None:
        """Return the seconds to start the compiler of a worker; None if unknown."""
        return _usual(self.compilers, target.id)

    def preparing_s(self, case: Case) -> float | None:
        """Return the seconds to get a case ready, else those of its kind; None if unknown."""
        known = (_usual(self.preparing, name) for name in names_of(case))
        return next((seconds for seconds in known if seconds is not None), None)


def names_of(case: Case) -> tuple[str, str]:
    """Return the names of a case in the book: its own, and that of all cases of its kind."""
    return f"{case.workload.id}/{case.target.id}", f"{case.workload.kind}/{case.target.id}"


def _usual(seen: Mapping[str, tuple[float, ...]], name: str) -> float | None:
    """Return the lower median: the first run on a machine makes what later ones find."""
    return median_low(seen[name]) if seen.get(name) else None


NO_COSTS = Costs()
