"""A plan: groups of cases in order, and everything needed to repeat a run."""

from typing import Literal

from msgspec import field

from dlbench.records.base import Finite, Record, Whole
from dlbench.records.case import Case, Group
from dlbench.records.network import Network
from dlbench.records.own import OwnNetwork

# A larger number is a typing error.
MOST_GENERATIONS = 1000


Rigor = Literal["quick", "standard", "rigorous"]


class Sampling(Record, frozen=True):
    """How much to measure for each case; all times are in seconds.

    rigor: the named rules that these values come from; generations: the number of repetitions in
    fresh processes; renewals: the most restarts of a worker within a generation, for another memory
    layout; blocks: the most blocks of a case in a generation; precision: stop when the half-width
    of every ratio's interval is at most this share; block_s: the planned length of a block, which
    one long step may exceed; warmup_s: the most time for warming up; case_s: the most time for the
    blocks of a case, averaged over the row; stretch_s: the most time for a stretch without a pause
    (records.measurement.Stretch). timeout_s: the longest silence of a worker before it
    counts as hung; compile_limit_s: the most time to compile and check a static case; budget_s:
    the most time for the whole run, None for no limit; memory_limit_gib: the most memory of a
    worker in GiB, None for no limit.
    """

    rigor: Rigor = "quick"
    generations: Whole = 1
    renewals: Whole = 0
    blocks: Whole = 12
    precision: Finite = 0.02
    block_s: Finite = 0.02
    warmup_s: Finite = 0.3
    case_s: Finite = 10.0
    stretch_s: Finite = 2.56
    timeout_s: Finite = 180.0
    compile_limit_s: Finite = 180.0
    budget_s: Finite | None = None
    memory_limit_gib: Finite | None = None


class Plan(Record, frozen=True):
    """Everything needed to repeat a run: groups in order, networks, sampling and seed.

    rows: the number of training rows of each network with data; notes: what was asked for and is
    not measured, or not as asked, in sentences. Both are empty in older runs.
    """

    suite: str
    seed: Whole
    sampling: Sampling
    networks: dict[str, Network]
    groups: tuple[Group, ...]
    rows: dict[str, Whole] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def cases(self) -> tuple[Case, ...]:
        """Return all cases in the order of the groups, without the nulls."""
        return tuple(case for group in self.groups for case in group.cases)

    @property
    def own(self) -> list[OwnNetwork]:
        """Return every network of a user's own file that a worker would run, each once."""
        found = list[OwnNetwork]()
        for group in self.groups:
            for workload in (group.workload, *(case.workload for case in group.live)):
                if workload.own is not None and workload.own not in found:
                    found.append(workload.own)
        return found

    @property
    def file(self) -> str:
        """Return the path of the user's own file that the run measures; empty without one."""
        return next((own.path for own in self.own), "")


class Grown(Record, frozen=True):
    """A plan that has got one more row while it is measured. most: the rows at most."""

    plan: Plan
    most: int


class Estimate(Record, frozen=True):
    """About how long a run takes, in seconds.

    starting_s: to start the worker processes; preparing_s: to compile, check and warm up all cases;
    measuring_s: to time all blocks.
    """

    starting_s: float
    preparing_s: float
    measuring_s: float

    @property
    def total_s(self) -> float:
        """Return the seconds of the whole run."""
        return self.starting_s + self.preparing_s + self.measuring_s


class Forecast(Record, frozen=True):
    """About how long the parts of a generation take, in seconds, without a budget.

    starting_s: to start the workers; compiler_s: to start the compiler of a worker with a static
    mode, by the id of its target; preparing_s: to compile, check and warm up a case, by its id;
    measuring_s: to time it.
    """

    starting_s: float
    compiler_s: dict[str, float]
    preparing_s: dict[str, float]
    measuring_s: dict[str, float]
