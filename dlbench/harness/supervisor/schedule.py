"""The schedule: the order of turns, their time limits, and the times of renewals.

It knows the cases, the rounds and the clock only, not the work of a turn.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import ceil, inf
from random import Random
from statistics import fmean, median_low
from typing import TypeVar

from dlbench.records.plan import Sampling

T = TypeVar("T")

# The least share of a generation for measuring; starting and compiling may take the rest. Seen
# beside a competing process: of generations of 2.5 s, starting took 2.2 s and left 20 rounds; some
# ended without a quiet one.
MEASURED_SHARE = 0.25
# The least number of turns: they mirror each other in pairs, and a program that disturbs one turn
# must leave others.
FEWEST_TURNS = 6
# The least number of generations, however short: Student's t is 12.7 with two, 4.3 with three.
FEWEST_GENERATIONS = 3
# The least time between two renewals, and after the last, by the time of one: so they take about
# half of a row at most. Seen in generations of 1.65 s (bench/peers): 2.4 renewals in each; with
# twice the time in between, 0.5.
WORTH = 1
# The expected time of a renewal, by the first preparation: it repeats neither the checks (unless
# cases share a worker) nor the search for steadiness. Seen with a product of 256x256: 0.48 on a
# quiet machine, 0.47 beside a competing process.
REPEATED = 0.5


def order(cases: Sequence[T], number: int, seed: str) -> list[T]:
    """Return the turns of a round in a seeded order; every second round mirrors the one before.

    A B C | C B A: a steady change during two rounds affects all cases alike.
    """
    forward = list(cases)
    Random(f"{seed}/{number // 2}").shuffle(forward)  # noqa: S311 - no secret
    return forward[::-1] if number % 2 else forward


def blocks_of_turn(leads_s: Sequence[float], longest_s: float, sampling: Sampling) -> int:
    """Return how many blocks a turn has, so that they take as long as its lead-in, on average.

    leads_s: the seconds of the lead-ins of a row's cases; longest_s: of their longest step. All
    have turns of as many blocks, so that each block has its counterpart in every case. The blocks
    and the time suffice for FEWEST_TURNS turns, or a turn has one block.
    """
    wanted = ceil(fmean(leads_s) / sampling.block_s)
    possible = sampling.case_s / FEWEST_TURNS / max(sampling.block_s, longest_s)
    return max(1, min(wanted, sampling.blocks // FEWEST_TURNS, int(possible)))


class Budget:
    """Shares the time of a run between its generations, and that of a generation between its rows.

    All generations have the same share; if it is too short, there are fewer generations.
    """

    def __init__(self, sampling: Sampling, clock: Callable[[], float]) -> None:
        self.sampling, self.clock = sampling, clock
        self.began = clock()
        self.generation, self.generations = 0, sampling.generations
        self.prepared_s = 0.0

    def begin_generation(self) -> None:
        """Begin the next generation."""
        self.generation += 1
        self.prepared_s = 0.0

    @property
    def has_generations(self) -> bool:
        """Return whether the current generation belongs to the run."""
        return self.generation < self.generations

    @contextmanager
    def preparing(self) -> Iterator[None]:
        """Count a `with` block as preparation; plan fewer generations if it takes too long."""
        began = self.clock()
        yield
        self.count_prepared(self.clock() - began)

    def count_prepared(self, seconds: float) -> None:
        """Count seconds of preparation of this generation."""
        self.prepared_s += seconds
        if self.sampling.budget_s is None or not self.prepared_s:
            return
        room = self.sampling.budget_s / self.prepared_s
        possible = max(int(room * (1 - MEASURED_SHARE)), min(FEWEST_GENERATIONS, int(room)))
        self.generations = max(min(self.generations, possible), self.generation + 1)

    @property
    def left_s(self) -> float:
        """Return the seconds left to this generation; infinite without a budget."""
        if self.sampling.budget_s is None:
            return inf
        share = self.sampling.budget_s * (self.generation + 1) / self.generations
        return self.began + share - self.clock()

    @property
    def rest_s(self) -> float:
        """Return the seconds left to the whole run; infinite without a budget."""
        if self.sampling.budget_s is None:
            return inf
        return self.began + self.sampling.budget_s - self.clock()

    @property
    def is_late(self) -> bool:
        """Return whether this generation has used up its share."""
        return self.left_s <= 0

    def row_seconds(
        self, cases: int, later: int, reserve_s: float = 0.0, ahead_s: float = 0.0
    ) -> float:
        """Return the seconds for the rounds of a row: its share of the rest, by cases.

        reserve_s: seconds that the row needs after its rounds; ahead_s: to get later rows ready.
        """
        share_s = max(0.0, self.left_s - ahead_s) * cases / (cases + later)
        return min(self.sampling.case_s * cases, share_s - reserve_s)


class Renewals:
    """The times at which the workers of a row are renewed, so that memory layouts average out.

    There are as many as the sampling allows, evenly spread over a row that ends at `until`.

    ready_s: the time of the first preparation. The cost of a renewal is the (lower) median of those
    so far, as others may have disturbed some.
    """

    def __init__(
        self, sampling: Sampling, until: float, clock: Callable[[], float], ready_s: float
    ) -> None:
        self.most, self.blocks = sampling.renewals, sampling.blocks
        self.clock, self.until = clock, until
        self.began = self.ended = clock()
        self.costs_s: list[float] = []
        self.first_s = REPEATED * ready_s

    @property
    def count(self) -> int:
        """Return the number of renewals so far."""
        return len(self.costs_s)

    @property
    def cost_s(self) -> float:
        """Return the expected seconds of a renewal."""
        return median_low(self.costs_s or [self.first_s])

    def are_due(self, rounds: int) -> bool:
        """Return whether to renew now, after so many quiet rounds."""
        if self.count >= self.most:
            return False
        now = self.clock()
        done = max(rounds / self.blocks, (now - self.began) / (self.until - self.began))
        is_its_turn = done >= (self.count + 1) / (self.most + 1)
        return is_its_turn and min(now - self.ended, self.until - now) >= WORTH * self.cost_s

    @contextmanager
    def measure_cost(self) -> Iterator[None]:
        """Count a `with` block as one renewal, and measure its time."""
        began = self.clock()
        yield
        self.ended = self.clock()
        self.costs_s.append(self.ended - began)
