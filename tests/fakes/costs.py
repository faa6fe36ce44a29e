"""Workers whose steps cost what a function says, with noise: no clock, no process."""

from collections.abc import Callable

import numpy as np

from dlbench.harness.wire import Order
from dlbench.records.case import Target
from fakes.workers import Answer, Stable

# Steps in a sample.
ITERATIONS = 10

# Seconds of a step of a target, by the id of its case.
Cost = Callable[[Target, str], float]


class Costly(Stable):
    """Scripted workers with known costs. noise: the standard deviation of a sample's logarithm."""

    def __init__(self, cost: Cost, noise: float = 0.01, seed: int = 0, scripts=None) -> None:
        super().__init__(scripts)
        self.cost, self.noise = cost, noise
        self.rng = np.random.default_rng(seed)
        self.step_s = 1.0

    def next_answer(self, target: Target, order: Order) -> Answer:
        case = getattr(order, "case", "")
        self.step_s = self.cost(target, case) if case else 1.0
        return super().next_answer(target, order)

    def sample(self):
        self.block_s = ITERATIONS * self.step_s * float(np.exp(self.noise * self.rng.normal()))
        return super().sample()


def batch_of(case: str) -> int:
    """The batch in the id of a case."""
    (word,) = [word for word in case.split("/") if word[0] == "b" and word[1:].isdecimal()]
    return int(word[1:])


def lines(**costs: tuple[float, float]) -> Cost:
    """By backend: t = start + batch / rate, in microseconds and samples per microsecond."""

    def cost(target: Target, case: str) -> float:
        start_us, rate = costs[target.backend]
        return (start_us + batch_of(case) / rate) * 1e-6

    return cost
