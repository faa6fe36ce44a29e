"""What bench/device sees without a card: queues of known truth, told facts, and a stored run.

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


CHANGE = {"value": 96.0, "low": 80.0, "high": 116.0}
SURE = [{"side": "left", "first": 1, "last": 64}, {"side": "right", "first": 128, "last": 4096}]
BELOW = {"answer": "below batch 96 use the CPU", "change": CHANGE, "sure": SURE}

# What items that need more than a queue would see if all is well.
TOLD: dict[int, dict[str, Any]] = {
    1: {"driver": "1.0", "cards": [{"name": "told"}], "calls_s": {"fast": 1e-5, "slow": 5e-3}},
    6: {
        "alone": {"samples": 32, "busy": 0},
        "beside": {"samples": 32, "busy": 0},
        "left_out": "another user of the card",
    },
    7: {"alone_s": 1e-3, "waited_s": 1.001e-3, "left_s": 1.9e-3},
    8: {"torch float32": 1 + 2.0**-12, "torch tf32": 1.0},
    9: {"torch": {"error": "CUDA out of memory", "is_recognised": True, "works_after": True}},
    10: {"torch": {"code": 0, "last": "120 passed in 20.00s", "failed": []}},
    12: {"first": BELOW, "again": BELOW, "fed": BELOW},
    13: {"float32": {"gflops": 50e3, "peak": 66e3, "plain": 50e3}},
}


def looked(item: ModuleType) -> Any:
    """What the item sees: on queues of known truth, on a stored run, or what is told."""
    if hasattr(item, "facts_of"):
        return item.facts_of(read_run(RUN))
    return TOLD[item.NUMBER] if item.NUMBER in TOLD else item.look(FakeCard())
