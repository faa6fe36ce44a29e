"""The search for the fastest matrix product: which one to try next, by the rates of those tried.

It is pure: it knows targets, shapes and rates, and starts, measures and waits for nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf

from dlbench.records.case import Target

Shape = tuple[int, int, int]

# The first square product: smaller ones are bound by calls and copies on every device.
FIRST = 512

# A target goes on to the next size while one of the last doublings gave so much more: a smaller
# gain is within the luck of a block on a shared machine, and so is a single step without one.
GROWTH, PATIENCE = 1.02, 2

# A target this far behind at the same size is not tried at larger ones. It may catch up otherwise:
# what a call costs, and more threads, weigh less there.
HOPELESS = 0.5

# Targets this near the best one are refined, too: their best shapes may differ.
NEAR = 0.93

# A trial takes about so many steps: three first calls, one each for placement and check, two or
# more of the warm-up, one before the turn, and one or more blocks.
STEPS_OF_TRIAL = 10
# Its draws, orders and shortest blocks take so many seconds, however small the product.
LEAST_TRIAL_S = 0.5
# One trial may take this share of the time left: a larger product must leave time for others.
MOST_SHARE = 0.5

# Neighbours of a shape, as factors in quarters of m, n and k: other sizes, then longer and shorter
# sides. Libraries block all three sides by sizes of their own.
NEIGHBOURS: tuple[Shape, ...] = (
    (6, 6, 6),
    (3, 3, 3),
    (8, 4, 4),
    (4, 8, 4),
    (4, 4, 8),
    (4, 4, 6),
    (4, 4, 2),
    (4, 2, 4),
    (2, 4, 4),
)
QUARTERS = 4


@dataclass(frozen=True)
class Trial:
    """A product on a target: (m, k) by (k, n)."""

    target: Target
    shape: Shape

    @property
    def flops(self) -> int:
        """Return its floating-point operations, 2mnk."""
        m, n, k = self.shape
        return 2 * m * n * k

    @property
    def elements(self) -> int:
        """Return the numbers of its operands and its result."""
        m, n, k = self.shape
        return m * k + k * n + m * n


class Search:
    """A search over these targets. most_elements: of the operands and the result of a product."""

    def __init__(self, targets: Sequence[Target], most_elements: int) -> None:
        self.climbing, self.most_elements = list(targets), most_elements
        self.rates: dict[Trial, float] = {}
        self.failed: set[Trial] = set()

    def next(self, left_s: float) -> Trial | None:
        """Return the next product to try within so many seconds; None if there is none.

        First every target climbs: from FIRST on, sizes double while the rate grows. Then the best
        shapes get other sides. Without any rate the time does not matter.
        """
        room_s = left_s if self.rates else inf
        fitting = (trial for trial in self._candidates() if self._fits(trial, room_s))
        return next(fitting, None)

    def _candidates(self) -> Iterator[Trial]:
        yield from self._steps_up()
        for best in self.finalists():
            yield from self._neighbours(best)

    def tell(self, trial: Trial, flops_s: float | None) -> None:
        """Take note of the rate of a product in FLOP/s; None if it failed."""
        if flops_s is None:
            self.failed.add(trial)
        else:
            self.rates[trial] = flops_s
        if trial.target in self.climbing and not self._goes_on(trial):
            self.climbing.remove(trial.target)

    @property
    def best(self) -> Trial | None:
        """Return the fastest product so far."""
        return max(self.rates, key=self.rates.__getitem__, default=None)

    def finalists(self) -> list[Trial]:
        """Return the best product of every target near the best, the fastest first."""
        fastest = sorted(self.rates, key=self.rates.__getitem__, reverse=True)
        firsts = {trial.target: trial for trial in reversed(fastest)}
        least = NEAR * max(self.rates.values(), default=0.0)
        near = [trial for trial in firsts.values() if self.rates[trial] >= least]
        return sorted(near, key=self.rates.__getitem__, reverse=True)

    def _steps_up(self) -> Iterator[Trial]:
        """Yield the next size of every climbing target, the smallest first."""
        steps = [Trial(target, self._larger(target)) for target in self.climbing]
        return iter(sorted(steps, key=lambda trial: trial.flops))

    def _larger(self, target: Target) -> Shape:
        tried = [trial.shape[0] for trial in self.rates if trial.target == target]
        side = 2 * max(tried) if tried else FIRST
        return side, side, side

    def _goes_on(self, trial: Trial) -> bool:
        """Return whether the target should be tried at twice the size."""
        if trial in self.failed:
            return False
        climbed = sorted(
            (one.flops, rate) for one, rate in self.rates.items() if one.target == trial.target
        )
        rates = [rate for _, rate in climbed]
        before = max(rates[:-PATIENCE], default=0.0)
        grows = len(rates) <= PATIENCE or max(rates[-PATIENCE:]) > GROWTH * before
        best = max(rate for one, rate in self.rates.items() if one.shape == trial.shape)
        return grows and self.rates[trial] >= HOPELESS * best

    def _neighbours(self, best: Trial) -> Iterator[Trial]:
        for factors in NEIGHBOURS:
            m, n, k = (
                side * factor // QUARTERS for side, factor in zip(best.shape, factors, strict=True)
            )
            yield Trial(best.target, (m, n, k))

    def _fits(self, trial: Trial, left_s: float) -> bool:
        """Return whether a product is new, has room in memory, and leaves time for others."""
        is_new = trial not in self.rates and trial not in self.failed
        return (
            is_new
            and trial.elements <= self.most_elements
            and self._seconds(trial) <= MOST_SHARE * left_s
        )

    def _seconds(self, trial: Trial) -> float:
        """Return about how long a trial takes, by the best rate of its target so far."""
        own = (value for one, value in self.rates.items() if one.target == trial.target)
        rate = max(own, default=None)
        work_s = 0.0 if rate is None else STEPS_OF_TRIAL * trial.flops / rate
        return LEAST_TRIAL_S + work_s
