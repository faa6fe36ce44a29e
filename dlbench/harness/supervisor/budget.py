"""Until when: how the time of a run is shared by its generations, and by the rows of each.

It only knows the clock; what is done in the time is not its matter.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import inf

from dlbench.model import Sampling

# Starting and compiling may take the rest of a generation. Seen beside a competing process: of
# generations of 2.5 s, starting took 2.2 s and left 20 rounds; some ended without a quiet one.
MEASURED_SHARE = 0.25
# So many are made even if little is left to each: Student's t is 12.7 with two, 4.3 with three.
FEWEST_GENERATIONS = 3


class Budget:
    """The share of a generation is the same for all; too short shares make for fewer of them."""

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

    def of_row(self, cases: int, later: int) -> float:
        """Seconds for the rounds of a row: its share, by cases, of what the generation has left."""
        return min(self.sampling.case_s * cases, self.left_s * cases / (cases + later))
