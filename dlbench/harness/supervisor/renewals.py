"""When the workers of a row are renewed: the luck of where memory lies then averages out.

It only knows the clock and the rounds; how a worker is renewed is not its matter.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median_low

from dlbench.model import Sampling

# Between two renewals goes by as much time as one takes, and after the last one: about half of a
# row is spent on them at most. Seen in generations of 1.65 s (bench/peers): 2.4 renewals in each;
# with twice the time in between, of which the first takes more, 0.5.
WORTH = 1
# One repeats neither the checks, unless cases share a worker, nor the search for steadiness. Seen
# with a product of 256x256, of what getting ready took at first: 0.48 on a quiet machine, 0.47
# beside a competing process.
REPEATED = 0.5


class Renewals:
    """As many as the sampling allows, evenly spread over a row that may last until `until`.

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
