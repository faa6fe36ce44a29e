"""Whose turn it is, until when, and when workers are renewed.

It only knows the cases, the rounds and the clock; what is done in a turn is not its matter.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import inf
from random import Random
from statistics import median_low
from typing import TypeVar

from dlbench.records.plan import Sampling

T = TypeVar("T")

# Starting and compiling may take the rest of a generation. Seen beside a competing process: of
# generations of 2.5 s, starting took 2.2 s and left 20 rounds; some ended without a quiet one.
MEASURED_SHARE = 0.25
# So many are made even if little is left to each: Student's t is 12.7 with two, 4.3 with three.
FEWEST_GENERATIONS = 3
# Between two renewals goes by as much time as one takes, and after the last one: about half of a
# row is spent on them at most. Seen in generations of 1.65 s (bench/peers): 2.4 renewals in each;
# with twice the time in between, of which the first takes more, 0.5.
WORTH = 1
# One repeats neither the checks, unless cases share a worker, nor the search for steadiness. Seen
# with a product of 256x256, of what getting ready took at first: 0.48 on a quiet machine, 0.47
# beside a competing process.
REPEATED = 0.5


def order(cases: Sequence[T], number: int, seed: str) -> list[T]:
    """The turns of a round, in a seeded order: every second round mirrors the one before.

    A B C | C B A: what changes steadily while two rounds go by falls on all cases alike.
    """
    forward = list(cases)
    Random(f"{seed}/{number // 2}").shuffle(forward)  # noqa: S311 - no secret
    return forward[::-1] if number % 2 else forward


class Budget:
    """How the generations of a run, and the rows of each, share its time.

    The share of a generation is the same for all; too short shares make for fewer of them.
    """

    def __init__(self, sampling: Sampling, clock: Callable[[], float]) -> None:
        self.sampling, self.clock = sampling, clock
        self.began = clock()
        self.generation, self.generations = 0, sampling.generations
        self.prepared_s = 0.0

    def go_on(self) -> None:
        """The next generation begins."""
        self.generation += 1
        self.prepared_s = 0.0

    @property
    def has_generations(self) -> bool:
        """Whether the generation is still one of those that are made."""
        return self.generation < self.generations

    @contextmanager
    def preparing(self) -> Iterator[None]:
        """Something is prepared: make only as many generations as leave time to measure."""
        began = self.clock()
        yield
        self.prepared_s += self.clock() - began
        if self.sampling.budget_s is None or not self.prepared_s:
            return
        room = self.sampling.budget_s / self.prepared_s
        wanted = max(int(room * (1 - MEASURED_SHARE)), min(FEWEST_GENERATIONS, int(room)))
        self.generations = max(min(self.generations, wanted), self.generation + 1)

    @property
    def left_s(self) -> float:
        """Seconds left to this generation; infinite without a budget."""
        if self.sampling.budget_s is None:
            return inf
        share = self.sampling.budget_s * (self.generation + 1) / self.generations
        return self.began + share - self.clock()

    @property
    def is_late(self) -> bool:
        """Whether this generation has used up its share."""
        return self.left_s <= 0

    def row_seconds(self, cases: int, later: int) -> float:
        """Seconds for the rounds of a row: its share, by cases, of what the generation has left."""
        return min(self.sampling.case_s * cases, self.left_s * cases / (cases + later))


class Renewals:
    """When the workers of a row are renewed: where memory lies then averages out.

    As many as the sampling allows, evenly spread over a row that may last until `until`.

    ready_s: what getting ready took at first. What a renewal takes is known from the first one on:
    the median of them (the lower one), as others may have disturbed some.
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
    def made(self) -> int:
        """How many there were."""
        return len(self.costs_s)

    @property
    def cost_s(self) -> float:
        """What one takes, as far as is known."""
        return median_low(self.costs_s or [self.first_s])

    def due(self, rounds: int) -> bool:
        """Whether it is time for the next one, after so many quiet rounds."""
        if self.made >= self.most:
            return False
        now = self.clock()
        done = max(rounds / self.blocks, (now - self.began) / (self.until - self.began))
        is_its_turn = done >= (self.made + 1) / (self.most + 1)
        return is_its_turn and min(now - self.ended, self.until - now) >= WORTH * self.cost_s

    @contextmanager
    def making(self) -> Iterator[None]:
        """One is made: what it costs counts for the next."""
        began = self.clock()
        yield
        self.ended = self.clock()
        self.costs_s.append(self.ended - began)
