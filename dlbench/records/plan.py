"""A plan: groups of cases in order, and all that is needed to repeat a run."""

from typing import Literal

from msgspec import field

from dlbench.records.base import Record
from dlbench.records.case import Case, Group
from dlbench.records.network import Network

# More are a slip of the keyboard.
MOST_GENERATIONS = 1000


Rigor = Literal["quick", "standard", "rigorous"]


class Sampling(Record, frozen=True):
    """How much is measured for each case. Times in seconds.

    rigor: the named rules that these are, or started from; generations: how often everything is
    measured anew in fresh processes; in each of them: renewals: how often at most workers begin
    again with other memory; blocks: how many at most; precision: enough when the half-width of
    every ratio's interval is at most this share; block_s: how long a block is about, unless a
    single step is longer; warmup_s: the warm-up ends after this even if not steady; case_s: no
    round is begun after so many seconds of blocks for each case of the row. timeout_s: a worker
    silent for longer is hung; compile_limit_s: a static case that is not compiled and checked after
    so long is given up, as others wait for it; budget_s: for the whole run, None for no limit.
    """

    rigor: Rigor = "quick"
    generations: int = 1
    renewals: int = 0
    blocks: int = 12
    precision: float = 0.02
    block_s: float = 0.02
    warmup_s: float = 0.3
    case_s: float = 10.0
    timeout_s: float = 180.0
    compile_limit_s: float = 180.0
    budget_s: float | None = None


class Plan(Record, frozen=True):
    """Everything needed to repeat a run: groups in order, networks, sampling and seed.

    rows: training rows of each network that has data; empty in older runs.
    """

    suite: str
    seed: int
    sampling: Sampling
    networks: dict[str, Network]
    groups: tuple[Group, ...]
    rows: dict[str, int] = field(default_factory=dict)

    @property
    def cases(self) -> tuple[Case, ...]:
        """All cases in the order of the groups, without the nulls."""
        return tuple(case for group in self.groups for case in group.cases)


class Estimate(Record, frozen=True):
    """How long a run takes, about, in seconds.

    starting_s: until the worker processes have started; preparing_s: to compile, check and warm up
    all cases; measuring_s: to time all blocks.
    """

    starting_s: float
    preparing_s: float
    measuring_s: float

    @property
    def total_s(self) -> float:
        """Return the seconds of the whole run."""
        return self.starting_s + self.preparing_s + self.measuring_s
