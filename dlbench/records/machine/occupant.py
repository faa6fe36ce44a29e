"""What else measured on the machine of a run."""

from dlbench.records.base import Record, Whole

# The part of a time in ISO 8601 that is told: `2026-11-28T21:50`, in UTC.
MINUTES = len("2026-11-28T21:50")


class Occupant(Record, frozen=True):
    """A dlbench that measures on this machine.

    what: its command, such as `dlbench run`; process: its id; since: the time of its start in
    ISO 8601.
    """

    what: str
    process: Whole
    since: str

    @property
    def label(self) -> str:
        """Return `dlbench run (process 4711, since 2026-11-28 21:50 UTC)`."""
        since = self.since[:MINUTES].replace("T", " ")
        return f"{self.what} (process {self.process}, since {since} UTC)"
