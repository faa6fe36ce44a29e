"""What bench/device sees without a card: queues of known truth, and a stored run.

It replaces the clock of the timed loop: only in a process of its own.
"""

from functools import partial
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from dlbench.backends.base import Blocker, Step
from dlbench.harness.worker import timing
from dlbench.harness.worker.queued import Work
from dlbench.results.folder import read_run
from fakes.device import Device

RUN = Path(__file__).parents[2] / "results/reference/20261126-144703-h200"

US = 1e-6
SYNC_S, BLOCKER_S = 5 * US, 3e-3

# Seconds that the host needs to ask for a step, and the device to do it.
PRODUCTS = {256: (15 * US, 5 * US), 1024: (15 * US, 57 * US), 4096: (15 * US, 2.7e-3)}
NETWORKS = {"forward": (60 * US, 30 * US), "train_step": (300 * US, 90 * US)}


class FakeCard:
    """A card with a queue, in told time; at most 32 steps wait."""

    def __init__(self) -> None:
        self.device = Device(launch_s=0.0, work_s=0.0, in_flight=32)
        timing.block = partial(timing.block, clock=self.device.clock.ns)
        timing.now_s = self.device.clock.seconds

    def started(self, backend: str, *_: str) -> Any:
        queue = Blocker(partial(self.ask, 20 * US, BLOCKER_S)) if backend == "jax" else self.device
        return SimpleNamespace(device=SimpleNamespace(wait=self.wait, queue=lambda: queue))

    def ask(self, launch_s: float, work_s: float) -> None:
        self.device.ask(work_s, launch_s)

    def wait(self) -> None:
        self.device.wait()
        self.device.clock.advance(SYNC_S)

    def product(self, _: Any, size: int) -> Step:
        return self.step(*PRODUCTS[size])

    def network(self, _: Any, kind: str) -> Step:
        return self.step(*NETWORKS[kind])

    def step(self, launch_s: float, work_s: float) -> Step:
        return Step(partial(self.ask, launch_s, work_s), tensors=lambda _: {})

    def block(self, _: Any, step: Step, steps: int = 64) -> Any:
        return timing.block(step.run, self.wait, steps)

    def work(self, backend: Any, step: Step) -> Work:
        found = self.block(backend, step)
        issue_s = found.issued_s / found.iterations
        return Work(step.run, step.reset, self.wait, issue_s, found.step_s)

    def kernels_s(self, _: Any, step: Step) -> float:
        return float(step.run.args[1])

    def sleep(self, seconds: float) -> None:
        self.device.clock.advance(seconds)


def looked(item: ModuleType) -> Any:
    """What the item sees: on queues of known truth, or on a stored run."""
    if hasattr(item, "facts_of"):
        return item.facts_of(read_run(RUN))
    return item.look(FakeCard())
